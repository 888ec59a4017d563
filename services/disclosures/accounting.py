"""Accountings of disclosures: asked for, given, and kept as they were given."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.disclosures.accounting_rules import (
    DAYS_TO_ACT,
    LONGEST_PERIOD_YEARS,
    accounted,
    is_free,
    years_before,
)
from services.disclosures.recording import Day
from services.inputs import Input, Name
from services.refusals import Fault, InvalidInput
from storage.clock import today_in
from storage.filters import AccountingFilter, DisclosureFilter
from storage.interface import Page, Store
from storage.tables.claims import Patient
from storage.tables.disclosures import Accounting, AccountingFields, Disclosure


class AccountingRequest(Input):
    """Who asked, the patient or whoever acts for them, and when. The period is the six years
    before that day, or what is asked for of them."""

    requested_by: Name
    requested_on: Day | None = None
    first: Day | None = None
    last: Day | None = None


@dataclass(frozen=True, slots=True)
class AccountingInFull:
    """An accounting with the disclosures that it names, by day."""

    accounting: Accounting
    patient: Patient
    disclosures: Sequence[Disclosure]


async def give_accounting(
    store: Store, patient_id: UUID, request: AccountingRequest
) -> AccountingInFull:
    """Make an accounting and keep what it says. Raises RowNotFound, InvalidInput."""
    patient = await store.patients.get(patient_id)
    await store.wait_for_lock(f"accountings/{patient_id}")
    company = await store.companies.get(store.company_id)
    today = today_in(store.clock, company.time_zone)
    requested_on = request.requested_on or today
    first = request.first or years_before(requested_on, LONGEST_PERIOD_YEARS)
    last = request.last or requested_on
    _check(requested_on, first, last, today)
    recorded = await store.disclosures.all(DisclosureFilter(patient_id=patient_id))
    by_id = {each.id: each for each in recorded}
    named = accounted(recorded, first=first, last=last, today=today)
    earlier = await store.accountings.all(AccountingFilter(patient_id=patient_id))
    accounting = await store.accountings.create(
        AccountingFields(
            patient_id=patient_id,
            requested_by=request.requested_by,
            requested_on=requested_on,
            due_on=requested_on + dt.timedelta(days=DAYS_TO_ACT),
            first=first,
            last=last,
            is_free=is_free(requested_on, [each.requested_on for each in earlier]),
            disclosure_ids=list(named),
        )
    )
    return AccountingInFull(accounting, patient, [by_id[each] for each in named])


async def get_accounting(store: Store, accounting_id: UUID) -> AccountingInFull:
    """The accounting as it was given, whatever was corrected since. Raises RowNotFound."""
    accounting = await store.accountings.get(accounting_id)
    patient = await store.patients.get(accounting.patient_id)
    found = await store.disclosures.get_many(accounting.disclosure_ids)
    by_id = {each.id: each for each in found}
    return AccountingInFull(accounting, patient, [by_id[i] for i in accounting.disclosure_ids])


async def list_accountings(
    store: Store, conditions: AccountingFilter, *, limit: int, after: UUID | None
) -> Page[Accounting]:
    """Accountings that were given, newest first."""
    return await store.accountings.list(conditions, limit=limit, after=after)


def _check(requested_on: dt.date, first: dt.date, last: dt.date, today: dt.date) -> None:
    faults = []
    if requested_on > today:
        faults.append(Fault("/requested_on", "lies in the future"))
    if first < years_before(requested_on, LONGEST_PERIOD_YEARS):
        faults.append(Fault("/first", f"is at most {LONGEST_PERIOD_YEARS} years before"))
    if last > requested_on:
        faults.append(Fault("/last", "is not after the day of the request"))
    if first > last:
        faults.append(Fault("/first", "is not after last"))
    if faults:
        raise InvalidInput(faults)
