"""IStorage: the typed contract between the services and their rows.

One handle is one company, one actor, one transaction. There is no way to name a company inside
the handle, so nothing can be forgotten::

    async with storage.transaction(company_id, actor) as store:
        claim = await store.claims.get(claim_id)
        await store.claims.update(claim.id, changes, expected_version=claim.version)
"""

from __future__ import annotations

import builtins
import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from sqlmodel import SQLModel

from storage.clock import Clock
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
    AccessFilter,
    AccountingFilter,
    AcknowledgementFileFilter,
    ActionProgressFilter,
    AdjudicationFilter,
    ApiKeyFilter,
    AppealAttachmentFilter,
    AppealRuleFilter,
    ApprovalFilter,
    ApprovalThresholdFilter,
    AssessmentPartFilter,
    AttestationFilter,
    AuditAccessFilter,
    AuditFilter,
    AuditFindingFilter,
    BankLineFilter,
    ByActions,
    ByAdjudication,
    ByAppeal,
    ByApproval,
    ByAssessment,
    ByAudit,
    ByBatch,
    ByClaim,
    ByClaimRule,
    ByCodeTable,
    ByContract,
    ByDenial,
    ByEmergencyAccess,
    ByFindings,
    ByImport,
    ByItem,
    ByLog,
    ByMessage,
    ByMipsList,
    ByMipsSubmission,
    ByPerson,
    ByPolicy,
    ByRemittance,
    ByRequirements,
    ByScrubRun,
    ByUnderpayment,
    CalendarFeedFilter,
    CareProviderFilter,
    CashItemFilter,
    ClaimAppealFilter,
    ClaimBatchFilter,
    ClaimFileFilter,
    ClaimFilter,
    ClaimRuleFilter,
    CodeFilter,
    CodeTableFilter,
    CompanyRoleFilter,
    CorrectiveActionFilter,
    CoverageFilter,
    DataImportFilter,
    DecidedLineMatchFilter,
    DenialFilter,
    DisclosureFilter,
    EmergencyAccessFilter,
    EventFilter,
    EvidenceFilter,
    EvidenceLinkFilter,
    FacilityFilter,
    FigureCheckFilter,
    FigureInputFilter,
    FiledClaimFilter,
    Filter,
    FindingAcceptanceFilter,
    IdentityProviderFilter,
    ImportRecordFilter,
    LedgerFilter,
    LegalHoldFilter,
    MailboxFileFilter,
    MailboxFilter,
    ManualRemittanceFilter,
    MipsClinicianFilter,
    MipsListFilter,
    MipsSubmissionFilter,
    MitigationItemFilter,
    NoFilter,
    NotificationDigestFilter,
    NotificationFilter,
    NotificationPreferenceFilter,
    OneTimeTokenFilter,
    OutboxFilter,
    PackFilter,
    PatientFilter,
    PatientPaymentFilter,
    PatientStatementFilter,
    PayerContractFilter,
    PayerFilter,
    PayerRouteFilter,
    PaymentVarianceFilter,
    PersonFilter,
    PersonIdentityFilter,
    PickedUpFileFilter,
    PolicyAcknowledgementFilter,
    PolicyFilter,
    PolicyVersionFilter,
    ProcedurePairFilter,
    ProviderAdjustmentFilter,
    QuietHoursFilter,
    RefundFilter,
    RefundTakebackFilter,
    RegulatoryAuditFilter,
    ReminderFilter,
    RemittanceExceptionFilter,
    RemittanceFilter,
    RemittanceTransactionFilter,
    ReportFilter,
    RequirementFilter,
    RiskAcceptanceFilter,
    RiskAssessmentFilter,
    RiskControlFilter,
    RuleBypassFilter,
    ScrubRunFilter,
    SignatureFilter,
    StatementRunFilter,
    StatementRunItemFilter,
    StoredAnswerFilter,
    StoredFileFilter,
    TradingPartnerFilter,
    UnderpaymentFilter,
    WaitingAcknowledgementFilter,
    WebhookEndpointFilter,
    WriteOffFilter,
)
from storage.imports import KnownRecord, Standing, Tally
from storage.tables import appeals as appeal_tables
from storage.tables import approvals as approval_tables
from storage.tables import audits as audit_tables
from storage.tables import calendar_feeds as feed_tables
from storage.tables import claims as claim_tables
from storage.tables import clearing as clearing_tables
from storage.tables import codes as coding_tables
from storage.tables import compliance as compliance_tables
from storage.tables import compliance_reports as report_tables
from storage.tables import contracts as contract_tables
from storage.tables import corrective_actions as action_tables
from storage.tables import decided_lines as decided_line_tables
from storage.tables import denial_work as denial_tables
from storage.tables import deposits as deposit_tables
from storage.tables import disclosures as disclosure_tables
from storage.tables import emergency as emergency_tables
from storage.tables import factors as factor_tables
from storage.tables import figures as figure_tables
from storage.tables import files as file_tables
from storage.tables import identity as identity_tables
from storage.tables import importing as import_tables
from storage.tables import ledger as ledger_tables
from storage.tables import mailboxes as mailbox_tables
from storage.tables import manual_remittances as manual_tables
from storage.tables import mips as mips_tables
from storage.tables import mips_lists as mips_list_tables
from storage.tables import money as money_tables
from storage.tables import notifications as notification_tables
from storage.tables import outbox as outbox_tables
from storage.tables import parties as party_tables
from storage.tables import policies as policy_tables
from storage.tables import providers as provider_tables
from storage.tables import remittances as remittance_tables
from storage.tables import risks as risk_tables
from storage.tables import scrubbing as scrub_tables
from storage.tables import statement_runs as statement_run_tables
from storage.tables import trail as trail_tables
from storage.tables import work as work_tables
from storage.trail.chain import Sealing
from storage.vocabulary.figures import FigureDimension
from storage.vocabulary.outbox import Channel
from storage.vocabulary.work import Queue

