"""Attachments over HTTP: streamed in and out, never in the clear on disk."""

import asyncio
import contextlib
import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath, FromQuery, QueryParameter

from app.answers import PageAnswer, RowAnswer, created, decode_cursor, one, page
from app.api.parameters import Cursor, Limit, SearchText
from app.call import Call
from app.downloads import downloaded
from app.uploads import spooled_body
from services.files import attachments
from services.files.keeping import NewFile, written
from services.files.media_types import media_type_of
from services.files.reading import ReadableFile
from services.identity.scopes import Scope
from services.inputs import PARAMETER
from storage.errors import FileStoreUnavailable
from storage.filters import StoredFileFilter
from storage.interface import Actor
from storage.vocabulary.files import FileDeletion, FilePurpose

UPLOADED_AS = ("application/octet-stream",)

FileName = Annotated[
    str,
    QueryParameter(
        max_length=255, min_length=1, pattern=PARAMETER, description="What the file is called."
    ),
]


class FileAnswer(RowAnswer):
    """An attached file. Once ``deleted_at`` is set its content is not kept any more. Without
    ``retain_until`` it stays until somebody deletes it."""

    name: str
    media_type: str
    byte_count: int
    patient_id: UUID | None
    retain_until: dt.date | None
    deleted_at: dt.datetime | None
    deletion: FileDeletion | None


class FileController(Controller):
    """Files that are attached to a company's records."""

    path = "/files"
    tags = ("Files",)

    @post(
        operation_id="attach_file",
        scope=Scope.FILES_WRITE,
        request_max_body_size=None,
        media_types=UPLOADED_AS,
    )
    async def attach(
        self, request: Call, file_name: FileName, patient_id: FromQuery[UUID | None] = None
    ) -> Response[FileAnswer]:
        """Keep a file, sent as the body.

        What it is is found in its content, and must be what its name claims: PDF, PNG, JPEG, TIFF,
        Word and Excel without macros, CSV, text and X12. A file about a patient is a record, and
        is retained like one.
        """
        await request.authenticated()
        platform, principal = request.platform, request.principal
        actor = Actor(principal.id, request.request_id)
        purpose = FilePurpose.ATTACHMENT
        async with spooled_body(request) as upload:
            media_type = await asyncio.to_thread(media_type_of, purpose, file_name, upload)
            new = NewFile(
                purpose=purpose, name=file_name, media_type=media_type, patient_id=patient_id
            )
            async with written(
                platform.storage, platform.vault, principal.company_id, actor, new, upload
            ) as file:
                return await request.run(file.record, created(FileAnswer, "/api/v1/files/{id}"))

    @get(operation_id="list_files", scope=Scope.FILES_READ)
    async def browse(
        self,
        request: Call,
        patient_id: FromQuery[UUID | None] = None,
        media_type: SearchText = None,
        name_prefix: SearchText = None,
        is_kept: FromQuery[bool | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[FileAnswer]]:
        """Attached files, newest first."""
        conditions = StoredFileFilter(
            patient_id=patient_id, media_type=media_type, name_prefix=name_prefix, is_kept=is_kept
        )
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: attachments.list_files(store, conditions, limit=limit, after=after),
            page(FileAnswer),
        )

    @get("/{file_id:uuid}", operation_id="get_file", scope=Scope.FILES_READ)
    async def read(self, request: Call, file_id: FromPath[UUID]) -> Response[FileAnswer]:
        """What is known of a file."""
        return await request.run(
            lambda store: attachments.get_file(store, file_id), one(FileAnswer)
        )

    @get(
        "/{file_id:uuid}/content",
        operation_id="download_file",
        scope=Scope.FILES_READ,
        is_export=True,
        media_type="application/octet-stream",
    )
    async def download(self, request: Call, file_id: FromPath[UUID]) -> Response[Any]:
        """The file as it came, byte for byte. Who downloaded it is on record."""
        return await downloaded(request, lambda store: attachments.readable_file(store, file_id))

    @delete("/{file_id:uuid}", operation_id="delete_file", scope=Scope.FILES_WRITE, status_code=200)
    async def give_up(self, request: Call, file_id: FromPath[UUID]) -> Response[FileAnswer]:
        """Delete the content of a file that need not be kept and that no record refers to."""
        version = request.expected_version
        gone: list[ReadableFile] = []

        def answer(file: ReadableFile) -> Response[Any]:
            gone.append(file)
            return one(FileAnswer)(file.row)

        response = await request.run(
            lambda store: attachments.delete_file(store, file_id, expected_version=version),
            answer,
        )
        with contextlib.suppress(FileStoreUnavailable):  # the orphan sweep removes it
            await asyncio.to_thread(request.platform.vault.delete, gone[-1].key)
        return response
