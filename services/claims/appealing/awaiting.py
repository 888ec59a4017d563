"""What a denial waits for once its appeal is with the payer: an answer, then the money.

While it does, the last day to appeal presses nobody any more; what does is that no answer comes.
"""

import datetime as dt

from services.claims.appealing.deadlines import DEADLINES, DueDate, due_of
from services.claims.appealing.drafting import denials_of
from services.claims.appealing.levels import level_of
from storage.filters import ByAppeal
from storage.interface import Store
from storage.tables.appeals import ClaimAppeal
from storage.tables.ledger import Denial
from storage.vocabulary.appeals import AppealStatus
from storage.vocabulary.claims import DenialStatus

WITH_THE_PAYER = frozenset({AppealStatus.SUBMITTED, AppealStatus.PENDING, AppealStatus.OVERTURNED})
"""States in which the payer is to answer, or to pay."""


async def await_answer(store: Store, appeal: ClaimAppeal, sent_on: dt.date) -> None:
    """It went out: its denials are due when the payer should have answered."""
    due = DEADLINES.answer_due(sent_on)
    what = f"Level {appeal.level} was appealed on {sent_on}: ask the payer for its answer"
    await make_due(store, appeal, due, f"{what} if none has come by {due.due_on}")


async def await_payment(store: Store, appeal: ClaimAppeal, answered_on: dt.date) -> None:
    """It was won: its denials are due when the money should have come."""
    due = DEADLINES.answer_due(answered_on)
    what = f"The payer overturned it on {answered_on}: ask for the remittance that pays it"
    await make_due(store, appeal, due, f"{what} if none has come by {due.due_on}")


async def take_up_again(store: Store, appeal: ClaimAppeal) -> None:
    """It was withdrawn after it had gone out: the days of its level count, by the rules that hold
    now."""
    if appeal.started_on is None:
        return
    level = await level_of(store, appeal, appeal.level, appeal.started_on)
    if level is None:
        return
    due = due_of(level, appeal.started_on)
    what = f"Its appeal was withdrawn: appeal level {appeal.level} until {due.due_on}"
    await make_due(store, appeal, due, f"{what}, or end the work on it")


async def not_with_the_payer(store: Store, denials: list[Denial]) -> list[Denial]:
    """Those of which no appeal is being answered or paid."""
    links = await store.appeal_denials.all(ByAppeal(denial_ids=[each.id for each in denials]))
    appeals = await store.claim_appeals.get_many(sorted({each.appeal_id for each in links}))
    out = {each.id for each in appeals if each.status in WITH_THE_PAYER}
    waiting = {each.denial_id for each in links if each.appeal_id in out}
    return [each for each in denials if each.id not in waiting]


async def make_due(
    store: Store, appeal: ClaimAppeal, due: DueDate, next_action: str, **level: object
) -> None:
    """Give the open denials of an appeal a day and what to do until it; ``level`` are columns of
    theirs that change with it."""
    denials = [
        each for each in await denials_of(store, appeal.id) if each.status is DenialStatus.OPEN
    ]
    count = len(denials)
    await store.denials.update_many(
        {each.id: each.version for each in denials},
        {
            "due_on": [due.due_on] * count,
            "due_is_verified": [due.is_verified] * count,
            "due_source": [due.source] * count,
            "next_action": [next_action] * count,
            **{column: [value] * count for column, value in level.items()},
        },
    )