Fields = TypeVar("Fields", bound=SQLModel, contravariant=True)
Row = TypeVar("Row", bound=SQLModel)
Listed = TypeVar("Listed", bound=SQLModel, covariant=True)
Conditions = TypeVar("Conditions", bound=Filter, contravariant=True)

DEFAULT_LIMIT = 50
MAXIMUM_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it, in which request: written on every row and in every trail."""

    principal_id: UUID
    request_id: UUID

    def named(self, principal_id: UUID) -> Actor:
        """The same request, once it is known who asks."""
        return Actor(principal_id, self.request_id)


@dataclass(frozen=True, slots=True)
class Page(Generic[Listed]):
    """Some rows, newest first, and the id to go on after (None at the end)."""

    rows: Sequence[Listed]
    next_after: UUID | None


class Log(Protocol[Fields, Row, Conditions]):
    """The verbs of an append-only entity."""

    async def create(self, fields: Fields, *, row_id: UUID | None = None) -> Row:
        """Append one row, under the id that what is sealed in it names, or one of its own.

        Raises DuplicateValue, ReferenceNotFound, ConstraintRefused.
        """

    async def create_many(
        self, rows: Sequence[Fields], *, ids: Sequence[UUID] | None = None
    ) -> builtins.list[UUID]:
        """Append rows in one statement; returns their ids in order."""

    async def get(self, row_id: UUID) -> Row:
        """The row with this id. Raises RowNotFound."""

    async def get_many(self, row_ids: Sequence[UUID]) -> builtins.list[Row]:
        """The rows with these ids that exist, in ascending order of id."""

    async def list(
        self, conditions: Conditions, *, limit: int = DEFAULT_LIMIT, after: UUID | None = None
    ) -> Page[Row]:
        """A page of rows that satisfy ``conditions``, newest first."""

    async def all(self, conditions: Conditions) -> builtins.list[Row]:
        """Every row that satisfies ``conditions``, oldest first: for children of one parent."""

    async def count(self, conditions: Conditions) -> int:
        """How many rows satisfy ``conditions``."""


class Repository(Log[Fields, Row, Conditions], Protocol[Fields, Row, Conditions]):
    """The verbs of a mutable entity. Each change leaves one ``audit_log`` row by itself."""

    async def lock(self, row_id: UUID) -> Row:
        """The row with this id, held until the transaction ends. Raises RowNotFound."""

    async def lock_all(self, conditions: Conditions) -> builtins.list[Row]:
        """Every row under ``conditions``, oldest first, held until the transaction ends."""

    async def update(
        self, row_id: UUID, changes: Mapping[str, object], *, expected_version: int
    ) -> Row:
        """Change some columns and raise the version.

        Raises RowNotFound, VersionConflict, DuplicateValue, ReferenceNotFound, ConstraintRefused.
        """

    async def update_many(
        self, versions: Mapping[UUID, int], changes: Mapping[str, Sequence[object]]
    ) -> None:
        """Change the same columns of many rows in one statement.

        ``versions`` are the rows and the version that each must have; ``changes`` hold one value a
        row, in the same order. Raises VersionConflict when any row is gone or has changed.
        """

    async def delete(self, row_id: UUID, *, expected_version: int) -> None:
        """Remove the row. Raises RowNotFound, VersionConflict, ReferenceNotFound."""


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

    async def months_kept(self) -> tuple[dt.date, dt.date] | None:
        """The first and the last month that there is anything to sum up of; None: nothing."""

    async def differing_sums(self, first: dt.date, last: dt.date) -> builtins.list[str]:
        """Which sums, from one month to another, are not what the rows come to."""


class Staging(Protocol):
    """Very many rows of one append-only table, on their way into it: added in pieces, looked at
    together, and then taken over in one statement, or none of them."""

    async def add(self, rows: Sequence[tuple[int, SQLModel]]) -> None:
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

    async def payer_paces(self, *, since: dt.datetime) -> list[PayerPace]:
        """How soon primary payers decided, by what was posted since then."""

    async def undecided_claims(
        self, *, submitted_before: dt.datetime, of_payers: Mapping[UUID, dt.datetime]
    ) -> list[UnansweredClaims]:
        """Claims that went out before then (of the payers named: before their own time) and that
        the primary payer has not decided about, by payer."""


class ImportLookups(Protocol):
    """What is known of records that came from another installation."""

    async def latest(
        self,
        *,
        source: str,
        map_name: str,
        import_id: UUID,
        keys: Collection[str],
        is_earlier: bool = False,
    ) -> dict[str, KnownRecord]:
        """The records under these keys as they last came and were written, by key; those that this
        import is about to write count, unless what ``is_earlier`` than it is asked for."""

    async def placed(
        self, *, import_id: UUID, map_name: str, natural_keys: Collection[str]
    ) -> dict[str, KnownRecord]:
        """The records of an import that get rows of their own, by the natural keys of these."""

    async def placed_as(
        self, *, import_id: UUID, map_name: str, names: Collection[str]
    ) -> dict[str, UUID]:
        """The rows that records of an import get, by their natural key or name; what several have
        names none."""

    async def ids_by(
        self, row: type[SQLModel], column: str, values: Collection[str]
    ) -> dict[str, UUID]:
        """The rows that these texts name, by the text; what several rows have names none."""

    async def reached(self, *, import_id: UUID, map_name: str) -> int:
        """The ordinal of the last record of a map that is on record; 0 before the first."""

    async def highest_number(self, *, import_id: UUID, prefix: str, below: int) -> int | None:
        """The highest number behind a prefix among the natural keys that an import has placed."""

    async def tallies(self, import_id: UUID) -> list[Tally]:
        """The records of an import, counted and added up by map and outcome."""

    async def standing(
        self,
        import_id: UUID,
        map_name: str,
        row: type[SQLModel],
        amount_column: str | None,
        *,
        parts: tuple[type[SQLModel], str] | None = None,
    ) -> Standing:
        """The rows that stand now for what an import placed, changed or left of a map. Their money
        is in a column of theirs, or of the ``parts`` that name them in another."""


class OutboxLines(Protocol):
    """Where messages stand in line: one line for each destination."""

    async def next_due(self, destination: str) -> UUID | None:
        """The message that has been due longest, unless another of the line is under way."""

    async def count_due(self, destination: str) -> int:
        """How many messages of a line are due."""

    async def overdue(self, *, since: dt.datetime) -> list[tuple[Channel, str]]:
        """The lines that hold a message which has been due since then."""


class Store(Protocol):
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
    import_lookups: ImportLookups
    sealing: Sealing
    secrets: Secrets
    patients_read: set[UUID | None]
    """The patients whose rows this transaction has read: what the access log will name."""

    companies: Repository[identity_tables.CompanyFields, identity_tables.Company, NoFilter]
    legal_holds: Repository[
        identity_tables.LegalHoldFields, identity_tables.LegalHold, LegalHoldFilter
    ]
    principals: Repository[identity_tables.PrincipalFields, identity_tables.Principal, NoFilter]
    company_roles: Repository[
        identity_tables.CompanyRoleFields, identity_tables.CompanyRole, CompanyRoleFilter
    ]
    people: Repository[identity_tables.PersonFields, identity_tables.Person, PersonFilter]
    person_sessions: Repository[
        identity_tables.PersonSessionFields, identity_tables.PersonSession, ByPerson
    ]
    second_factors: Repository[
        factor_tables.SecondFactorFields, factor_tables.SecondFactor, ByPerson
    ]
    one_time_tokens: Repository[
        factor_tables.OneTimeTokenFields, factor_tables.OneTimeToken, OneTimeTokenFilter
    ]
    identity_providers: Repository[
        provider_tables.IdentityProviderFields,
        provider_tables.IdentityProvider,
        IdentityProviderFilter,
    ]
    person_identities: Repository[
        provider_tables.PersonIdentityFields, provider_tables.PersonIdentity, PersonIdentityFilter
    ]
    api_keys: Repository[identity_tables.ApiKeyFields, identity_tables.ApiKey, ApiKeyFilter]
    access_reviews: Log[identity_tables.AccessReviewFields, identity_tables.AccessReview, NoFilter]

    stored_answers: Log[
        work_tables.StoredAnswerFields, work_tables.StoredAnswer, StoredAnswerFilter
    ]
    data_keys: Repository[work_tables.CompanyDataKeyFields, work_tables.CompanyDataKey, NoFilter]
    outbox_messages: Repository[
        outbox_tables.OutboxMessageFields, outbox_tables.OutboxMessage, OutboxFilter
    ]
    outbox_attempts: Log[outbox_tables.OutboxAttemptFields, outbox_tables.OutboxAttempt, ByMessage]
    notifications: Repository[
        notification_tables.NotificationFields,
        notification_tables.Notification,
        NotificationFilter,
    ]
    notification_preferences: Repository[
        notification_tables.NotificationPreferenceFields,
        notification_tables.NotificationPreference,
        NotificationPreferenceFilter,
    ]
    quiet_hours: Repository[
        notification_tables.QuietHoursFields, notification_tables.QuietHours, QuietHoursFilter
    ]
    notification_digests: Log[
        notification_tables.NotificationDigestFields,
        notification_tables.NotificationDigest,
        NotificationDigestFilter,
    ]
    reminders: Log[notification_tables.ReminderFields, notification_tables.Reminder, ReminderFilter]
    events: Log[outbox_tables.EventFields, outbox_tables.Event, EventFilter]
    webhook_endpoints: Repository[
        outbox_tables.WebhookEndpointFields, outbox_tables.WebhookEndpoint, WebhookEndpointFilter
    ]
    mailboxes: Repository[mailbox_tables.MailboxFields, mailbox_tables.Mailbox, MailboxFilter]
    mailbox_files: Log[
        mailbox_tables.MailboxFileFields, mailbox_tables.MailboxFile, MailboxFileFilter
    ]

    audit_log: Log[trail_tables.AuditFields, trail_tables.AuditEntry, AuditFilter]
    api_log: Log[trail_tables.AccessFields, trail_tables.AccessEntry, AccessFilter]
    seals: Log[trail_tables.SealFields, trail_tables.Seal, ByLog]
    retirements: Log[trail_tables.RetirementFields, trail_tables.Retirement, ByLog]

    disclosures: Log[
        disclosure_tables.DisclosureFields, disclosure_tables.Disclosure, DisclosureFilter
    ]
    accountings: Log[
        disclosure_tables.AccountingFields, disclosure_tables.Accounting, AccountingFilter
    ]

    payers: Repository[claim_tables.PayerFields, claim_tables.Payer, PayerFilter]
    patients: Repository[claim_tables.PatientFields, claim_tables.Patient, PatientFilter]
    coverages: Repository[party_tables.CoverageFields, party_tables.Coverage, CoverageFilter]
    care_providers: Repository[
        party_tables.CareProviderFields, party_tables.CareProvider, CareProviderFilter
    ]
    facilities: Repository[party_tables.FacilityFields, party_tables.Facility, FacilityFilter]
    claims: Repository[claim_tables.ClaimFields, claim_tables.Claim, ClaimFilter]
    claim_lines: Repository[claim_tables.ClaimLineFields, claim_tables.ClaimLine, ByClaim]
    claim_batches: Repository[
        claim_tables.ClaimBatchFields, claim_tables.ClaimBatch, ClaimBatchFilter
    ]
    claim_batch_items: Log[claim_tables.ClaimBatchItemFields, claim_tables.ClaimBatchItem, ByBatch]
    claim_transmissions: Log[
        claim_tables.ClaimTransmissionFields, claim_tables.ClaimTransmission, ByClaim
    ]
    claim_acknowledgements: Log[
        claim_tables.ClaimAcknowledgementFields, claim_tables.ClaimAcknowledgement, ByClaim
    ]
    appeal_rules: Repository[
        appeal_tables.AppealRuleFields, appeal_tables.AppealRule, AppealRuleFilter
    ]
    claim_appeals: Repository[
        appeal_tables.ClaimAppealFields, appeal_tables.ClaimAppeal, ClaimAppealFilter
    ]
    appeal_denials: Log[appeal_tables.AppealDenialFields, appeal_tables.AppealDenial, ByAppeal]
    appeal_attachments: Repository[
        appeal_tables.AppealAttachmentFields, appeal_tables.AppealAttachment, AppealAttachmentFilter
    ]

    trading_partners: Repository[
        clearing_tables.TradingPartnerFields, clearing_tables.TradingPartner, TradingPartnerFilter
    ]
    payer_routes: Repository[
        clearing_tables.PayerRouteFields, clearing_tables.PayerRoute, PayerRouteFilter
    ]
    claim_files: Repository[
        clearing_tables.ClaimFileFields, clearing_tables.ClaimFile, ClaimFileFilter
    ]
    filed_claims: Repository[
        clearing_tables.FiledClaimFields, clearing_tables.FiledClaim, FiledClaimFilter
    ]
    acknowledgement_files: Log[
        clearing_tables.AcknowledgementFileFields,
        clearing_tables.AcknowledgementFile,
        AcknowledgementFileFilter,
    ]
    waiting_acknowledgements: Repository[
        clearing_tables.WaitingAcknowledgementFields,
        clearing_tables.WaitingAcknowledgement,
        WaitingAcknowledgementFilter,
    ]
    picked_up_files: Log[
        clearing_tables.PickedUpFileFields, clearing_tables.PickedUpFile, PickedUpFileFilter
    ]

    code_tables: Repository[coding_tables.CodeTableFields, coding_tables.CodeTable, CodeTableFilter]
    codes: Log[coding_tables.CodeFields, coding_tables.Code, CodeFilter]
    procedure_pairs: Log[
        coding_tables.ProcedurePairFields, coding_tables.ProcedurePair, ProcedurePairFilter
    ]
    unit_limits: Log[coding_tables.UnitLimitFields, coding_tables.UnitLimit, ByCodeTable]
    fees: Log[coding_tables.FeeFields, coding_tables.Fee, ByCodeTable]

    scrub_runs: Log[scrub_tables.ScrubRunFields, scrub_tables.ScrubRun, ScrubRunFilter]
    scrub_results: Log[scrub_tables.ScrubResultFields, scrub_tables.ScrubResult, ByScrubRun]
    scrub_releases: Log[scrub_tables.ScrubReleaseFields, scrub_tables.ScrubRelease, ByClaim]
    claim_rules: Repository[scrub_tables.ClaimRuleFields, scrub_tables.ClaimRule, ClaimRuleFilter]
    claim_rule_revisions: Log[
        scrub_tables.ClaimRuleRevisionFields, scrub_tables.ClaimRuleRevision, ByClaimRule
    ]
    claim_rule_trials: Log[
        scrub_tables.ClaimRuleTrialFields, scrub_tables.ClaimRuleTrial, ByClaimRule
    ]
    rule_bypasses: Repository[
        scrub_tables.RuleBypassFields, scrub_tables.RuleBypass, RuleBypassFilter
    ]

    payer_contracts: Repository[
        contract_tables.PayerContractFields, contract_tables.PayerContract, PayerContractFilter
    ]
    contract_terms: Log[
        contract_tables.ContractTermFields, contract_tables.ContractTerm, ByContract
    ]
    payment_variances: Log[
        contract_tables.PaymentVarianceFields,
        contract_tables.PaymentVariance,
        PaymentVarianceFilter,
    ]
    underpayments: Repository[
        contract_tables.UnderpaymentFields, contract_tables.Underpayment, UnderpaymentFilter
    ]
    underpayment_notes: Log[
        contract_tables.UnderpaymentNoteFields, contract_tables.UnderpaymentNote, ByUnderpayment
    ]

    stored_files: Repository[file_tables.StoredFileFields, file_tables.StoredFile, StoredFileFilter]

    remittances: Repository[
        remittance_tables.RemittanceFields, remittance_tables.Remittance, RemittanceFilter
    ]
    remittance_anomalies: Log[
        remittance_tables.RemittanceAnomalyFields, remittance_tables.RemittanceAnomaly, ByRemittance
    ]
    remittance_transactions: Repository[
        remittance_tables.RemittanceTransactionFields,
        remittance_tables.RemittanceTransaction,
        RemittanceTransactionFilter,
    ]
    remittance_exceptions: Repository[
        remittance_tables.RemittanceExceptionFields,
        remittance_tables.RemittanceException,
        RemittanceExceptionFilter,
    ]

    adjudications: Log[
        ledger_tables.AdjudicationFields, ledger_tables.Adjudication, AdjudicationFilter
    ]
    adjudication_lines: Log[
        ledger_tables.AdjudicationLineFields, ledger_tables.AdjudicationLine, ByAdjudication
    ]
    adjudication_adjustments: Log[
        ledger_tables.AdjustmentFields, ledger_tables.AdjudicationAdjustment, ByAdjudication
    ]
    decided_line_matches: Repository[
        decided_line_tables.DecidedLineMatchFields,
        decided_line_tables.DecidedLineMatch,
        DecidedLineMatchFilter,
    ]
    ledger_entries: Log[ledger_tables.LedgerFields, ledger_tables.LedgerEntry, LedgerFilter]
    provider_adjustments: Log[
        ledger_tables.ProviderAdjustmentFields,
        ledger_tables.ProviderAdjustmentItem,
        ProviderAdjustmentFilter,
    ]
    denials: Repository[ledger_tables.DenialFields, ledger_tables.Denial, DenialFilter]
    denial_notes: Log[denial_tables.DenialNoteFields, denial_tables.DenialNote, ByDenial]
    denial_outcomes: Log[denial_tables.DenialOutcomeFields, denial_tables.DenialOutcome, ByDenial]

    patient_payments: Repository[
        money_tables.PatientPaymentFields, money_tables.PatientPayment, PatientPaymentFilter
    ]
    write_offs: Repository[money_tables.WriteOffFields, money_tables.WriteOff, WriteOffFilter]
    refunds: Repository[money_tables.RefundFields, money_tables.Refund, RefundFilter]
    refund_takebacks: Repository[
        money_tables.RefundTakebackFields, money_tables.RefundTakeback, RefundTakebackFilter
    ]
    patient_statements: Log[
        money_tables.PatientStatementFields,
        money_tables.PatientStatement,
        PatientStatementFilter,
    ]
    statement_runs: Repository[
        statement_run_tables.StatementRunFields,
        statement_run_tables.StatementRun,
        StatementRunFilter,
    ]
    statement_run_items: Log[
        statement_run_tables.StatementRunItemFields,
        statement_run_tables.StatementRunItem,
        StatementRunItemFilter,
    ]
    manual_remittances: Repository[
        manual_tables.ManualRemittanceFields,
        manual_tables.ManualRemittance,
        ManualRemittanceFilter,
    ]
    bank_lines: Repository[deposit_tables.BankLineFields, deposit_tables.BankLine, BankLineFilter]
    cash_items: Repository[deposit_tables.CashItemFields, deposit_tables.CashItem, CashItemFilter]

    figure_checks: Repository[
        figure_tables.FigureCheckFields, figure_tables.FigureCheck, FigureCheckFilter
    ]
    figure_inputs: Repository[
        figure_tables.FigureInputFields, figure_tables.FigureInput, FigureInputFilter
    ]

    data_imports: Repository[
        import_tables.DataImportFields, import_tables.DataImport, DataImportFilter
    ]
    import_files: Log[import_tables.ImportFileFields, import_tables.ImportFile, ByImport]
    import_maps: Repository[import_tables.ImportMapFields, import_tables.ImportMap, ByImport]
    import_records: Log[
        import_tables.ImportRecordFields, import_tables.ImportRecord, ImportRecordFilter
    ]

    compliance_requirements: Repository[
        compliance_tables.ComplianceRequirementFields,
        compliance_tables.ComplianceRequirement,
        RequirementFilter,
    ]
    requirement_versions: Log[
        compliance_tables.RequirementVersionFields,
        compliance_tables.RequirementVersion,
        ByRequirements,
    ]
    requirement_decisions: Log[
        compliance_tables.RequirementDecisionFields,
        compliance_tables.RequirementDecision,
        ByRequirements,
    ]
    compliance_evidence: Log[
        compliance_tables.ComplianceEvidenceFields,
        compliance_tables.ComplianceEvidence,
        EvidenceFilter,
    ]
    evidence_links: Repository[
        compliance_tables.EvidenceLinkFields, compliance_tables.EvidenceLink, EvidenceLinkFilter
    ]
    compliance_attestations: Log[
        compliance_tables.AttestationFields,
        compliance_tables.ComplianceAttestation,
        AttestationFilter,
    ]
    compliance_signatures: Log[
        compliance_tables.ComplianceSignatureFields,
        compliance_tables.ComplianceSignature,
        SignatureFilter,
    ]
    calendar_feeds: Repository[
        feed_tables.CalendarFeedFields, feed_tables.CalendarFeed, CalendarFeedFilter
    ]
    compliance_packs: Log[
        report_tables.CompliancePackFields, report_tables.CompliancePack, PackFilter
    ]
    compliance_report_drafts: Repository[
        report_tables.ReportDraftFields, report_tables.ComplianceReportDraft, ReportFilter
    ]
    compliance_reports: Log[
        report_tables.ComplianceReportFields, report_tables.ComplianceReport, ReportFilter
    ]

    policies: Repository[policy_tables.PolicyFields, policy_tables.Policy, PolicyFilter]
    policy_requirements: Repository[
        policy_tables.PolicyRequirementFields, policy_tables.PolicyRequirement, ByPolicy
    ]
    policy_members: Repository[
        policy_tables.PolicyMemberFields, policy_tables.PolicyMember, ByPolicy
    ]
    policy_texts: Log[policy_tables.PolicyTextFields, policy_tables.PolicyText, ByPolicy]
    policy_versions: Repository[
        policy_tables.PolicyVersionFields, policy_tables.PolicyVersion, PolicyVersionFilter
    ]
    policy_approvals: Log[
        policy_tables.PolicyApprovalFields, policy_tables.PolicyApproval, ByPolicy
    ]
    policy_reviews: Log[policy_tables.PolicyReviewFields, policy_tables.PolicyReview, ByPolicy]
    policy_acknowledgements: Log[
        policy_tables.PolicyAcknowledgementFields,
        policy_tables.PolicyAcknowledgement,
        PolicyAcknowledgementFilter,
    ]
    mips_lists: Repository[
        mips_list_tables.MipsListFields, mips_list_tables.MipsList, MipsListFilter
    ]
    mips_benchmarks: Log[
        mips_list_tables.MipsBenchmarkFields, mips_list_tables.MipsBenchmark, ByMipsList
    ]
    mips_listed_measures: Log[
        mips_list_tables.MipsListedMeasureFields, mips_list_tables.MipsListedMeasure, ByMipsList
    ]
    mips_exclusions: Log[
        mips_list_tables.MipsExclusionFields, mips_list_tables.MipsExclusion, ByMipsList
    ]
    mips_clinicians: Repository[
        mips_tables.MipsClinicianFields, mips_tables.MipsClinician, MipsClinicianFilter
    ]
    mips_submissions: Repository[
        mips_tables.MipsSubmissionFields, mips_tables.MipsSubmission, MipsSubmissionFilter
    ]
    mips_measures: Repository[
        mips_tables.MipsMeasureFields, mips_tables.MipsMeasure, ByMipsSubmission
    ]
    mips_scores: Log[mips_tables.MipsScoreFields, mips_tables.MipsScore, ByMipsSubmission]
    mips_steps: Log[mips_tables.MipsStepTakenFields, mips_tables.MipsStepTaken, ByMipsSubmission]

    regulatory_audits: Repository[
        audit_tables.RegulatoryAuditFields, audit_tables.RegulatoryAudit, RegulatoryAuditFilter
    ]
    audited_requirements: Repository[
        audit_tables.AuditedRequirementFields, audit_tables.AuditedRequirement, ByAudit
    ]
    audit_recommendations: Log[
        audit_tables.AuditRecommendationFields, audit_tables.AuditRecommendation, ByAudit
    ]
    audit_findings: Repository[
        audit_tables.AuditFindingFields, audit_tables.AuditFinding, AuditFindingFilter
    ]
    finding_evidence: Log[
        audit_tables.FindingEvidenceFields, audit_tables.FindingEvidence, ByFindings
    ]
    finding_acceptances: Repository[
        audit_tables.FindingAcceptanceFields,
        audit_tables.FindingAcceptance,
        FindingAcceptanceFilter,
    ]
    audit_accesses: Repository[
        audit_tables.AuditAccessFields, audit_tables.AuditAccess, AuditAccessFilter
    ]
    corrective_actions: Log[
        action_tables.CorrectiveActionFields, action_tables.CorrectiveAction, CorrectiveActionFilter
    ]
    action_participants: Log[
        action_tables.ActionParticipantFields, action_tables.ActionParticipant, ByActions
    ]
    action_progress: Repository[
        action_tables.ActionProgressFields, action_tables.ActionProgress, ActionProgressFilter
    ]
    action_steps: Log[action_tables.ActionStepFields, action_tables.ActionStep, ByActions]
    risk_assessments: Repository[
        risk_tables.RiskAssessmentFields, risk_tables.RiskAssessment, RiskAssessmentFilter
    ]
    assessment_parts: Repository[
        risk_tables.AssessmentPartFields, risk_tables.AssessmentPart, AssessmentPartFilter
    ]
    assessed_risks: Repository[
        risk_tables.AssessedRiskFields, risk_tables.AssessedRisk, ByAssessment
    ]
    risk_controls: Repository[
        risk_tables.RiskControlFields, risk_tables.RiskControl, RiskControlFilter
    ]
    risk_acceptances: Repository[
        risk_tables.RiskAcceptanceFields, risk_tables.RiskAcceptance, RiskAcceptanceFilter
    ]
    mitigation_items: Repository[
        risk_tables.MitigationItemFields, risk_tables.MitigationItem, MitigationItemFilter
    ]
    assessment_records: Log[
        risk_tables.AssessmentRecordFields, risk_tables.AssessmentRecord, ByAssessment
    ]

    approvals: Repository[approval_tables.ApprovalFields, approval_tables.Approval, ApprovalFilter]
    approval_participants: Log[
        approval_tables.ApprovalParticipantFields, approval_tables.ApprovalParticipant, ByItem
    ]
    approval_decisions: Log[
        approval_tables.ApprovalDecisionFields, approval_tables.ApprovalDecision, ByApproval
    ]
    approval_thresholds: Repository[
        approval_tables.ApprovalThresholdFields,
        approval_tables.ApprovalThreshold,
        ApprovalThresholdFilter,
    ]

    emergency_accesses: Repository[
        emergency_tables.EmergencyAccessFields,
        emergency_tables.EmergencyAccess,
        EmergencyAccessFilter,
    ]
    emergency_reviews: Log[
        emergency_tables.EmergencyReviewFields, emergency_tables.EmergencyReview, ByEmergencyAccess
    ]

    def savepoint(self) -> AbstractAsyncContextManager[None]:
        """Work that is undone by itself when it raises, and the transaction goes on."""

    async def try_lock(self, name: str) -> bool:
        """Take the company's lock of this name until the transaction ends; False if it is held."""

    async def wait_for_lock(self, name: str) -> None:
        """Wait for the company's lock of this name and hold it until the transaction ends."""

    async def staging(self, row: type[SQLModel], *, given: Sequence[str]) -> Staging:
        """A place for rows of one class, all columns of which but those ``given`` are their own;
        gone with the transaction. One of a class at a time."""

    async def refresh_facts(self) -> None:
        """Compute what is kept of the claims that were changed so far, and forget them: for who
        writes more of them than one would keep in mind until the end, each once."""

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
        whose only row is their entry in ``api_log``.
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
