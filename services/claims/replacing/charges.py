"""The charge of a replaced claim: in the ledger once, whichever of the two claims carries it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from services.claims.ledger.charges import charge_entry
from services.claims.ledger.claim_balances import credit_since
from services.claims.lifecycle import ON_ITS_WAY
from services.company_calendar import company_today
from storage.filters import ClaimFilter
from storage.interface import Store
from storage.tables.claims import Claim


async def take_over_charges(store: Store, claims: Sequence[Claim]) -> None:
    """Take the charges of what these claims replace out of the ledger: they go out now."""
    await _move(store, claims, is_replaced=True)


async def give_back_charges(store: Store, claims: Sequence[Claim]) -> None:
    """Put them back: the claims that replaced them came back or were given up."""
    await _move(store, claims, is_replaced=False)


async def _move(store: Store, claims: Sequence[Claim], *, is_replaced: bool) -> None:
    named = sorted(each.replaces_id for each in claims if each.replaces_id is not None)
    if not named:
        return
    found = await store.claims.lock_all(ClaimFilter(ids=named))
    originals = [each for each in found if each.is_replaced is not is_replaced]
    today = await company_today(store)
    moved = [_moved_cents(each, is_replaced=is_replaced) for each in originals]
    await store.ledger_entries.create_many(
        [
            charge_entry(claim, cents, today)
            for claim, cents in zip(originals, moved, strict=True)
            if cents
        ]
    )
    balances = [
        claim.insurance_balance_cents + cents for claim, cents in zip(originals, moved, strict=True)
    ]
    await store.claims.update_many(
        {claim.id: claim.version for claim in originals},
        {
            "is_replaced": [is_replaced] * len(originals),
            "insurance_balance_cents": balances,
            "insurance_credit_since": [
                _credit_since(balance, today, is_replaced=is_replaced) for balance in balances
            ],
        },
    )


def _moved_cents(original: Claim, *, is_replaced: bool) -> int:
    """What moves in the ledger of a claim; nothing where its charge is not in it at all."""
    if original.status not in ON_ITS_WAY:
        return 0
    return -original.total_charge_cents if is_replaced else original.total_charge_cents


def _credit_since(balance_cents: int, today: dt.date, *, is_replaced: bool) -> dt.date | None:
    return None if is_replaced else credit_since(balance_cents, None, today)
