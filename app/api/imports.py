"""Records of another installation over HTTP: a dump comes in, is gone through behind the answer,
and what could not be placed is mended and tried again."""

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from app.answers import JSON as JSON_TYPE
from app.answers import (
    Answer,
    PageAnswer,
    RecordAnswer,
    RowAnswer,
    created,
    decode_cursor,
    encode,
    entity_tag,
    one,
    page,
)
from app.api.parameters import Cursor, Limit
from app.call import Call
from app.import_page import HTML, POLICY, import_page
from app.uploads import spooled_body
from services.files.keeping import written
from services.identity.scopes import Scope
from services.importing import receiving, reporting, retrying
from services.importing.reporting import Verdict
from services.inputs import PARAMETER
from storage.filters import DataImportFilter, ImportRecordFilter
from storage.interface import Actor
from storage.tables.importing import DataImport
from storage.vocabulary.importing import ImportOutcome, ImportStatus

UPLOADED_AS = ("application/octet-stream", "application/json")
"""The media types that a dump may be sent as."""

_OR_ELSE = (
    "bring it in by `wellkept import`, which takes files of any size, or have the operator raise"
    " WELLKEPT_LARGEST_UPLOAD_BYTES"
)

FileName = Annotated[
    str,
    QueryParameter(
        max_length=255,
        min_length=1,
        pattern=PARAMETER,
        description="What the file is called; of a file of one map, the map's name.",
    ),
]
SourceName = Annotated[
    str,
    QueryParameter(
        max_length=80,
        min_length=1,
        pattern=PARAMETER,
        description="The installation that it comes from: ids of one source mean one record.",
    ),
]
Steward = Annotated[
    UUID | None,
    QueryParameter(
        description="A person of the company, who gets what the dump gives to people who are not"
        " here: policies, risks, corrective actions."
    ),
]
MapName = Annotated[
    str | None,
    QueryParameter(
        max_length=80, min_length=1, pattern=PARAMETER, description="One map's records."
    ),
]


class DataImportAnswer(RowAnswer):
    """An import. ``done_count`` says how many of its records were gone through, in the phase that
    it is in. ``retries_id`` is the import whose quarantined record was tried again by it. What
    named nobody here was given to the steward."""

    source: str
    status: ImportStatus
    is_trial: bool
    retries_id: UUID | None
    steward_person_id: UUID | None
    record_count: int
    done_count: int
    refusal: str | None
    finished_at: dt.datetime | None


class ImportRecordAnswer(RecordAnswer):
    """A record as it came, what becomes of it and why."""

    import_id: UUID
    map_name: str
    legacy_key: str
    ordinal: int
    outcome: ImportOutcome
    content: str
    amount_cents: int
    part_count: int
    target_id: UUID | None
    reason: str | None
    field: str | None
    remedy: str | None
    notes: list[str]


class ImportedMapAnswer(Answer):
    """One map of an import against the books."""

    name: str
    is_derived: bool
    is_written: bool
    record_count: int
    record_cents: int
    placed_count: int
    placed_cents: int
    changed_count: int
    changed_cents: int
    unchanged_count: int
    unchanged_cents: int
    merged_count: int
    merged_cents: int
    quarantined_count: int
    quarantined_cents: int
    mended_count: int
    held_count: int
    noted_count: int
    row_count: int
    row_cents: int
    part_count: int
    part_row_count: int
    posted_count: int
    posted_cents: int
    waiting_count: int
    waiting_cents: int
    lost_count: int
    unknown_fields: list[str]
    verdict: Verdict


class ImportedFileAnswer(Answer):
    """A file as it came, and the SHA-256 of its bytes."""

    name: str
    byte_count: int
    sha256: str


class ImportFaultAnswer(Answer):
    """How many records of a map wait for one reason, and what mends it."""

    map_name: str
    field: str | None
    reason: str
    remedy: str
    count: int


class ImportReconciliation(Answer):
    """An import against the books, recomputed from the rows as they stand. `lost_count` are
    remittances that are neither posted nor wait for a reason."""

    import_id: UUID
    source: str
    status: ImportStatus
    is_trial: bool
    refusal: str | None
    verdict: Verdict
    company_name: str
    received_at: dt.datetime
    finished_at: dt.datetime | None
    reckoned_at: dt.datetime
    files: list[ImportedFileAnswer]
    maps: list[ImportedMapAnswer]
    faults: list[ImportFaultAnswer]


