"""Mailboxes over HTTP: made, changed, tried and looked at."""

import datetime as dt
from uuid import UUID

from litestar import Controller, Response, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody

from app.answers import (
    Answer,
    PageAnswer,
    RecordAnswer,
    RowAnswer,
    created,
    decode_cursor,
    one,
    page,
)
from app.api.parameters import Cursor, Limit
from app.call import Call
from services.identity.scopes import Scope
from services.outbox import mailboxes
from services.outbox.delivering import Outcome
from services.outbox.mailbox_trial import tried
from services.outbox.mailboxes import MailboxChanges, NewMailbox
from storage.errors import SecretUnreadable
from storage.filters import MailboxFilter
from storage.interface import Store
from storage.vocabulary.outbox import DeliveryFailure

LOCATION = "/api/v1/mailboxes/{id}"


class MailboxAnswer(RowAnswer):
    """Where files are put, without the secret by which one signs in."""

    name: str
    host: str
    port: int
    host_key: str
    host_key_fingerprint: str
    user_name: str
    write_folder: str
    read_folder: str | None
    disabled_at: dt.datetime | None


class MailboxFileAnswer(RecordAnswer):
    """A file for a mailbox. ``/outbox-messages/{message_id}`` says how far it is."""

    mailbox_id: UUID
    message_id: UUID
    file_id: UUID
    name: str


class TrialAnswer(Answer):
    """What keeps files from arriving; without a ``failure`` they would. ``reply_code`` is
    SFTP's."""

    failure: DeliveryFailure | None
    reply_code: int | None


class MailboxController(Controller):
    """Folders on SFTP servers that files are put into."""

    path = "/mailboxes"
    tags = ("Mailboxes",)

    @post(operation_id="create_mailbox", scope=Scope.MAILBOXES_MANAGE)
    async def create(self, request: Call, data: JSONBody[NewMailbox]) -> Response[MailboxAnswer]:
        """Name a folder on a server, the server's key, and a password or a private key."""
        return await request.run(
            lambda store: mailboxes.create_mailbox(store, data), created(MailboxAnswer, LOCATION)
        )

    @get(operation_id="list_mailboxes", scope=Scope.MAILBOXES_READ)
    async def browse(
        self,
        request: Call,
        is_enabled: FromQuery[bool | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[MailboxAnswer]]:
        """Mailboxes, newest first."""
        conditions = MailboxFilter(is_enabled=is_enabled)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: mailboxes.list_mailboxes(store, conditions, limit=limit, after=after),
            page(MailboxAnswer),
        )

    @get("/{mailbox_id:uuid}", operation_id="get_mailbox", scope=Scope.MAILBOXES_READ)
    async def read(self, request: Call, mailbox_id: FromPath[UUID]) -> Response[MailboxAnswer]:
        """One mailbox."""
        return await request.run(
            lambda store: mailboxes.get_mailbox(store, mailbox_id), one(MailboxAnswer)
        )

    @patch("/{mailbox_id:uuid}", operation_id="update_mailbox", scope=Scope.MAILBOXES_MANAGE)
    async def update(
        self, request: Call, mailbox_id: FromPath[UUID], data: JSONBody[MailboxChanges]
    ) -> Response[MailboxAnswer]:
        """Change a mailbox. What waits goes to where it then leads."""
        version = request.expected_version
        return await request.run(
            lambda store: mailboxes.change_mailbox(
                store, mailbox_id, data, expected_version=version
            ),
            one(MailboxAnswer),
        )

    @post(
        "/{mailbox_id:uuid}/disable",
        operation_id="disable_mailbox",
        scope=Scope.MAILBOXES_MANAGE,
        status_code=200,
    )
    async def disable(self, request: Call, mailbox_id: FromPath[UUID]) -> Response[MailboxAnswer]:
        """Send nothing more to it; what waits for it is given up."""
        version = request.expected_version
        return await request.run(
            lambda store: mailboxes.disable_mailbox(store, mailbox_id, expected_version=version),
            one(MailboxAnswer),
        )

    @post(
        "/{mailbox_id:uuid}/enable",
        operation_id="enable_mailbox",
        scope=Scope.MAILBOXES_MANAGE,
        status_code=200,
    )
    async def enable(self, request: Call, mailbox_id: FromPath[UUID]) -> Response[MailboxAnswer]:
        """Send to it again. What was given up can be replayed."""
        version = request.expected_version
        return await request.run(
            lambda store: mailboxes.enable_mailbox(store, mailbox_id, expected_version=version),
            one(MailboxAnswer),
        )

    @post(
        "/{mailbox_id:uuid}/test",
        operation_id="test_mailbox",
        scope=Scope.MAILBOXES_MANAGE,
        status_code=200,
    )
    async def test(self, request: Call, mailbox_id: FromPath[UUID]) -> Response[TrialAnswer]:
        """Sign in now, look for the folders, and write to the first what is removed at once.

        Also of a mailbox that is disabled. Takes half a minute at most.
        """
        try:
            async with request.transaction() as (store, _):
                opened = await mailboxes.open_mailbox(store, mailbox_id)
        except SecretUnreadable:
            outcome = Outcome(DeliveryFailure.UNREADABLE)
        else:
            outcome = await tried(request.platform.settings.guard, opened)

        async def answer(_: Store) -> Outcome:
            return outcome

        return await request.run(answer, one(TrialAnswer))

    @get("/{mailbox_id:uuid}/files", operation_id="list_mailbox_files", scope=Scope.MAILBOXES_READ)
    async def files(
        self,
        request: Call,
        mailbox_id: FromPath[UUID],
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[MailboxFileAnswer]]:
        """The files that went or go to it, newest first."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: mailboxes.list_mailbox_files(store, mailbox_id, limit=limit, after=after),
            page(MailboxFileAnswer),
        )
