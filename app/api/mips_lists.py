"""CMS's lists of MIPS measures and benchmarks over HTTP: loaded, looked at, withdrawn."""

import asyncio
import datetime as dt
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from pydantic import field_serializer

from app.answers import PageAnswer, RecordAnswer, RowAnswer, created, decode_cursor, one, page
from app.api.parameters import Cursor, Limit
from app.call import Call
from app.uploads import spooled_body
from services.identity.scopes import Scope
from services.inputs import PARAMETER, Input, Reason
from services.regulatory_compliance.mips_reporting import lists
from services.regulatory_compliance.mips_reporting.list_files import read_mips_list
from storage.filters import MipsListFilter
from storage.tables.mips_lists import CutOffs, MipsList
from storage.vocabulary.mips import Algorithm, MeasureType, MipsCategory, MipsListKind

UPLOADED_AS = ("application/json", "application/octet-stream")
LOCATION = "/api/v1/compliance/mips/lists/{id}"

PerformanceYear = Annotated[
    int | None, QueryParameter(ge=2017, le=2199, description="The performance year.")
]
MeasureName = Annotated[
    str | None,
    QueryParameter(
        min_length=1, max_length=60, pattern=PARAMETER, description="A measure's id, as CMS has it."
    ),
]
ListFileName = Annotated[
    str,
    QueryParameter(
        min_length=1, max_length=255, pattern=PARAMETER, description="What the file is called."
    ),
]


class MipsListAnswer(RowAnswer):
    """One of CMS's files. Of a kind and year the last one that is not withdrawn is in force;
    ``sha256`` is its version."""

    kind: MipsListKind
    performance_year: int
    file_name: str
    sha256: bytes
    row_count: int
    withdrawn_at: dt.datetime | None
    withdrawal_reason: str | None

    @field_serializer("sha256")
    def _as_hex(self, digest: bytes) -> str:
        return digest.hex()


class MipsBenchmarkAnswer(RecordAnswer):
    """The benchmark of one measure by one collection type."""

    measure_id: str
    submission_method: str
    benchmark_year: int
    metric_type: str
    is_inverse: bool
    is_high_priority: bool
    is_topped_out: bool
    is_topped_out_by_program: bool
    average_rate: Decimal | None
    cut_offs: CutOffs


class MipsListedMeasureAnswer(RecordAnswer):
    """A measure or activity as CMS lists it."""

    measure_id: str
    category: MipsCategory
    title: str
    metric_type: str
    measure_type: MeasureType | None
    is_high_priority: bool
    is_inverse: bool
    submission_methods: list[str]
    overall_algorithm: Algorithm | None
    strata: list[str]
    seven_point_cap_removed: list[str]
    first_performance_year: int
    last_performance_year: int | None


class MipsListWithdrawal(Input):
    """Why a list is taken out of force."""

    reason: Reason


class MipsListController(Controller):
    """What MIPS measures are, and what their rates are held to."""

    path = "/compliance/mips/lists"
    tags = ("Compliance",)

    @post(
        operation_id="load_mips_list",
        scope=Scope.COMPLIANCE_WRITE,
        request_max_body_size=None,
        media_types=UPLOADED_AS,
        also_answers=(200,),
    )
    async def load(
        self,
        request: Call,
        performance_year: PerformanceYear = None,
        file_name: ListFileName = "list.json",
    ) -> Response[MipsListAnswer]:
        """Load one of CMS's files (benchmarks, measures, benchmark exclusion reasons), sent as the
        body: all of it, or nothing.

        The list of measures needs its `performance_year`. The same file again is the list that
        stands (200).
        """
        await request.authenticated()

        def loaded(result: tuple[MipsList, bool]) -> Response[Any]:
            row, is_new = result
            return created(MipsListAnswer, LOCATION)(row) if is_new else one(MipsListAnswer)(row)

        async with spooled_body(request) as upload:
            content = b"".join(upload.chunks())
            file = await asyncio.to_thread(
                read_mips_list, content, performance_year=performance_year
            )
            return await request.run(
                lambda store: lists.load_mips_list(store, file, file_name), loaded
            )

    @get(operation_id="list_mips_lists", scope=Scope.COMPLIANCE_READ)
    async def browse(
        self,
        request: Call,
        kind: FromQuery[MipsListKind | None] = None,
        performance_year: PerformanceYear = None,
        is_standing: FromQuery[bool | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[MipsListAnswer]]:
        """Lists, newest first."""
        conditions = MipsListFilter(
            kind=kind, performance_year=performance_year, is_standing=is_standing
        )
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: lists.list_mips_lists(store, conditions, limit=limit, after=after),
            page(MipsListAnswer),
        )

    @get("/{mips_list_id:uuid}", operation_id="get_mips_list", scope=Scope.COMPLIANCE_READ)
    async def read(self, request: Call, mips_list_id: FromPath[UUID]) -> Response[MipsListAnswer]:
        """One list."""
        return await request.run(
            lambda store: lists.get_mips_list(store, mips_list_id), one(MipsListAnswer)
        )

    @get(
        "/{mips_list_id:uuid}/benchmarks",
        operation_id="list_mips_benchmarks",
        scope=Scope.COMPLIANCE_READ,
    )
    async def benchmarks(
        self,
        request: Call,
        mips_list_id: FromPath[UUID],
        measure: MeasureName = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[MipsBenchmarkAnswer]]:
        """The benchmarks of a list."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: lists.list_benchmarks(
                store, mips_list_id, measure_id=measure, limit=limit, after=after
            ),
            page(MipsBenchmarkAnswer),
        )

    @get(
        "/{mips_list_id:uuid}/measures",
        operation_id="list_mips_listed_measures",
        scope=Scope.COMPLIANCE_READ,
    )
    async def measures(
        self,
        request: Call,
        mips_list_id: FromPath[UUID],
        measure: MeasureName = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[MipsListedMeasureAnswer]]:
        """The measures and activities of a list."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: lists.list_listed_measures(
                store, mips_list_id, measure_id=measure, limit=limit, after=after
            ),
            page(MipsListedMeasureAnswer),
        )

    @post(
        "/{mips_list_id:uuid}/withdraw",
        operation_id="withdraw_mips_list",
        scope=Scope.COMPLIANCE_WRITE,
        status_code=200,
    )
    async def withdraw(
        self, request: Call, mips_list_id: FromPath[UUID], data: JSONBody[MipsListWithdrawal]
    ) -> Response[MipsListAnswer]:
        """Take a list out of force; the one before it holds again. Kept scores stay as they are."""
        version = request.expected_version
        return await request.run(
            lambda store: lists.withdraw_mips_list(
                store, mips_list_id, data.reason, expected_version=version
            ),
            one(MipsListAnswer),
        )
