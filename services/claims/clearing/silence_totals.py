"""How much should have been answered by now in the whole installation, by kind; never by company,
partner, payer or patient."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from services.claims.clearing.silence import Silence, overdue_answers
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor, IStorage
from storage.vocabulary.clearing import SilenceKind


@dataclass(frozen=True)
class SilenceTotal:
    """What of one kind has not come: to how many files or of how many payers, about how many
    claims, and for how long the oldest was waited for."""

    things: int
    claims: int
    oldest_seconds: float


async def measure_silences(
    storage: IStorage, company_ids: Iterable[UUID], now: dt.datetime
) -> Mapping[SilenceKind, SilenceTotal]:
    """Look at every company, one after another; a kind of which nothing is overdue is zero."""
    found: dict[SilenceKind, list[Silence]] = defaultdict(list)
    for company_id in company_ids:
        actor = Actor(SYSTEM_ACTOR_ID, new_id())
        async with storage.transaction(company_id, actor, durable=False) as store:
            for each in (await overdue_answers(store)).silences:
                found[each.kind].append(each)
    return {kind: _total(found[kind], now) for kind in SilenceKind}


def _total(silences: list[Silence], now: dt.datetime) -> SilenceTotal:
    oldest = min((each.since for each in silences), default=now)
    return SilenceTotal(
        things=len(silences),
        claims=sum(each.claim_count for each in silences),
        oldest_seconds=(now - oldest).total_seconds(),
    )
