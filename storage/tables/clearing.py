"""Trading partners, the files of claims that go to them, and what stands in each."""

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict
from sqlmodel import Field, SQLModel

from storage.rows import (
    AppendOnlyRow,
    TenantRow,
    belongs_to,
    bytes_column,
    cents_column,
    check,
    choice_column,
    date_column,
    document_column,
    index,
    key_column,
    moment_column,
    text_column,
    texts_column,
    unique,
)
from storage.vocabulary.clearing import (
    AcknowledgementStanding,
    ClaimFileKind,
    ClaimFileStatus,
    Delivery,
    FiledClaimStatus,
    InterchangeUsage,
    PickedUpAs,
    WaitingReason,
    WaitingStatus,
)


class TradingPartnerFields(SQLModel):
    name: str = text_column(200)
    delivery: Delivery = choice_column(Delivery)
    mailbox_id: UUID | None = key_column(default=None)
    usage: InterchangeUsage = choice_column(InterchangeUsage)
    sender_qualifier: str = text_column(2)
    sender_identifier: str = text_column(15)
    receiver_qualifier: str = text_column(2)
    receiver_identifier: str = text_column(15)
    application_sender: str = text_column(15)
    application_receiver: str = text_column(15)
    wants_interchange_acknowledgement: bool = Field(default=False, sa_type=sa.Boolean)
    submitter_name: str = text_column(60)
    submitter_identifier: str = text_column(80)
    contact_name: str = text_column(60)
    contact_telephone: str | None = text_column(10, default=None)
    contact_email: str | None = text_column(254, default=None)
    receiver_name: str = text_column(60)
    receiver_identifier_code: str = text_column(80)
    disabled_at: dt.datetime | None = moment_column(default=None)


class TradingPartner(TradingPartnerFields, TenantRow, table=True):
    """A clearinghouse or payer that files of claims go to, and what stands in their envelopes.

    ``sender_*``, ``receiver_*`` and ``application_*`` are of ISA and GS; ``submitter_*`` is 1000A,
    ``receiver_name`` and ``receiver_identifier_code`` are 1000B.
    """

    __tablename__ = "trading_partners"
    __table_args__ = (
        belongs_to("mailboxes", "mailbox_id"),
        unique("trading_partners", "name"),
        check(
            "mailbox_is_named_where_one_is_used",
            "(delivery = 'mailbox') = (mailbox_id IS NOT NULL)",
        ),
        check("contact_can_be_reached", "num_nonnulls(contact_telephone, contact_email) > 0"),
        index("trading_partners", "mailbox_id", where="mailbox_id IS NOT NULL"),
    )


class PayerRouteFields(SQLModel):
    payer_id: UUID = key_column()
    partner_id: UUID | None = key_column(default=None)


class PayerRoute(PayerRouteFields, TenantRow, table=True):
    """The trading partner that a payer's claims go through; none once it was taken away."""

    __tablename__ = "payer_routes"
    __table_args__ = (
        belongs_to("payers", "payer_id"),
        belongs_to("trading_partners", "partner_id"),
        unique("payer_routes", "payer_id"),
        index("payer_routes", "partner_id", "id", where="partner_id IS NOT NULL"),
    )


class ClaimFileFields(SQLModel):
    partner_id: UUID = key_column()
    kind: ClaimFileKind = choice_column(ClaimFileKind)
    usage: InterchangeUsage = choice_column(InterchangeUsage)
    status: ClaimFileStatus = choice_column(ClaimFileStatus, default=ClaimFileStatus.PREPARING)
    status_reason: str | None = text_column(500, default=None)
    batch_id: UUID | None = key_column(default=None)
    is_all_or_nothing: bool = Field(default=False, sa_type=sa.Boolean)
    interchange_control_number: int | None = Field(default=None, sa_type=sa.BigInteger)
    group_control_number: int | None = Field(default=None, sa_type=sa.BigInteger)
    set_control_number: int | None = Field(default=None, sa_type=sa.BigInteger)
    reference: str | None = text_column(30, default=None)
    """BHT03: what a 277CA about all of the file names."""
    name: str | None = text_column(100, default=None)
    file_id: UUID | None = key_column(default=None)
    message_id: UUID | None = key_column(default=None)
    claim_count: int = Field(default=0, sa_type=sa.Integer)
    refused_count: int = Field(default=0, sa_type=sa.Integer)
    total_charge_cents: int = cents_column(default=0)
    prepared_at: dt.datetime | None = moment_column(default=None)
    sent_at: dt.datetime | None = moment_column(default=None)
    acknowledged_at: dt.datetime | None = moment_column(default=None)


