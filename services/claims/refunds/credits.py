"""The worklist of credit balances: which claims owe money to somebody, to whom, until when."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.claims.refunds.credit_deadlines import CREDIT_DEADLINES, ReturnBy
from storage.filters import AdjudicationFilter, ClaimFilter
from storage.interface import Page, Store
from storage.tables.claims import Claim, Payer
from storage.vocabulary.money import BalanceSide


@dataclass(frozen=True)
class Credit:
    """One balance below zero. ``payer_ids`` are those who paid on the claim: of several a person
    has to find out whose it is. ``due_on`` is the earliest day that a rule about one of them
    names."""

    claim_id: UUID
    claim_number: str
    patient_id: UUID
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
    """Claims in credit, newest first; a claim that is so on both sides stands there twice."""
    page: Page[Claim] = await store.claims.list(
        ClaimFilter(is_in_credit=True), limit=limit, after=after
    )
    ids = [claim.id for claim in page.rows]
    paid: dict[UUID, Counter[UUID]] = defaultdict(Counter)
    if ids:
        for each in await store.adjudications.all(AdjudicationFilter(claim_ids=ids)):
            paid[each.claim_id][each.payer_id] += each.paid_cents
    who = sorted({payer_id for sums in paid.values() for payer_id in sums})
    payers = {each.id: each for each in await store.payers.get_many(who)}
    items = [credit for claim in page.rows for credit in credits_of(claim, paid[claim.id], payers)]
    return Credits(items, page.next_after)


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
