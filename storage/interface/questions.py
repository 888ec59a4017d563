"""Questions that one statement answers, and what is no row of its own."""

from __future__ import annotations

import builtins
import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from storage.figures import (
    AccountBalance,
    Ask,
    ClaimTotals,
    DenialTotals,
    DenialWorth,
    FactsChecked,
    FigureRow,
    FigureScope,
    LastUse,
    OpenItem,
    OutcomeTotals,
    PayerPace,
    Total,
    UnansweredClaims,
    UnansweredFile,
)
from storage.files.sealing import FileKey
from storage.filters import (
    ClaimFilter,
    DenialFilter,
    ReportFilter,
    UnderpaymentFilter,
)
from storage.interface.contract import (
    Page,
)
from storage.issued_reports import IssuedReport
from storage.standings import (
    ActionFound,
    ActionQuestion,
    AttestationQuestion,
    StandingFound,
    StandingQuestion,
)
from storage.tables import contracts as contract_tables
from storage.tables import ledger as ledger_tables
from storage.vocabulary.compliance import AttestationStatus
from storage.vocabulary.figures import FigureDimension
from storage.vocabulary.outbox import Channel


class Numbers(Protocol):
    """Human numbers of the company: unique, rising, gaps allowed."""

    async def take(self, name: str, count: int = 1) -> int:
        """Reserve ``count`` consecutive numbers; returns the first."""


class AccessFigures(Protocol):
    """What the database knows of the use that people make of their access."""

    async def last_uses(self) -> list[LastUse]:
        """When each person who ever signed in last did, and last asked for anything."""


class LedgerFigures(Protocol):
    """Sums of the ledger, computed by the database."""

    async def account_balances(self, *, first: dt.date, last: dt.date) -> list[AccountBalance]:
        """Debits less credits of each account over the days from ``first`` to ``last``."""

    async def open_provider_items(self, *, limit: int) -> list[OpenItem]:
        """Provider adjustments (PLB) that do not sum to zero, the oldest first."""

    async def claims_that_differ(self, *, limit: int) -> list[UUID]:
        """Claims whose own columns do not equal their ledger: there should never be one."""

    async def transactions_not_cleared(self, *, limit: int) -> list[UUID]:
        """Transactions whose deposit clearing does not sum to zero: there should never be one."""


class ClaimFigures(Protocol):
    """Counts and sums of claims and denials, computed by the database in one statement each."""

    async def claim_totals(self, conditions: ClaimFilter) -> list[ClaimTotals]:
        """The claims under the conditions, by status and adjudication status."""

    async def denial_totals(
        self, conditions: DenialFilter, *, today: dt.date
    ) -> list[DenialTotals]:
        """The denials under the conditions: all, by category, by reason and by payer.

        Recoverable are those that are open and not yet due ``today``.
        """


class DenialQueue(Protocol):
    """Open denials by what working them is expected to bring."""

    async def outcome_totals(self, *, before: dt.date) -> list[OutcomeTotals]:
        """What was recorded on the days before that one, by payer and category."""

    async def page(
        self,
        conditions: DenialFilter,
        worth: DenialWorth,
        *,
        limit: int,
        after: tuple[int, UUID] | None = None,
    ) -> list[tuple[ledger_tables.Denial, int]]:
        """Denials under the conditions with their expected value in cents, the most valuable
        first, of equal ones the oldest; after a value and an id, if they are given."""


class StatementFigures(Protocol):
    """Whom there is something to bill for."""

    async def patients_owing(self, *, limit: int, after: UUID | None = None) -> list[UUID]:
        """Patients who owe something on any claim that went out, in the order of their ids."""


class UnderpaymentQueue(Protocol):
    """Underpayments by their deadlines."""

    async def page(
        self,
        conditions: UnderpaymentFilter,
        *,
        limit: int,
        after: tuple[dt.date, UUID] | None = None,
    ) -> list[contract_tables.Underpayment]:
        """Those under the conditions, the earliest deadline first, of equal ones the oldest; after
        a day and an id, if they are given."""


