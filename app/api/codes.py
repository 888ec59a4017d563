"""Code tables over HTTP: editions are loaded from files, looked at and withdrawn."""

import asyncio
import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from app.answers import PageAnswer, RecordAnswer, RowAnswer, created, decode_cursor, one, page
from app.api.parameters import Cursor, Limit, SearchText
from app.call import Call
from app.uploads import spooled_body
from services.claims.scrubbing import code_tables
from services.claims.scrubbing.code_tables import NewCodeTable, read_code_file
from services.identity.scopes import Scope
from services.inputs import PARAMETER, Input, Reason
from storage.filters import CodeTableFilter
from storage.tables.codes import CodeTable
from storage.vocabulary.codes import CodeKind

UPLOADED_AS = ("text/csv", "text/plain", "application/octet-stream")
LOCATION = "/api/v1/code-tables/{id}"

Word = Annotated[str, QueryParameter(min_length=1, max_length=80, pattern=PARAMETER)]
SourceText = Annotated[
    str,
    QueryParameter(
        min_length=1, max_length=200, pattern=PARAMETER, description="Who issues the table."
    ),
]
FileName = Annotated[
    str,
    QueryParameter(
        min_length=1, max_length=255, pattern=PARAMETER, description="What the file is called."
    ),
]
Schedule = Annotated[
    str | None,
    QueryParameter(
        min_length=1, max_length=80, pattern=PARAMETER, description="The fee schedule's name."
    ),
]


class CodeTableAnswer(RowAnswer):
    """One edition of a table. It is in force from ``effective_from`` until the next edition of the
    same table begins, at the latest until ``effective_to``."""

    kind: CodeKind
    schedule: str | None
    payer_id: UUID | None
    edition: str
    source: str
    file_name: str
    row_count: int
    effective_from: dt.date
    effective_to: dt.date | None
    withdrawn_at: dt.datetime | None
    withdrawal_reason: str | None


class CodeAnswer(RecordAnswer):
    """A code of an edition, without dots. Without days of its own it holds as long as that."""

    code: str
    label: str
    effective_from: dt.date | None
    effective_to: dt.date | None
    is_billable: bool


class EditionWithdrawal(Input):
    """Why an edition is taken out of force."""

    reason: Reason


class CodeTableController(Controller):
    """What codes are looked up in."""

    path = "/code-tables"
    tags = ("Codes",)

    @post(
        operation_id="load_code_table",
        scope=Scope.CODES_LOAD,
        request_max_body_size=None,
        media_types=UPLOADED_AS,
        also_answers=(200,),
    )
    async def load(
        self,
        request: Call,
        kind: FromQuery[CodeKind],
        edition: Word,
        source: SourceText,
        effective_from: FromQuery[dt.date],
        effective_to: FromQuery[dt.date | None] = None,
        schedule: Schedule = None,
        payer_id: FromQuery[UUID | None] = None,
        file_name: FileName = "codes.csv",
    ) -> Response[CodeTableAnswer]:
        """Load an edition from a CSV file, sent as the body: all of it, or nothing.

        The same file for the same days again is the same edition (200).
        """
        await request.authenticated()
        new = NewCodeTable(
            kind=kind,
            edition=edition,
            source=source,
            effective_from=effective_from,
            effective_to=effective_to,
            schedule=schedule,
            payer_id=payer_id,
            file_name=file_name,
        )

        def loaded(result: tuple[CodeTable, bool]) -> Response[Any]:
            table, is_new = result
            return (
                created(CodeTableAnswer, LOCATION)(table) if is_new else one(CodeTableAnswer)(table)
            )

        async with spooled_body(request) as upload:
            file = await asyncio.to_thread(read_code_file, upload.chunks)
            return await request.run(
                lambda store: code_tables.load_code_table(store, new, file), loaded
            )

    @get(operation_id="list_code_tables", scope=Scope.CODES_READ)
    async def browse(
        self,
        request: Call,
        kind: FromQuery[CodeKind | None] = None,
        schedule: Schedule = None,
        payer_id: FromQuery[UUID | None] = None,
        is_standing: FromQuery[bool | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[CodeTableAnswer]]:
        """Editions, newest first."""
        conditions = CodeTableFilter(
            kind=kind, schedule=schedule, payer_id=payer_id, is_standing=is_standing
        )
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: code_tables.list_code_tables(store, conditions, limit=limit, after=after),
            page(CodeTableAnswer),
        )

    @get("/{code_table_id:uuid}", operation_id="get_code_table", scope=Scope.CODES_READ)
    async def read(self, request: Call, code_table_id: FromPath[UUID]) -> Response[CodeTableAnswer]:
        """One edition."""
        return await request.run(
            lambda store: code_tables.get_code_table(store, code_table_id), one(CodeTableAnswer)
        )

    @get("/{code_table_id:uuid}/codes", operation_id="list_codes", scope=Scope.CODES_READ)
    async def codes(
        self,
        request: Call,
        code_table_id: FromPath[UUID],
        code_prefix: SearchText = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[CodeAnswer]]:
        """The codes of an edition with their wording."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: code_tables.list_codes(
                store, code_table_id, code_prefix=code_prefix, limit=limit, after=after
            ),
            page(CodeAnswer),
        )

    @post(
        "/{code_table_id:uuid}/withdraw",
        operation_id="withdraw_code_table",
        scope=Scope.CODES_LOAD,
        status_code=200,
    )
    async def withdraw(
        self, request: Call, code_table_id: FromPath[UUID], data: JSONBody[EditionWithdrawal]
    ) -> Response[CodeTableAnswer]:
        """Take an edition out of force; the one before it holds again."""
        version = request.expected_version
        return await request.run(
            lambda store: code_tables.withdraw_code_table(
                store, code_table_id, data.reason, expected_version=version
            ),
            one(CodeTableAnswer),
        )
