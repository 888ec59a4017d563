"""Writing statements: numbered, kept as they were, and never changed by what moves later."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from services.claims.envelope_addresses import address_lines
from services.claims.ledger.bookshelf import load_books
from services.claims.remittances.settlement import settle
from services.claims.statements.billing import billable_lines, is_decided
from services.claims.statements.document import Bill, statement_pdf
from services.company_calendar import company_today
from services.files.keeping import NewFile, record_many, write_now
from services.files.reading import ReadableFile, readable
from services.inputs import Input
from services.refusals import Fault, InvalidInput, Refusal
from storage.errors import RowNotFound
from storage.files import FileVault
from storage.filters import ClaimFilter, DenialFilter, PatientStatementFilter
from storage.interface import Page, Store
from storage.tables.claims import Claim, Patient
from storage.tables.money import (
    PatientStatement,
    PatientStatementFields,
    StatementContent,
    StatementLine,
)
from storage.vocabulary.claims import DenialStatus
from storage.vocabulary.denials import DenialResolution
from storage.vocabulary.files import FilePurpose


class NewStatement(Input):
    """Whom to bill, and how many days they have."""

    patient_id: UUID
    due_in_days: Annotated[int, Field(ge=10, le=180)] = 30


@dataclass
class NothingToBill(Refusal):
    """Nothing of what the patient owes is due now."""

    title: ClassVar[str] = "Nothing is due from the patient now"
    patient_balance_cents: int
    claims_with_insurers: int
    denied_cents: int

    @property
    def detail(self) -> str:
        return (
            "Only what payers said is the patient's is billed, on claims that no insurer owes on or"
            " is owed on, and without what is still being worked as a denial."
        )


async def write_statement(store: Store, vault: FileVault, new: NewStatement) -> PatientStatement:
    """Bill what is due from a patient. Raises InvalidInput, NothingToBill, FileStoreFull."""
    try:
        patient = await store.patients.get(new.patient_id)
    except RowNotFound:
        raise InvalidInput([Fault("/patient_id", "names no patient")]) from None
    claims = await store.claims.lock_all(ClaimFilter(patient_id=patient.id))
    denied = await denied_cents(store, claims)
    lines = billable_lines(claims, denied)
    if not lines:
        raise NothingToBill(
            sum(each.patient_balance_cents for each in claims),
            sum(each.submitted_at is not None and not is_decided(each) for each in claims),
            sum(denied.values()),
        )
    today = await company_today(store)
    due_on = today + dt.timedelta(days=new.due_in_days)
    (statement_id,) = await write_statements(
        store, vault, [(patient, lines)], stated_on=today, due_on=due_on
    )
    return await store.patient_statements.get(statement_id)


async def write_statements(
    store: Store,
    vault: FileVault,
    billed: Sequence[tuple[Patient, list[StatementLine]]],
    *,
    stated_on: dt.date,
    due_on: dt.date,
) -> Sequence[UUID]:
    """Bill patients for these lines, on claims that the caller holds; the statements' ids in order.

    Documents are made and kept one after another; the number of statements to the database does not
    depend on how many there are. Raises FileStoreFull, FileStoreUnavailable.
    """
    if not billed:
        return []
    company = await store.companies.get(store.company_id)
    first = await store.numbers.take("patient_statement", len(billed))
    bills = [
        Bill(
            statement_number=f"ST-{number:06}",
            stated_on=stated_on,
            due_on=due_on,
            content=StatementContent(
                company_name=company.name,
                patient_name=f"{patient.first_name} {patient.last_name}",
                patient_address=address_lines(patient.address),
                lines=lines,
            ),
        )
        for number, (patient, lines) in enumerate(billed, start=first)
    ]
    files = [
        await write_now(
            store,
            vault,
            NewFile(
                purpose=FilePurpose.STATEMENT,
                name=f"{bill.statement_number}.pdf",
                media_type="application/pdf",
                patient_id=patient.id,
            ),
            await asyncio.to_thread(statement_pdf, bill),
        )
        for bill, (patient, _) in zip(bills, billed, strict=True)
    ]
    await record_many(store, files)
    return await store.patient_statements.create_many(
        [
            PatientStatementFields(
                statement_number=bill.statement_number,
                patient_id=patient.id,
                stated_on=bill.stated_on,
                due_on=bill.due_on,
                amount_cents=bill.amount_cents,
                content=bill.content,
                file_id=file.id,
            )
            for bill, file, (patient, _) in zip(bills, files, billed, strict=True)
        ]
    )


async def get_statement(store: Store, statement_id: UUID) -> PatientStatement:
    """Raises RowNotFound."""
    return await store.patient_statements.get(statement_id)


async def statement_file(store: Store, statement_id: UUID) -> ReadableFile:
    """The document as it was written. Raises RowNotFound, FileNotKept."""
    statement = await store.patient_statements.get(statement_id)
    return await readable(store, statement.file_id)


async def list_statements(
    store: Store, conditions: PatientStatementFilter, *, limit: int, after: UUID | None
) -> Page[PatientStatement]:
    """Statements, newest first."""
    return await store.patient_statements.list(conditions, limit=limit, after=after)


async def denied_cents(store: Store, claims: Sequence[Claim]) -> dict[UUID, int]:
    """What of each claim payers put on the patient under a reason that refuses payment (PR-27), and
    nobody has decided yet that the patient owes it: whatever else became of that denial."""
    owing = [each for each in claims if is_decided(each) and each.patient_balance_cents > 0]
    if not owing:
        return {}
    refused: Counter[UUID] = Counter()
    for denial in await store.denials.all(DenialFilter(claim_ids=[each.id for each in owing])):
        is_the_patients = denial.resolution is DenialResolution.BILLED_TO_PATIENT
        if denial.status is not DenialStatus.SUPERSEDED and not is_the_patients:
            refused[denial.claim_id] += denial.amount_cents
    found = {}
    for claim_id, book in (await load_books(store, owing)).items():
        settled = settle(book.under_settlement, book.adjudications)
        found[claim_id] = min(settled.patient_balance_under_denial_cents, refused[claim_id])
    return found
