"""Audit packs, over HTTP: everything behind a program's state, in one file."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import QueryParameter
from litestar.response import Stream

from app.call import Call
from services.identity.scopes import Scope
from services.regulatory_compliance.audit_pack.archive import ReadReport, archive
from services.regulatory_compliance.audit_pack.gathering import PackContents, gather, read_report
from storage.interface import Actor, Store
from storage.vocabulary.compliance import Program

ZIP = "application/zip"
OfProgram = Annotated[Program, QueryParameter(description="Whose state the pack is about.")]
AtEndOf = Annotated[
    dt.date | None,
    QueryParameter(description="At the end of which day things stood; today if left out."),
]


class AuditPackController(Controller):
    """One zip for an auditor, which ``wellkept pack verify`` checks without a database."""

    path = "/compliance/audit-pack"
    tags = ("Compliance reports",)

    @get(
        operation_id="download_audit_pack",
        scope=Scope.COMPLIANCE_READ,
        is_export=True,
        produces=(ZIP,),
    )
    async def download(
        self, request: Call, program: OfProgram, on: AtEndOf = None
    ) -> Response[Any]:
        """Requirements with their versions, attestations with the chain of their signatures,
        evidence with its files, issued reports, the trail of these rows (which takes ``audit:read``
        as well), and a manifest of hashes that the installation signs. That it left is on record
        before it does."""
        found: list[PackContents] = []

        def noted(contents: PackContents) -> Response[Any]:
            found.append(contents)
            return Response(b"")

        async def gathered(store: Store) -> PackContents:
            request.principal.require(Scope.AUDIT_READ)
            return await gather(store, program, on)

        await request.run(gathered, noted)
        contents = found[-1]
        return Stream(
            _chunks(contents, request),
            media_type=ZIP,
            headers={"Content-Disposition": f'attachment; filename="{contents.file_name}"'},
        )


def _reader_of_reports(request: Call) -> ReadReport:
    """Reads one report at a time, for the thread that writes the pack, in a transaction of its
    own."""
    loop, principal = asyncio.get_running_loop(), request.principal
    storage, actor = request.platform.storage, Actor(principal.id, request.request_id)

    async def content(report_id: UUID) -> bytes:
        async with storage.transaction(principal.company_id, actor, durable=False) as store:
            return await read_report(store, report_id)

    def read(report_id: UUID) -> bytes:
        return asyncio.run_coroutine_threadsafe(content(report_id), loop).result()

    return read


async def _chunks(contents: PackContents, request: Call) -> AsyncIterator[bytes]:
    """The file piece by piece, read in threads; it breaks off where a file cannot be read."""
    platform = request.platform
    pieces = archive(
        contents, platform.vault.read, _reader_of_reports(request), platform.signing.signer
    )
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        if piece:
            yield piece