class Figures(Protocol):
    """What the measures of ``storage.vocabulary.figures`` come to.

    The sums of some are kept by the transactions that change what they are of, and folded now and
    then; the others are read as they are. A sum is of whole months.
    """

    async def totals(
        self,
        asks: Sequence[Ask],
        scope: FigureScope,
        *,
        by: FigureDimension | None = None,
    ) -> Mapping[str, Sequence[Total]]:
        """One total an ask, in order: of all claims in scope (under an empty text), or of each
        payer, provider or location (under its id), or month (as in "2026-03") of the day that a
        measure counts by, that any of them counts something of.

        A constant number of statements, however many asks.
        """

    async def rows(
        self,
        ask: Ask,
        scope: FigureScope,
        *,
        limit: int,
        after: UUID | None,
    ) -> Page[FigureRow]:
        """The very rows that a total counts, newest first; their patients count as read."""

    async def fold(self) -> None:
        """Add up what was appended to the sums since the last time."""

    async def differing_facts(self, after: UUID | None, *, limit: int) -> FactsChecked:
        """Which of some claims, in the order of their ids and after one, have facts that are not
        what their rows come to: there should never be one."""

    async def correct_facts(self, claim_ids: Collection[UUID]) -> None:
        """Have the facts of claims be what their rows come to when the transaction ends."""

    async def months_kept(self) -> tuple[dt.date, dt.date] | None:
        """The first and the last month that there is anything to sum up of; None: nothing."""

    async def differing_sums(self, first: dt.date, last: dt.date) -> builtins.list[str]:
        """Which sums, from one month to another, are not what the rows come to."""

    async def correct_sums(self, first: dt.date, last: dt.date) -> builtins.list[str]:
        """Have those sums be what the rows come to by the facts; returns which were not."""


Cell = str | int | bool | dt.date | None
"""What stands in a column of a row that is staged."""


class Staging(Protocol):
    """Very many rows of one append-only table, on their way into it: added in pieces, looked at
    together, and then taken over in one statement, or none of them."""

    async def add(self, rows: Sequence[tuple[int, Sequence[Cell]]]) -> None:
        """More rows, each with the number of the line that it came from."""

    async def first_repeated(self, names: Sequence[str]) -> tuple[int, int] | None:
        """The first line whose values of some columns an earlier one has, and that one."""

    async def merge(self, given: Mapping[str, UUID]) -> int:
        """Append all rows, in the order of their lines, each with the ids given as well, and end
        this; how many there were. It may take minutes.

        Raises ReferenceNotFound, ConstraintRefused.
        """


class FileFigures(Protocol):
    """What the database knows of files beyond their rows."""

    async def referring(self, file_id: UUID) -> list[str]:
        """The tables that have a row which names this file, by name."""

    async def files_of(self, record_ids: Sequence[UUID]) -> list[UUID]:
        """The files that the rows with these ids name, whatever tables they are in."""

    async def behind_records(self, file_ids: Sequence[UUID]) -> list[UUID]:
        """Those of the files that stand behind an approved version of a policy, or behind the
        evidence of an attestation."""


class PastValues(Protocol):
    """What rows said before, by the trail of their changes, as far as it is kept."""

    async def changed(
        self, entity: str, names: Sequence[str], *, since: dt.datetime
    ) -> Mapping[UUID, Mapping[str, str | None]]:
        """What these fields of the entity's rows said, as text, before the first change since; of
        a row or field that was not changed since there is nothing."""

    async def deleted(
        self, entity: str, names: Sequence[str], *, since: dt.datetime
    ) -> Mapping[UUID, Mapping[str, str | None]]:
        """What these fields of rows said, as text, that were deleted since and were there
        before."""


class StandingFigures(Protocol):
    """Where requirements stand, as far as the database works it out."""

    async def found(self, question: StandingQuestion) -> list[StandingFound]:
        """The requirements that are asked for, with what counts of them, by their codes; in two
        statements."""

    async def attestations(self, question: AttestationQuestion) -> Mapping[AttestationStatus, int]:
        """How many attestations were what, at the end of the days asked for; in one statement."""