class ImportController(Controller):
    """Imports."""

    path = "/imports"
    tags = ("Imports",)

    @post(
        operation_id="post_import",
        scope=Scope.IMPORTS_MANAGE,
        request_max_body_size=None,
        media_types=UPLOADED_AS,
        status_code=202,
    )
    async def receive(
        self,
        request: Call,
        source: SourceName,
        file_name: FileName = "dump.json",
        is_trial: FromQuery[bool] = False,
        steward_person_id: Steward = None,
    ) -> Response[DataImportAnswer]:
        """Bring in a dump, sent as the body: an object of maps by name, or one map.

        It is kept, and gone through behind the answer; follow it at its Location. A trial checks
        every record and writes nothing.
        """
        await request.authenticated()
        vault, storage = request.platform.vault, request.platform.storage
        company_id = request.principal.company_id
        actor = Actor(request.principal.id, request.request_id)
        new = receiving.new_file(file_name)
        async with (
            spooled_body(request, or_else=_OR_ELSE) as upload,
            written(storage, vault, company_id, actor, new, upload) as file,
        ):
            return await request.run(
                lambda store: receiving.receive_and_enqueue(
                    store,
                    file,
                    source=source,
                    is_trial=is_trial,
                    steward_person_id=steward_person_id,
                ),
                _followed,
            )

    @get(operation_id="list_imports", scope=Scope.IMPORTS_READ)
    async def browse(
        self,
        request: Call,
        status: FromQuery[ImportStatus | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[DataImportAnswer]]:
        """Imports, newest first."""
        conditions = DataImportFilter(status=status)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: receiving.list_imports(store, conditions, limit=limit, after=after),
            page(DataImportAnswer),
        )

    @get("/{import_id:uuid}", operation_id="get_import", scope=Scope.IMPORTS_READ)
    async def read(self, request: Call, import_id: FromPath[UUID]) -> Response[DataImportAnswer]:
        """How far an import is."""
        return await request.run(
            lambda store: receiving.get_import(store, import_id), one(DataImportAnswer)
        )

    @get(
        "/{import_id:uuid}/reconciliation",
        operation_id="get_import_reconciliation",
        scope=Scope.IMPORTS_READ,
    )
    async def reconciliation(
        self, request: Call, import_id: FromPath[UUID]
    ) -> Response[ImportReconciliation]:
        """Counts and money by map, before and after, and whether the books agree."""
        return await request.run(
            lambda store: reporting.reconcile(store, import_id),
            lambda found: Response(encode(ImportReconciliation, found), media_type=JSON_TYPE),
        )

    @get(
        "/{import_id:uuid}/report",
        operation_id="get_import_report",
        scope=Scope.IMPORTS_READ,
        produces=(HTML,),
    )
    async def report(self, request: Call, import_id: FromPath[UUID]) -> Response[Any]:
        """The reconciliation as a page to print or to hand on, which needs nothing else."""
        return await request.run(
            lambda store: reporting.reconcile(store, import_id),
            lambda found: Response(
                import_page(found), media_type=HTML, headers={"Content-Security-Policy": POLICY}
            ),
        )

    @get(
        "/{import_id:uuid}/records",
        operation_id="list_import_records",
        scope=Scope.IMPORTS_READ,
    )
    async def records(
        self,
        request: Call,
        import_id: FromPath[UUID],
        map_name: MapName = None,
        outcome: FromQuery[ImportOutcome | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[ImportRecordAnswer]]:
        """Records, the last first; ``outcome=quarantined`` wait to be mended. A page holds fewer
        than ``limit`` where records are long."""
        conditions = ImportRecordFilter(import_id=import_id, map_name=map_name, outcome=outcome)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: receiving.list_records(store, conditions, limit=limit, after=after),
            page(ImportRecordAnswer),
        )


class ImportRecordController(Controller):
    """Records of all imports."""

    path = "/import-records"
    tags = ("Imports",)

    @post(
        "/{imported_id:uuid}/retry",
        operation_id="retry_import_record",
        scope=Scope.IMPORTS_MANAGE,
        status_code=201,
    )
    async def retry(
        self,
        request: Call,
        imported_id: FromPath[UUID],
        data: JSONBody[retrying.RecordRetry],
    ) -> Response[DataImportAnswer]:
        """Try a quarantined record again, as it came or mended. The answer is the import that it
        is tried by; its reconciliation says what became of it."""
        vault = request.platform.vault
        return await request.run(
            lambda store: retrying.retry_record(store, vault, imported_id, data),
            created(DataImportAnswer, "/api/v1/imports/{id}"),
        )


def _followed(made: DataImport) -> Response[Any]:
    return Response(
        encode(DataImportAnswer, made),
        media_type=JSON_TYPE,
        status_code=202,
        headers={
            "Location": f"/api/v1/imports/{made.id}",
            "ETag": entity_tag(made.version),
        },
    )
