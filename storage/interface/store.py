"""One handle to all rows of one company, in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol
from uuid import UUID

from sqlmodel import SQLModel

from storage.clock import Clock
from storage.interface.claim_rows import ClaimRows
from storage.interface.compliance_rows import ComplianceRows
from storage.interface.contract import (
    Actor,
)
from storage.interface.import_questions import Gathering, ImportFigures, ImportLookups
from storage.interface.money_rows import MoneyRows
from storage.interface.platform_rows import PlatformRows
from storage.interface.questions import (
    AccessFigures,
    AcknowledgementFigures,
    ActionFigures,
    ClaimFigures,
    DenialQueue,
    Figures,
    FileFigures,
    IssuedReportList,
    LedgerFigures,
    Numbers,
    OutboxLines,
    PastValues,
    RetentionFigures,
    Secrets,
    SilenceFigures,
    Staging,
    StandingFigures,
    StatementFigures,
    UnderpaymentQueue,
)
from storage.trail.chain import Sealing
from storage.vocabulary.work import Queue


class Store(ClaimRows, MoneyRows, ComplianceRows, PlatformRows, Protocol):
    """Everything that one transaction of one company can reach."""

    company_id: UUID
    actor: Actor
    clock: Clock
    numbers: Numbers
    access_figures: AccessFigures
    ledger_figures: LedgerFigures
    claim_figures: ClaimFigures
    denial_queue: DenialQueue
    underpayment_queue: UnderpaymentQueue
    statement_figures: StatementFigures
    figures: Figures
    retention_figures: RetentionFigures
    outbox_lines: OutboxLines
    silence_figures: SilenceFigures
    file_figures: FileFigures
    past_values: PastValues
    standing_figures: StandingFigures
    action_figures: ActionFigures
    acknowledgement_figures: AcknowledgementFigures
    import_lookups: ImportLookups
    import_figures: ImportFigures
    issued_report_list: IssuedReportList
    sealing: Sealing
    secrets: Secrets
    patients_read: set[UUID | None]
    """The patients whose rows this transaction has read: what the access log will name."""

    def savepoint(self) -> AbstractAsyncContextManager[None]:
        """Work that is undone by itself when it raises, and the transaction goes on."""

    async def try_lock(self, name: str) -> bool:
        """Take the company's lock of this name until the transaction ends; False if it is held."""

    async def wait_for_lock(self, name: str) -> None:
        """Wait for the company's lock of this name and hold it until the transaction ends."""

    async def wait_for_locks(self, names: Collection[str]) -> None:
        """The same for several, in the order of their names, by one statement."""

    async def staging(self, row: type[SQLModel], *, columns: Sequence[str]) -> Staging:
        """A place for rows of one class that bring these columns, the others being given to all;
        gone with the transaction. One of a class at a time."""

    async def gathering(self) -> Gathering:
        """A place for records that are read again by what they belong to; gone with the
        transaction, which may then take as long as they need. One at a time."""

    async def close_company(self, request_id: UUID) -> None:
        """Let nobody enter the company any more once this transaction has committed; the database
        itself wants a request for it that another person has approved."""

    def sending_ahead(self) -> AbstractAsyncContextManager[None]:
        """Within it a statement whose answer nobody reads does not wait for those before it, so
        that the next one is made ready meanwhile. What one of them raises may come with a later
        one, or on leaving: for who gives up the whole transaction then."""

    async def refresh_facts(self) -> None:
        """Compute what is kept of the claims that were changed so far, and forget them: for who
        writes more of them than one would keep in mind until the end."""

    async def enqueue(
        self,
        task: str,
        arguments: Mapping[str, str],
        *,
        lock: str | None = None,
        due: dt.datetime | None = None,
        queue: Queue = Queue.WORK,
        once: str | None = None,
    ) -> None:
        """Have the worker do a job of this company once this transaction has committed.

        ``arguments`` hold ids and words, no patient data; the company goes along by itself. Jobs
        with one ``lock`` are done one after another, in the order in which they came. A job that
        is ``due`` later than now waits until then. While one that was asked for ``once`` under
        this name has not begun, asking again adds none; whoever asks at the same time waits.
        """

    @property
    def now(self) -> dt.datetime:
        """The time of this transaction: the same for everything in it."""


class IStorage(Protocol):
    """Opens transactions. The only door to the rows."""

    clock: Clock

    def transaction(
        self, company_id: UUID, actor: Actor, *, durable: bool = True
    ) -> AbstractAsyncContextManager[Store]:
        """One transaction of one company: commit on leaving, rollback on an exception.

        ``durable=False`` lets the commit answer before its log record is on disk: for pure reads,
        whose only row is their entry in ``api_log``, and for work that is done anew where it was
        lost.
        Raises CompanyNotBound, StorageUnavailable.
        """

    async def company_of_slug(self, slug: str) -> UUID | None:
        """The company that a slug names: what sign-in knows before any company is bound.

        Raises StorageUnavailable.
        """


class CompanyRegistry(Protocol):
    """Where companies are founded. Only the owner's connection can: no request ever does."""

    def founding(
        self, company_id: UUID, slug: str, actor: Actor
    ) -> AbstractAsyncContextManager[Store]:
        """One transaction that takes a slug for a new company and is bound to it already.

        All of the company's first rows are written in it: commit on leaving, rollback on an
        exception. Raises SlugTaken, StorageUnavailable.
        """