class ClaimFile(ClaimFileFields, TenantRow, table=True):
    """One interchange with one group and one set of claims, for one trading partner.

    Its numbers are the partner's own and stand for this file for ever. They are taken anew each
    time that the file is written, so that a try which came to nothing leaves a gap.
    """

    __tablename__ = "claim_files"
    __table_args__ = (
        belongs_to("trading_partners", "partner_id"),
        belongs_to("claim_batches", "batch_id"),
        belongs_to("stored_files", "file_id"),
        belongs_to("outbox_messages", "message_id"),
        unique("claim_files", "partner_id", "interchange_control_number"),
        unique("claim_files", "partner_id", "group_control_number"),
        unique("claim_files", "partner_id", "set_control_number"),
        unique("claim_files", "reference"),
        unique("claim_files", "file_id"),
        unique("claim_files", "message_id"),
        index("claim_files", "status", "id"),
        index("claim_files", "partner_id", "id"),
        index("claim_files", "batch_id", where="batch_id IS NOT NULL"),
        index("claim_files", "interchange_control_number"),
        index("claim_files", "group_control_number"),
        check(
            "what_is_written_has_its_numbers",
            "num_nonnulls(interchange_control_number, group_control_number, set_control_number,"
            " reference, name, file_id, message_id, prepared_at) IN (0, 8)",
        ),
        check(
            "what_left_says_when",
            "(status IN ('sent', 'accepted', 'rejected')) = (sent_at IS NOT NULL)",
        ),
    )


class ClaimFault(BaseModel):
    """One thing that keeps a claim from leaving: where, and what."""

    model_config = ConfigDict(extra="forbid")

    pointer: str
    code: str
    detail: str


class ClaimFaults(BaseModel):
    """Why a claim does not go along."""

    model_config = ConfigDict(extra="forbid")

    faults: list[ClaimFault] = []


class FiledClaimFields(SQLModel):
    claim_file_id: UUID = key_column()
    claim_id: UUID = key_column()
    patient_id: UUID = key_column()
    patient_control_number: str = text_column(38)
    position: int | None = Field(default=None, sa_type=sa.Integer)
    charge_cents: int = cents_column()
    submits_claim: bool = Field(sa_type=sa.Boolean)
    """Whether the claim is submitted by it; otherwise it is submitted already, and goes to its
    next payer."""
    responsibility: str | None = text_column(1, default=None)
    """SBR01: the turn of the payer that it goes to."""
    status: FiledClaimStatus = choice_column(FiledClaimStatus, default=FiledClaimStatus.CHOSEN)
    faults: ClaimFaults | None = document_column(ClaimFaults, default=None)
    status_codes: list[str] = texts_column(default_factory=list)
    reason: str | None = text_column(500, default=None)
    answered_at: dt.datetime | None = moment_column(default=None)


class FiledClaim(FiledClaimFields, TenantRow, table=True):
    """A claim of a file: where it stands there, and what became of it.

    A claim is on its way in one file at a time.
    """

    __tablename__ = "filed_claims"
    __table_args__ = (
        belongs_to("claim_files", "claim_file_id"),
        belongs_to("claims", "claim_id"),
        belongs_to("patients", "patient_id"),
        unique("filed_claims", "claim_file_id", "claim_id"),
        unique("filed_claims", "claim_id", where="status IN ('chosen', 'prepared')"),
        index("filed_claims", "claim_file_id", "status", "id"),
        index("filed_claims", "claim_id", "id"),
        index("filed_claims", "patient_id"),
        check("refused_says_why", "(status = 'refused') = (faults IS NOT NULL)"),
    )