class ActionFigures(Protocol):
    """Where corrective actions are on a day, as their steps say."""

    async def found(self, question: ActionQuestion) -> list[ActionFound]:
        """The actions that are asked for, those planned first first; in one statement."""


class AcknowledgementFigures(Protocol):
    """Who has acknowledged policies."""

    async def people(
        self,
        policy_version_ids: Sequence[UUID],
        *,
        known_before: dt.datetime | None = None,
        person_id: UUID | None = None,
    ) -> Mapping[UUID, Sequence[UUID]]:
        """Who has acknowledged each of the versions: of all people, or of one; by what was
        recorded before a time, or ever. In one statement."""


class IssuedReportList(Protocol):
    """Issued reports of compliance."""

    async def page(
        self, conditions: ReportFilter, *, limit: int, after: UUID | None = None
    ) -> Page[IssuedReport]:
        """A page of reports without their contents, newest first."""

    async def all(self, conditions: ReportFilter) -> list[IssuedReport]:
        """Every report without its content, oldest first."""


class Secrets(Protocol):
    """Secrets of the company: what may stand in a ``sealed_column`` and what it stands for.

    A ``purpose`` is the table and the column, as in "people.sealed_totp_secret", and ``row_id`` the
    row (the company, where it stands in none). What was sealed for one purpose, row or company
    opens for no other.
    """

    async def seal(self, purpose: str, row_id: UUID, plaintext: bytes) -> bytes:
        """A secret as it may lie in the database. Raises MasterKeyUnknown."""

    async def open(self, purpose: str, row_id: UUID, sealed: bytes) -> bytes:
        """The secret again. Raises SecretUnreadable, MasterKeyUnknown."""

    async def pseudonym(self, purpose: str, text: str) -> bytes:
        """32 bytes that are equal for equal texts of this company and purpose, for as long as the
        company lasts, and from which nobody without its key can tell the text.

        Raises MasterKeyUnknown.
        """

    async def file_key(self, file_id: UUID) -> FileKey:
        """Where a new file of the company will lie, and what seals it. Raises MasterKeyUnknown."""

    async def file_key_of(self, object_key: str, data_key_number: int) -> FileKey:
        """The same of one that is kept. Raises MasterKeyUnknown, SecretUnreadable."""


class RetentionFigures(Protocol):
    """What a company has in the logs that months are retired of."""

    async def oldest(self, log: str) -> UUID | None:
        """The id of the oldest row."""

    async def count(self, log: str, *, low: UUID, high: UUID) -> int:
        """How many rows have an id from ``low`` and below ``high``."""

    async def holds(self, log: str, *, low: UUID, high: UUID) -> list[UUID]:
        """The standing holds that keep rows with an id from ``low`` and below ``high``: those on
        everything, and those on a patient or record whom such rows are about."""


class SilenceFigures(Protocol):
    """What has gone out and was not answered, counted by the database."""

    async def unanswered_files(
        self, *, sent_before: dt.datetime, limit: int
    ) -> list[UnansweredFile]:
        """Files with claims about which nothing was answered, the oldest first."""

    async def payer_paces(self, *, since: dt.datetime, time_zone: str) -> list[PayerPace]:
        """How soon primary payers decided, in days of a zone, by what was posted since then."""

    async def undecided_claims(
        self, *, submitted_before: dt.datetime, of_payers: Mapping[UUID, dt.datetime]
    ) -> list[UnansweredClaims]:
        """Claims that the payer whose turn it is has had since before then (those named: since
        before their own time) and has not decided about, or took its decision back; by payer."""


class OutboxLines(Protocol):
    """Where messages stand in line: one line for each destination."""

    async def next_due(self, destination: str) -> UUID | None:
        """The message that has been due longest, unless another of the line is under way."""

    async def count_due(self, destination: str) -> int:
        """How many messages of a line are due."""

    async def overdue(self, *, since: dt.datetime) -> list[tuple[Channel, str]]:
        """The lines that hold a message which has been due since then."""
