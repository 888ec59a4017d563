"""The packet of an appeal: what is needed for it, the words it says, and putting it on record."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.approvals.involvement import worked
from services.claims.appealing.drafting import (
    ENTITY,
    WITHOUT_PACKET,
    attachments_of,
    denials_of,
    held,
)
from services.claims.appealing.lifecycle import require_unsent
from services.claims.appealing.typesetting import Addressee, PacketFacts, Sender, Service
from services.claims.claims import lines_of
from services.claims.code_wording import Wordings, wordings_for
from services.claims.denial_work.queue import codes_of
from services.claims.envelope_addresses import address_lines
from services.company_calendar import company_today
from services.files.keeping import NewFile, WrittenFile
from services.files.media_types import PDF
from services.files.reading import FileNotKept, ReadableFile, readable
from services.refusals import Category, Fault, InvalidInput, Refusal
from storage.errors import VersionConflict
from storage.filters import CareProviderFilter
from storage.interface import Store
from storage.tables.appeals import ClaimAppeal
from storage.tables.claims import Claim, ClaimLine, Patient, Payer
from storage.tables.ledger import Adjudication, Denial
from storage.tables.parties import CareProvider
from storage.tables.remittances import RemittanceTransaction
from storage.vocabulary.files import FilePurpose

LARGEST_BYTES = 100_000_000
"""What the enclosures of a packet may have together."""


@dataclass
class NoPacket(Refusal):
    """Nothing has been put together yet, or it was changed since."""

    category: ClassVar[Category] = Category.NOT_FOUND
    title: ClassVar[str] = "The appeal has no packet"


@dataclass(frozen=True)
class PacketContent:
    """What a packet is made of: the words, and the files that go along."""

    patient_id: UUID
    name: str
    facts: PacketFacts
    enclosures: Sequence[tuple[str, ReadableFile]]

    @property
    def new_file(self) -> NewFile:
        """What is known of the packet before it is rendered."""
        return NewFile(
            purpose=FilePurpose.APPEAL_PACKET,
            name=self.name,
            media_type=PDF,
            patient_id=self.patient_id,
        )


@dataclass(frozen=True)
class _Case:
    """The rows that a letter speaks of."""

    appeal: ClaimAppeal
    claim: Claim
    lines: Sequence[ClaimLine]
    patient: Patient
    payer: Payer
    denials: Sequence[Denial]
    decision: Adjudication
    transaction: RemittanceTransaction
    wordings: Wordings


async def content_of(store: Store, appeal_id: UUID, *, expected_version: int) -> PacketContent:
    """What the packet of an appeal is made of, as it is now.

    Raises RowNotFound, VersionConflict, IllegalTransition, FileNotKept, InvalidInput.
    """
    appeal = await store.claim_appeals.get(appeal_id)
    if appeal.version != expected_version:
        raise VersionConflict(ENTITY)
    require_unsent(appeal)
    claim = await store.claims.get(appeal.claim_id)
    denials = await denials_of(store, appeal_id)
    if not denials:  # filed before an appeal named its denials
        raise InvalidInput([Fault("/denials", "are not named; draft an appeal anew")])
    decision = await store.adjudications.get(denials[-1].adjudication_id)
    case = _Case(
        appeal=appeal,
        claim=claim,
        lines=await lines_of(store, claim.id),
        patient=await store.patients.get(appeal.patient_id),
        payer=await store.payers.get(appeal.payer_id),
        denials=denials,
        decision=decision,
        transaction=await store.remittance_transactions.get(decision.transaction_id),
        wordings=await wordings_for(store, {code for each in denials for code in codes_of(each)}),
    )
    company = await store.companies.get(store.company_id)
    billing = await store.care_providers.all(
        CareProviderFilter(identifier=claim.billing_provider_id)
    )
    sender = _sender(billing[0] if billing else None, claim, company.name)
    return PacketContent(
        patient_id=appeal.patient_id,
        name=f"appeal-{claim.claim_number}-{appeal.appeal_number}.pdf",
        facts=facts_of(case, sender, await company_today(store)),
        enclosures=await _enclosures(store, appeal_id),
    )


async def record_packet(
    store: Store,
    appeal_id: UUID,
    file: WrittenFile,
    page_count: int,
    *,
    expected_version: int,
) -> ClaimAppeal:
    """Put a rendered packet on record; what was approved before is approved no more.

    Raises RowNotFound, VersionConflict, IllegalTransition, DecidedBefore.
    """
    appeal = await held(store, appeal_id, expected_version)
    require_unsent(appeal)
    await worked(store, ENTITY, appeal_id)
    kept = await file.record(store)
    return await store.claim_appeals.update(
        appeal_id,
        {
            **WITHOUT_PACKET,
            "packet_file_id": kept.id,
            "packet_sha256": kept.sha256,
            "packet_page_count": page_count,
            "packet_made_by": store.actor.principal_id,
        },
        expected_version=expected_version,
    )


async def readable_packet(store: Store, appeal_id: UUID) -> ReadableFile:
    """The packet, about to be handed out. Raises RowNotFound, NoPacket, FileNotKept."""
    appeal = await store.claim_appeals.get(appeal_id)
    if appeal.packet_file_id is None:
        raise NoPacket
    return await readable(store, appeal.packet_file_id)


async def _enclosures(store: Store, appeal_id: UUID) -> list[tuple[str, ReadableFile]]:
    attachments = await attachments_of(store, appeal_id)
    rows = {
        each.id: each
        for each in await store.stored_files.get_many([each.file_id for each in attachments])
    }
    for row in rows.values():
        if row.deletion is not None:
            raise FileNotKept(row.deletion)
    if sum(each.byte_count for each in rows.values()) > LARGEST_BYTES:
        message = f"have more than {LARGEST_BYTES} bytes together"
        raise InvalidInput([Fault("/attachments", message)])
    keys = {
        row.id: await store.secrets.file_key_of(row.object_key, row.data_key_number)
        for row in rows.values()
    }
    return [
        (each.title, ReadableFile(rows[each.file_id], keys[each.file_id])) for each in attachments
    ]


def facts_of(case: _Case, sender: Sender, today: dt.date) -> PacketFacts:
    """The words of the cover sheet and the letter."""
    appeal, claim, patient = case.appeal, case.claim, case.patient
    level = f"Level {appeal.level}: {appeal.level_name}"
    number = _claim_number(case)
    person = f"{patient.first_name} {patient.last_name}, born {in_words(patient.birth_date)}"
    services = sorted({each.service_date for each in case.lines} or {claim.service_date})
    dates = " to ".join(dict.fromkeys(in_words(day) for day in (services[0], services[-1])))
    about = [
        ("Patient", person),
        ("Member ID", claim.subscriber_id),
        ("Date of service", dates),
    ]
    due = in_words(appeal.due_on) if appeal.due_on else "not on record"
    return PacketFacts(
        title=f"Appeal {appeal.appeal_number} of claim {claim.claim_number}",
        level=level,
        date=in_words(today),
        sender=sender,
        payer=_addressee(case.payer),
        cover=[
            ("Claim number", number),
            ("Our claim", f"{claim.claim_number} (control number {claim.patient_control_number})"),
            *about,
            ("Amount in dispute", money(appeal.amount_cents)),
            ("Last day to appeal", due),
        ],
        subject=[
            ("Re:", appeal.level_name),
            ("Claim number:", number),
            *((f"{name}:", value) for name, value in about),
        ],
        opening=_opening(case),
        services=[_service(each, case) for each in case.denials],
        amount=money(appeal.amount_cents),
        argument=[
            " ".join(part.split()) for part in re.split(r"\n\s*\n", appeal.reason) if part.strip()
        ],
        request=(
            "We ask that you reverse the denial and pay the services above under the terms that"
            f" apply to them. The amount in dispute is {money(appeal.amount_cents)}."
        ),
        closing=(
            "Should you uphold the denial, please name the ground on which it rests and the"
            " provision that it follows, and say how the next level of appeal is asked for."
        ),
        footer=f"Appeal {appeal.appeal_number} of claim {claim.claim_number}",
        separately=list(appeal.supporting_documents),
    )


def _opening(case: _Case) -> str:
    paid_on = case.transaction.payment_date or case.decision.effective_on
    trace = case.transaction.trace_number
    remittance = f"your remittance of {in_words(paid_on)}"
    if trace:
        remittance += f" (trace {trace})"
    started_on = case.appeal.started_on
    if case.appeal.level > 1 and started_on is not None:
        return (
            f"Your answer to our last appeal reached us on {in_words(started_on)}. We ask for the"
            f" next review of the denial that came with {remittance}. It refused the services"
            " below."
        )
    return (
        f"We ask you to reconsider the denial that came with {remittance}. It refused the services"
        " below."
    )


def _service(denial: Denial, case: _Case) -> Service:
    line = next((each for each in case.lines if each.id == denial.claim_line_id), None)
    label = case.wordings.reason(denial.reason_code, denial.denied_on).text
    reason = f"{denial.group_code}-{denial.reason_code} {label}".strip(" -")
    if denial.remark_codes:
        remarks = [case.wordings.remark(code, denial.denied_on) for code in denial.remark_codes]
        said = "; ".join(f"{each.code} {each.text}".strip() for each in remarks)
        reason += f" (remarks {said})"
    if line is None:
        return Service(
            service="Whole claim",
            date=in_figures(case.claim.service_date),
            reason=reason,
            billed=money(case.claim.total_charge_cents),
            denied=money(denial.amount_cents),
        )
    return Service(
        service="-".join([line.procedure_code, *line.modifiers]),
        date=in_figures(line.service_date),
        reason=reason,
        billed=money(line.charge_cents),
        denied=money(denial.amount_cents),
    )


def _claim_number(case: _Case) -> str:
    return (
        case.decision.payer_claim_number
        or case.claim.payer_claim_number
        or case.claim.patient_control_number
    )


def _sender(provider: CareProvider | None, claim: Claim, company: str) -> Sender:
    if provider is None:
        return Sender(company, [], [f"Billing provider {claim.billing_provider_id}"])
    names = (provider.first_name, provider.middle_name, provider.name, provider.suffix)
    ways = [f"NPI {provider.npi}"] if provider.npi else []
    if (contact := provider.contact) is not None:
        ways += [_telephone(contact.telephone)] if contact.telephone else []
        ways += [contact.email] if contact.email else []
    return Sender(" ".join(each for each in names if each), address_lines(provider.address), ways)


def _addressee(payer: Payer) -> Addressee:
    contact = payer.contact_info
    written = contact.address if contact is not None and contact.address else ""
    lines = [part.strip() for part in written.split(",", 1) if part.strip()]
    return Addressee(payer.name, lines or address_lines(payer.address))


def _telephone(digits: str) -> str:
    return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}"


def in_words(day: dt.date) -> str:
    """A day as a letter writes it: March 3, 2026."""
    return f"{day:%B} {day.day}, {day.year}"


def in_figures(day: dt.date) -> str:
    """A day as a table writes it: 03/03/2026."""
    return f"{day:%m/%d/%Y}"


def money(cents: int) -> str:
    """An amount as a letter writes it: $1,234.56."""
    sign = "-" if cents < 0 else ""
    return f"{sign}${abs(cents) // 100:,}.{abs(cents) % 100:02}"
