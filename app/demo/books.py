"""The claims of a demonstration company, in every state that a claim can have on its way out."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from uuid import UUID

from app.demo.parties import (
    home_of,
    insure,
    member_id_of,
    open_clearinghouse,
    register_providers,
    sex_of,
)
from app.demo.practices import FIRST_NAMES, LAST_NAMES, DemoPayer, Practice, Service
from services.claims import batches, claims, patients, payers, submission
from services.claims.batches import NewBatch
from services.claims.claims import ClaimWithLines
from services.claims.drafts import NewAcknowledgement, NewClaim, NewLine, NewTransmission
from services.claims.patients import NewPatient
from services.claims.readying import make_many_ready
from services.company_calendar import company_today
from storage.interface import Actor, IStorage, Store
from storage.tables.claims import Claim, Patient, Payer, PayerFields
from storage.vocabulary.claims import AcknowledgementOutcome, ClaimType, SubmissionMethod

PATIENTS = 60
CLAIMS = 240
DRAFTS = 12
READY = 12
REJECTED = 6
VOIDED = 3
ACCEPTED = 20

_SERVICE_DAYS_AGO = (35, 120)
_PAYERS_FIRST = "LHP01", "MBUM1", "SMA01"
_SUPPLEMENT_OF = {"MBUM1": "NMS01"}


@dataclass(frozen=True)
class Office:
    """A company of the demonstration and the people whose work is shown."""

    practice: Practice
    company_id: UUID
    staff: Actor
    manager: Actor


@dataclass(frozen=True)
class SentClaims:
    """Claims that payers can decide about, oldest first, and who is in them."""

    by_payer: Mapping[str, list[ClaimWithLines]]
    """By the identifier of the primary payer."""
    patients: Mapping[UUID, Patient]
    today: dt.date


async def enter_claims(storage: IStorage, office: Office, random: Random) -> SentClaims:
    """Payers, patients and claims; most claims are submitted, and none is decided about."""
    async with storage.transaction(office.company_id, office.manager) as store:
        known = {each.identifier: await _payer(store, each) for each in office.practice.payers}
        await register_providers(store, office.practice)
        await open_clearinghouse(store, office.practice, [each.id for each in known.values()])
    async with storage.transaction(office.company_id, office.staff) as store:
        today = await company_today(store)
        treated = [
            await _patient(store, office.practice, random, number) for number in range(PATIENTS)
        ]
        await insure(store, treated, known, today)
        drafted = await claims.create_claims(
            store, [_draft(office.practice, known, random, treated, today) for _ in range(CLAIMS)]
        )
        await make_many_ready(store, [each.claim.id for each in drafted[DRAFTS:]])
    sent_ids = [each.claim.id for each in drafted[DRAFTS + READY :]]
    async with storage.transaction(office.company_id, office.staff) as store:
        for payer in known.values():
            await _send(store, payer, await store.claims.get_many(sent_ids))
    async with storage.transaction(office.company_id, office.staff) as store:
        await _answer(store, await store.claims.get_many(sent_ids))
        sent = await claims.with_lines(store, await store.claims.get_many(sent_ids))
    waiting = sorted(sent[REJECTED + VOIDED :], key=lambda each: each.claim.service_date)
    return SentClaims(
        by_payer={
            name: [each for each in waiting if each.claim.primary_payer_id == payer.id]
            for name, payer in known.items()
        },
        patients={each.id: each for each in treated},
        today=today,
    )


async def _payer(store: Store, payer: DemoPayer) -> Payer:
    return await payers.create_payer(
        store,
        PayerFields(
            name=payer.name,
            payer_identifier=payer.identifier,
            remittance_identifier=payer.remittance_identifier,
            type=payer.type,
            claim_submission_method=SubmissionMethod.CLEARINGHOUSE,
            timely_filing_limit_days=payer.filing_limit_days,
        ),
    )


async def _patient(store: Store, practice: Practice, random: Random, number: int) -> Patient:
    return await patients.create_patient(
        store,
        NewPatient(
            medical_record_number=f"MRN-{20400 + number}",
            last_name=random.choice(LAST_NAMES),
            first_name=random.choice(FIRST_NAMES),
            birth_date=dt.date(1938 + random.randrange(68), 1 + random.randrange(12), 14),
            sex=sex_of(number),
            address=home_of(practice, number),
        ),
    )


def _draft(
    practice: Practice,
    known: Mapping[str, Payer],
    random: Random,
    treated: Sequence[Patient],
    today: dt.date,
) -> NewClaim:
    patient = random.choice(treated)
    first = random.choice([name for name in _PAYERS_FIRST if name in known])
    second = _SUPPLEMENT_OF.get(first)
    given = random.sample(practice.services, k=random.choice((1, 1, 2, 2, 3)))
    diagnoses = list(dict.fromkeys(service.diagnosis_code for service in given))
    return NewClaim(
        type=ClaimType.PROFESSIONAL,
        patient_id=patient.id,
        subscriber_id=member_id_of(patient),
        rendering_provider_id=practice.rendering_npi,
        billing_provider_id=practice.npi,
        primary_payer_id=known[first].id,
        secondary_payer_id=known[second].id if second is not None else None,
        service_date=today - dt.timedelta(random.randint(*_SERVICE_DAYS_AGO)),
        diagnosis_codes=diagnoses,
        lines=[_line(service) for service in given],
    )


def _line(service: Service) -> NewLine:
    return NewLine(
        procedure_code=service.procedure_code,
        charge_cents=service.charge_cents,
        place_of_service="11",
        diagnosis_codes=[service.diagnosis_code],
        description=service.description,
    )


async def _send(store: Store, payer: Payer, sent: Sequence[Claim]) -> None:
    ids = [claim.id for claim in sent if claim.primary_payer_id == payer.id]
    if not ids:
        return
    batch = (await batches.create_batch(store, NewBatch(payer_id=payer.id, claim_ids=ids))).batch
    await batches.record_batch_transmission(
        store,
        batch.id,
        NewTransmission(
            method=SubmissionMethod.CLEARINGHOUSE,
            reference=f"{payer.payer_identifier}-{batch.batch_number}",
            transmitted_at=store.now,
        ),
        expected_version=batch.version,
    )


async def _answer(store: Store, sent: Sequence[Claim]) -> None:
    """What the clearinghouse said of some claims, and what the clinic gave up by itself."""
    for claim in sent[:REJECTED]:
        await submission.record_acknowledgement(
            store,
            claim.id,
            NewAcknowledgement(
                outcome=AcknowledgementOutcome.REJECTED,
                reference="277CA",
                reason="The subscriber is not found",
            ),
            expected_version=claim.version,
        )
    for claim in sent[REJECTED : REJECTED + VOIDED]:
        await submission.void(
            store, claim.id, "Billed twice by mistake", expected_version=claim.version
        )
    for claim in sent[-ACCEPTED:]:
        await submission.record_acknowledgement(
            store,
            claim.id,
            NewAcknowledgement(outcome=AcknowledgementOutcome.ACCEPTED, reference="277CA"),
            expected_version=claim.version,
        )