class AcknowledgementFileFields(SQLModel):
    file_name: str = text_column(255)
    file_id: UUID = key_column()
    sha256: bytes = bytes_column()
    byte_count: int = Field(sa_type=sa.BigInteger)
    partner_id: UUID | None = key_column(default=None)
    kinds: list[str] = texts_column()
    claim_count: int = Field(sa_type=sa.Integer)
    accepted_count: int = Field(sa_type=sa.Integer)
    rejected_count: int = Field(sa_type=sa.Integer)
    waiting_count: int = Field(sa_type=sa.Integer)
    anomaly_count: int = Field(sa_type=sa.Integer)


class AcknowledgementFile(AcknowledgementFileFields, AppendOnlyRow, table=True):
    """A file of TA1, 999 and 277CA, gone through to its end in the transaction that recorded it;
    the same bytes are one file."""

    __tablename__ = "acknowledgement_files"
    __table_args__ = (
        belongs_to("stored_files", "file_id"),
        belongs_to("trading_partners", "partner_id"),
        unique("acknowledgement_files", "file_id"),
        unique("acknowledgement_files", "sha256"),
        index("acknowledgement_files", "partner_id", "id", where="partner_id IS NOT NULL"),
    )


class WaitingAcknowledgementFields(SQLModel):
    acknowledgement_file_id: UUID = key_column()
    position: int = Field(sa_type=sa.BigInteger)
    standing: AcknowledgementStanding = choice_column(AcknowledgementStanding)
    waits_because: WaitingReason = choice_column(WaitingReason)
    status: WaitingStatus = choice_column(WaitingStatus, default=WaitingStatus.OPEN)
    control_number: str | None = text_column(80, default=None)
    """The interchange, group or submission that it answers, where it answers one as a whole."""
    patient_control_number: str | None = text_column(80, default=None)
    payer_claim_number: str | None = text_column(80, default=None)
    answered_on: dt.date | None = date_column(default=None)
    status_codes: list[str] = texts_column(default_factory=list)
    detail: str = text_column(500)
    claim_id: UUID | None = key_column(default=None)
    patient_id: UUID | None = key_column(default=None)
    resolution_note: str | None = text_column(500, default=None)
    resolved_at: dt.datetime | None = moment_column(default=None)


class WaitingAcknowledgement(WaitingAcknowledgementFields, TenantRow, table=True):
    """An answer that a person looks at; one for a claim that is not there is tried again when the
    claim goes out."""

    __tablename__ = "waiting_acknowledgements"
    __table_args__ = (
        belongs_to("acknowledgement_files", "acknowledgement_file_id"),
        belongs_to("claims", "claim_id"),
        belongs_to("patients", "patient_id"),
        index("waiting_acknowledgements", "acknowledgement_file_id"),
        index("waiting_acknowledgements", "status", "waits_because", "id"),
        index("waiting_acknowledgements", "patient_control_number", where="status = 'open'"),
        index("waiting_acknowledgements", "claim_id", where="claim_id IS NOT NULL"),
        index("waiting_acknowledgements", "patient_id", where="patient_id IS NOT NULL"),
        check("resolved_says_when", "(status = 'open') = (resolved_at IS NULL)"),
        check("dismissed_says_why", "status <> 'dismissed' OR resolution_note IS NOT NULL"),
    )


class PickedUpFileFields(SQLModel):
    partner_id: UUID = key_column()
    name: str = text_column(255)
    byte_count: int = Field(sa_type=sa.BigInteger)
    modified_at: dt.datetime | None = moment_column(default=None)
    sha256: bytes = bytes_column()
    turned_out: PickedUpAs = choice_column(PickedUpAs)
    detail: str | None = text_column(500, default=None)
    acknowledgement_file_id: UUID | None = key_column(default=None)
    remittance_id: UUID | None = key_column(default=None)


class PickedUpFile(PickedUpFileFields, AppendOnlyRow, table=True):
    """A file that a partner left for us, read once: it stays where it is."""

    __tablename__ = "picked_up_files"
    __table_args__ = (
        belongs_to("trading_partners", "partner_id"),
        belongs_to("acknowledgement_files", "acknowledgement_file_id"),
        belongs_to("remittances", "remittance_id"),
        unique("picked_up_files", "partner_id", "name", "sha256"),
        index("picked_up_files", "acknowledgement_file_id"),
        index("picked_up_files", "remittance_id"),
        check("unreadable_says_why", "(turned_out = 'unreadable') = (detail IS NOT NULL)"),
    )
