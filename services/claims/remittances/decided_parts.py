"""The lines and adjustments of payers' decisions, by decision."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from storage.filters import ByAdjudication
from storage.interface import Store
from storage.tables.ledger import Adjudication, AdjudicationAdjustment, AdjudicationLine


@dataclass(frozen=True)
class DecidedParts:
    """By the decision's id; one without any has none there."""

    lines: defaultdict[UUID, list[AdjudicationLine]]
    adjustments: defaultdict[UUID, list[AdjudicationAdjustment]]


async def decided_parts(store: Store, adjudications: Sequence[Adjudication]) -> DecidedParts:
    """What the decisions say of lines, and every adjustment, in two statements."""
    of_these = ByAdjudication(adjudication_ids=[each.id for each in adjudications])
    parts = DecidedParts(defaultdict(list), defaultdict(list))
    for line in await store.adjudication_lines.all(of_these):
        parts.lines[line.adjudication_id].append(line)
    for adjustment in await store.adjudication_adjustments.all(of_these):
        parts.adjustments[adjustment.adjudication_id].append(adjustment)
    return parts
