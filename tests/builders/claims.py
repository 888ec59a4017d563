"""Patients, payers and claims to test with, in one line each.

Everything goes through the product's own operations, so that a submitted claim has its charge in
the ledger and its balances beside it.
"""

import datetime as dt
from collections.abc import Sequence

from services.claims import claims, patients, payers, submission
from services.claims.claims import ClaimWithLines
from services.claims.drafts import NewClaim, NewLine, NewTransmission
from services.claims.patients import NewPatient
from storage.filters import ClaimFilter
from storage.identifiers import new_id
from storage.postgres.transaction import PostgresStorage
from storage.tables.claims import Patient, Payer, PayerFields
from storage.vocabulary.claims import ClaimStatus, ClaimType, PayerType, SubmissionMethod
from tests.builders.companies import CompanyForTests

SERVICE_DATE = dt.date(2025, 3, 3)
BIRTH_DATE = dt.date(1971, 5, 2)
VALID_NPI = "1234567893"
DIAGNOSIS = "H40.11X1"


async def make_payer(
    storage: PostgresStorage,
    company: CompanyForTests,
    *,
    identifier: str | None = None,
    type: PayerType = PayerType.COMMERCIAL,  # noqa: A002 -- the field's name
    timely_filing_limit_days: int = 3650,
    remittance_identifier: str | None = None,
) -> Payer:
    """A payer, with an identifier of its own unless one is given."""
    async with storage.transaction(company.id, company.actor) as store:
        return await payers.create_payer(
            store,
            PayerFields(
                name=f"Payer {identifier or 'of a test'}",
                payer_identifier=identifier or new_id().hex,
                type=type,
                timely_filing_limit_days=timely_filing_limit_days,
                remittance_identifier=remittance_identifier,
            ),
        )


async def make_patient(
    storage: PostgresStorage,
    company: CompanyForTests,
    *,
    last_name: str = "Quill",
    first_name: str = "Ada",
    birth_date: dt.date = BIRTH_DATE,
) -> Patient:
    """A patient with a record number of its own."""
    async with storage.transaction(company.id, company.actor) as store:
        return await patients.create_patient(
            store,
            NewPatient(
                medical_record_number=new_id().hex,
                last_name=last_name,
                first_name=first_name,
                birth_date=birth_date,
            ),
        )


def new_line(
    charge_cents: int = 10_000,
    *,
    procedure_code: str = "92014",
    modifiers: Sequence[str] = (),
    diagnosis_codes: Sequence[str] = (DIAGNOSIS,),
    service_date: dt.date | None = None,
) -> NewLine:
    """A line that passes validation."""
    return NewLine(
        procedure_code=procedure_code,
        charge_cents=charge_cents,
        place_of_service="11",
        diagnosis_codes=list(diagnosis_codes),
        modifiers=list(modifiers),
        service_date=service_date,
    )


def new_claim(
    patient: Patient,
    payers_in_turn: Sequence[Payer],
    *,
    charges_cents: Sequence[int] = (10_000,),
    lines: Sequence[NewLine] | None = None,
    service_date: dt.date = SERVICE_DATE,
    type: ClaimType = ClaimType.PROFESSIONAL,  # noqa: A002 -- the field's name
) -> NewClaim:
    """A claim that passes validation, with one line a charge (or the lines given)."""
    turn = [payer.id for payer in payers_in_turn]
    codes = ("92014", "92083", "92133", "92250", "76514", "92020", "92025", "92060")
    made = [
        new_line(charge, procedure_code=codes[at % len(codes)], modifiers=_repeat(at, len(codes)))
        for at, charge in enumerate(charges_cents)
    ]
    return NewClaim(
        type=type,
        patient_id=patient.id,
        subscriber_id="SUB77",
        rendering_provider_id=VALID_NPI,
        billing_provider_id=VALID_NPI,
        primary_payer_id=turn[0],
        secondary_payer_id=turn[1] if len(turn) > 1 else None,
        tertiary_payer_id=turn[2] if len(turn) > 2 else None,
        service_date=service_date,
        diagnosis_codes=[DIAGNOSIS],
        lines=list(made if lines is None else lines),
    )


async def make_claim(
    storage: PostgresStorage,
    company: CompanyForTests,
    *,
    charges_cents: Sequence[int] = (10_000,),
    payers: Sequence[Payer] = (),
    patient: Patient | None = None,
    service_date: dt.date = SERVICE_DATE,
    status: ClaimStatus = ClaimStatus.SUBMITTED,
) -> ClaimWithLines:
    """A claim: submitted, or a draft or ready one as ``status`` says."""
    (claim,) = await make_claims(
        storage,
        company,
        1,
        charges_cents=charges_cents,
        payers=payers,
        patient=patient,
        service_date=service_date,
        status=status,
    )
    return claim


async def make_claims(
    storage: PostgresStorage,
    company: CompanyForTests,
    count: int,
    *,
    charges_cents: Sequence[int] = (10_000,),
    payers: Sequence[Payer] = (),
    patient: Patient | None = None,
    service_date: dt.date = SERVICE_DATE,
    status: ClaimStatus = ClaimStatus.SUBMITTED,
) -> list[ClaimWithLines]:
    """``count`` like claims, with a constant number of statements a thousand of them."""
    patient = patient or await make_patient(storage, company)
    turn = list(payers) or [await make_payer(storage, company)]
    draft = new_claim(patient, turn, charges_cents=charges_cents, service_date=service_date)
    made: list[ClaimWithLines] = []
    for first in range(0, count, 1000):
        drafts = [draft] * min(1000, count - first)
        made += await save_claims(storage, company, drafts, status=status)
    return made


async def save_claims(
    storage: PostgresStorage,
    company: CompanyForTests,
    drafts: Sequence[NewClaim],
    *,
    status: ClaimStatus = ClaimStatus.SUBMITTED,
) -> list[ClaimWithLines]:
    """Claims as drafted, in one transaction: submitted, or draft or ready as ``status`` says."""
    async with storage.transaction(company.id, company.actor) as store:
        made = await claims.create_claims(store, drafts)
        if status is ClaimStatus.DRAFT:
            return made
        rows = [each.claim for each in made]
        await store.claims.update_many(
            {claim.id: claim.version for claim in rows},
            {"status": [ClaimStatus.READY_TO_SUBMIT] * len(rows)},
        )
        ids = [claim.id for claim in rows]
        ready = await store.claims.lock_all(ClaimFilter(ids=ids))
        if status is ClaimStatus.SUBMITTED:
            await submission.submit_claims(store, ready, transmission(store.now))
        return await claims.with_lines(store, await store.claims.get_many(ids))


def transmission(at: dt.datetime) -> NewTransmission:
    """The record of a transmission made elsewhere."""
    return NewTransmission(
        method=SubmissionMethod.CLEARINGHOUSE, reference="made elsewhere", transmitted_at=at
    )


def _repeat(at: int, period: int) -> Sequence[str]:
    return () if at < period else ("76",)
