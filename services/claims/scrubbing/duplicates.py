"""Which claims ask for what was asked for before, read off their rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

from services.claims.claims import ClaimWithLines, with_lines
from services.claims.lifecycle import ON_ITS_WAY
from storage.filters import ClaimFilter
from storage.interface import Store
from storage.tables.claims import Claim
from storage.vocabulary.claims import ClaimStatus

_BILLED = ON_ITS_WAY | {ClaimStatus.READY_TO_SUBMIT}


async def sent_before(store: Store, claims: Sequence[ClaimWithLines]) -> set[UUID]:
    """Those whose services another claim of the patient bills that went out and still stands, or is
    ready to: two that are ready go out in one file.

    Takes two statements.
    """
    if not claims:
        return set()
    days = [each.claim.service_date for each in claims]
    others = await store.claims.all(
        ClaimFilter(
            patient_ids=sorted({each.claim.patient_id for each in claims}),
            service_from=min(days),
            service_until=max(days),
        )
    )
    wanted = {_outline(each.claim) for each in claims}
    likely = [each for each in others if each.status in _BILLED and _outline(each) in wanted]
    sent: dict[tuple[object, ...], set[UUID]] = {}
    for other in await with_lines(store, likely):
        sent.setdefault(_services(other), set()).add(other.claim.id)
    return {each.claim.id for each in claims if sent.get(_services(each), set()) - {each.claim.id}}


async def wait_to_bill(store: Store, claims: Iterable[Claim]) -> None:
    """Make claims wait for others of the same patients that are being declared complete: of two
    that repeat each other, only one is."""
    await store.wait_for_locks({f"bill/{claim.patient_id}" for claim in claims})


def rounds(claims: Iterable[Claim]) -> list[list[Claim]]:
    """Claims in rounds, none of which has two that might repeat each other: so that those of the
    next can be held against what became of those before."""
    seen: Counter[tuple[object, ...]] = Counter()
    found: list[list[Claim]] = []
    for claim in claims:
        outline = _outline(claim)
        if seen[outline] == len(found):
            found.append([])
        found[seen[outline]].append(claim)
        seen[outline] += 1
    return found


def _outline(claim: Claim) -> tuple[object, ...]:
    return (
        claim.patient_id,
        claim.billing_provider_id,
        claim.subscriber_id,
        claim.service_date,
        claim.total_charge_cents,
    )


def _services(whole: ClaimWithLines) -> tuple[object, ...]:
    lines: Iterable[tuple[object, ...]] = (
        (line.procedure_code, *sorted(line.modifiers), str(line.service_date), str(line.units))
        for line in whole.lines
    )
    return (_outline(whole.claim), tuple(sorted(lines, key=repr)))
