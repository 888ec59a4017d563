"""Until when a payment below the contract can be disputed.

The contract's own days come first, then the company's rule for the payer's first level of appeal,
then the shipped default for its kind, which nobody has verified. They count from the day on which
the remittance was received, like the deadlines of denials.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from services.claims.appealing.deadlines import DEADLINES, Ladder
from storage.filters import AppealRuleFilter, UnderpaymentFilter
from storage.interface import Store
from storage.tables.contracts import PayerContract, PaymentVarianceFields
from storage.vocabulary.claims import ClaimType
from storage.vocabulary.contracts import UnderpaymentStatus

Place = tuple[UUID, int]
"""An adjudication and the ordinal of its line."""


class Dispute(msgspec.Struct, frozen=True):
    """From when until when a payment can be disputed, and what says so."""

    started_on: dt.date
    due_on: dt.date
    is_verified: bool
    source: str


def dispute_of(
    contract: PayerContract | None, ladder: Ladder, claim_type: ClaimType, received_on: dt.date
) -> Dispute:
    """The deadline of one payment. Pure."""
    if contract is not None and contract.dispute_days is not None:
        due_on = received_on + dt.timedelta(days=contract.dispute_days)
        return Dispute(received_on, due_on, is_verified=True, source=contract.dispute_source or "")
    due = ladder.first_due(received_on, claim_type=claim_type, is_appealable=True)
    return Dispute(received_on, due.due_on, due.is_verified, due.source)


async def disputes_of(
    store: Store, variances: Sequence[PaymentVarianceFields]
) -> Mapping[Place, Dispute]:
    """The deadlines of some variances. Takes seven statements, however many there are."""
    if not variances:
        return {}
    company = await store.companies.get(store.company_id)
    zone = ZoneInfo(company.time_zone)
    decided = {
        each.id: each
        for each in await store.adjudications.get_many(
            sorted({each.adjudication_id for each in variances})
        )
    }
    sent = {
        each.id: each
        for each in await store.remittance_transactions.get_many(
            sorted({each.transaction_id for each in decided.values()})
        )
    }
    claims = {
        each.id: each
        for each in await store.claims.get_many(sorted({each.claim_id for each in variances}))
    }
    payers = await store.payers.get_many(sorted({each.payer_id for each in variances}))
    rules = await store.appeal_rules.all(AppealRuleFilter(payer_ids=[each.id for each in payers]))
    contracts = {
        each.id: each
        for each in await store.payer_contracts.get_many(
            sorted({each.contract_id for each in variances if each.contract_id is not None})
        )
    }
    types = {each.id: each.type for each in payers}
    ladders = {each.id: Ladder(each.id, each.type, rules) for each in payers}
    found = {}
    for each in variances:
        source = sent[decided[each.adjudication_id].transaction_id]
        received_on = DEADLINES.received_on(
            types[each.payer_id],
            arrived_on=source.created_at.astimezone(zone).date(),
            paid_on=source.payment_date,
        )
        found[each.adjudication_id, each.line_ordinal] = dispute_of(
            None if each.contract_id is None else contracts.get(each.contract_id),
            ladders[each.payer_id],
            claims[each.claim_id].type,
            received_on,
        )
    return found


async def count_disputes_anew(store: Store, payer_id: UUID) -> None:
    """Give the open underpayments of a payer the deadlines that hold now."""
    held = await store.underpayments.lock_all(
        UnderpaymentFilter(payer_id=payer_id, status=UnderpaymentStatus.OPEN)
    )
    variances = await store.payment_variances.get_many(sorted({each.variance_id for each in held}))
    disputes = await disputes_of(store, variances)
    changed = [
        (each, dispute)
        for each in held
        for dispute in (disputes[each.adjudication_id, each.line_ordinal],)
        if (each.due_on, each.due_is_verified, each.due_source)
        != (dispute.due_on, dispute.is_verified, dispute.source)
    ]
    await store.underpayments.update_many(
        {each.id: each.version for each, _ in changed},
        {
            "deadline_started_on": [dispute.started_on for _, dispute in changed],
            "due_on": [dispute.due_on for _, dispute in changed],
            "due_is_verified": [dispute.is_verified for _, dispute in changed],
            "due_source": [dispute.source for _, dispute in changed],
        },
    )
