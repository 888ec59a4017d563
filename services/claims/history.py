"""Everything that ever happened to a claim, newest first."""

from uuid import UUID

from storage.filters import (
    AdjudicationFilter,
    AuditFilter,
    ByClaim,
    ClaimAppealFilter,
    DenialFilter,
    LedgerFilter,
)
from storage.interface import Page, Store
from storage.tables.claims import ClaimAcknowledgement, ClaimTransmission
from storage.tables.ledger import Adjudication, LedgerEntry
from storage.tables.trail import AuditEntry

HistoryEntry = AuditEntry | Adjudication | LedgerEntry | ClaimTransmission | ClaimAcknowledgement


async def claim_history(
    store: Store, claim_id: UUID, *, limit: int, after: UUID | None
) -> Page[HistoryEntry]:
    """Changes of the claim, its lines (removed ones too), appeals and denials, with what was sent,
    acknowledged, decided and booked. Raises RowNotFound.

    Each source is read for one page and they are merged by id, which is the order of events; the
    number of statements does not depend on the claim.
    """
    claim = await store.claims.get(claim_id)
    parts = [
        claim_id,
        *claim.removed_line_ids,
        *(line.id for line in await store.claim_lines.all(ByClaim(claim_id=claim_id))),
        *(each.id for each in await store.claim_appeals.all(ClaimAppealFilter(claim_id=claim_id))),
        *(each.id for each in await store.denials.all(DenialFilter(claim_id=claim_id))),
    ]
    by_claim = ByClaim(claim_id=claim_id)
    pages: list[Page[HistoryEntry]] = [
        await store.audit_log.list(AuditFilter(entity_ids=parts), limit=limit, after=after),
        await store.adjudications.list(
            AdjudicationFilter(claim_id=claim_id), limit=limit, after=after
        ),
        await store.ledger_entries.list(LedgerFilter(claim_id=claim_id), limit=limit, after=after),
        await store.claim_transmissions.list(by_claim, limit=limit, after=after),
        await store.claim_acknowledgements.list(by_claim, limit=limit, after=after),
    ]
    entries = [entry for page in pages for entry in page.rows]
    entries.sort(key=lambda entry: entry.id, reverse=True)
    shown = entries[:limit]
    has_more = len(entries) > limit or any(page.next_after is not None for page in pages)
    return Page(shown, shown[-1].id if has_more else None)
