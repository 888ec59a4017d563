"""The worklist of credit balances: what owes money to somebody, to whom, until when.

Claims below zero, and what payers paid on no claim here once it was returned to them.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import SQLModel

from services.claims.refunds.credit_deadlines import CREDIT_DEADLINES, ReturnBy
from services.company_calendar import CompanyCalendar, company_calendar
from services.trail.merging import merged
from storage.filters import AdjudicationFilter, ClaimFilter, RemittanceExceptionFilter
from storage.interface import Page, Store
from storage.tables.claims import Claim, Payer
from storage.tables.remittances import RemittanceException
from storage.vocabulary.money import BalanceSide


@dataclass(frozen=True)
class Credit:
    """One balance below zero, of a claim or of an exception that was returned. ``payer_ids`` are
    those who paid on the claim: of several a person has to find out whose it is. ``due_on`` is the
    earliest day that a rule about one of them names."""

    claim_id: UUID | None
    claim_number: str | None
    exception_id: UUID | None
    patient_id: UUID | None
    side: BalanceSide
    amount_cents: int
    since: dt.date | None
    payer_ids: list[UUID]
    due_on: dt.date | None
    due_source: str | None


@dataclass(frozen=True)
class Credits:
    """A page of the worklist."""

    items: list[Credit]
    next_after: UUID | None


async def list_credits(store: Store, *, limit: int, after: UUID | None) -> Credits:
    """What is in credit, newest first; a claim that is so on both sides stands there twice."""
    claims = await store.claims.list(ClaimFilter(is_in_credit=True), limit=limit, after=after)
    owed = RemittanceExceptionFilter(owed_at_least_cents=1)
    returned = await store.remittance_exceptions.list(owed, limit=limit, after=after)
    page: Page[SQLModel] = merged(
        [Page([*claims.rows], claims.next_after), Page([*returned.rows], returned.next_after)],
        limit=limit,
    )
    ids = [row.id for row in page.rows if isinstance(row, Claim)]
    sources = await _payers_of(
        store, [row for row in page.rows if isinstance(row, RemittanceException)]
    )
    paid: dict[UUID, Counter[UUID]] = defaultdict(Counter)
    if ids:
        for each in await store.adjudications.all(AdjudicationFilter(claim_ids=ids)):
            paid[each.claim_id][each.payer_id] += each.paid_cents
    who = {payer_id for sums in paid.values() for payer_id in sums} | set(sources.values())
    payers = {each.id: each for each in await store.payers.get_many(sorted(who))}
    calendar = await company_calendar(store)
    items: list[Credit] = []
    for row in page.rows:
        if isinstance(row, Claim):
            items += credits_of(row, paid[row.id], payers)
        elif isinstance(row, RemittanceException):
            payer_id = sources.get(row.transaction_id)
            payer = payers.get(payer_id) if payer_id else None
            items.append(credit_of_return(row, payer, calendar))
    return Credits(items, page.next_after)


async def _payers_of(store: Store, returned: Sequence[RemittanceException]) -> dict[UUID, UUID]:
    """The payer of each transaction, where it is registered."""
    ids = sorted({each.transaction_id for each in returned})
    return {
        each.id: each.payer_id
        for each in await store.remittance_transactions.get_many(ids)
        if each.payer_id is not None
    }


def credit_of_return(
    returned: RemittanceException, payer: Payer | None, calendar: CompanyCalendar
) -> Credit:
    """What is owed of an exception that was returned, since the company's day on which it was.
    Pure."""
    since = None if returned.resolved_at is None else calendar.day_of(returned.resolved_at)
    by = None
    if payer is not None and since is not None:
        by = CREDIT_DEADLINES.return_by(payer.type, since)
    return Credit(
        claim_id=None,
        claim_number=None,
        exception_id=returned.id,
        patient_id=returned.patient_id,
        side=BalanceSide.INSURANCE,
        amount_cents=returned.owed_cents,
        since=since,
        payer_ids=[] if payer is None else [payer.id],
        due_on=None if by is None else by.due_on,
        due_source=None if by is None else by.source,
    )


def credits_of(
    claim: Claim, paid_cents: Mapping[UUID, int], payers: Mapping[UUID, Payer]
) -> list[Credit]:
    """The balances of a claim that are below zero, given what each payer has paid on it. Pure."""
    found = []
    if claim.insurance_balance_cents < 0 and not claim.is_replaced:
        paying = sorted(payer_id for payer_id, cents in paid_cents.items() if cents > 0)
        by = _earliest(claim, [payers[payer_id] for payer_id in paying if payer_id in payers])
        found.append(_credit(claim, BalanceSide.INSURANCE, paying, by))
    if claim.patient_balance_cents < 0:
        found.append(_credit(claim, BalanceSide.PATIENT, [], None))
    return found


def _earliest(claim: Claim, payers: Sequence[Payer]) -> ReturnBy | None:
    since = claim.insurance_credit_since
    if since is None:
        return None
    known = [CREDIT_DEADLINES.return_by(each.type, since) for each in payers]
    return min((each for each in known if each), key=lambda each: each.due_on, default=None)


def _credit(claim: Claim, side: BalanceSide, payer_ids: list[UUID], by: ReturnBy | None) -> Credit:
    is_patients = side is BalanceSide.PATIENT
    return Credit(
        claim_id=claim.id,
        claim_number=claim.claim_number,
        exception_id=None,
        patient_id=claim.patient_id,
        side=side,
        amount_cents=-(
            claim.patient_balance_cents if is_patients else claim.insurance_balance_cents
        ),
        since=claim.patient_credit_since if is_patients else claim.insurance_credit_since,
        payer_ids=payer_ids,
        due_on=None if by is None else by.due_on,
        due_source=None if by is None else by.source,
    )
