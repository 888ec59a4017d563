"""The levels of one appeal's ladder."""

import datetime as dt

from services.claims.appealing.deadlines import Ladder, Level
from storage.filters import AppealRuleFilter
from storage.interface import Store
from storage.tables.appeals import ClaimAppeal


async def level_of(store: Store, appeal: ClaimAppeal, number: int, on: dt.date) -> Level | None:
    """A level of the appeal's ladder whose days begin on a day, by the rules that hold now."""
    payer = await store.payers.get(appeal.payer_id)
    claim = await store.claims.get(appeal.claim_id)
    rules = await store.appeal_rules.all(AppealRuleFilter(payer_id=payer.id))
    ladder = Ladder(payer.id, payer.type, rules)
    return ladder.level(number, on=on, claim_type=claim.type, plan=appeal.plan)
