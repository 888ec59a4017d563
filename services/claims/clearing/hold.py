"""Claims that stand in a file on its way: until it is delivered or cancelled, they stay as they
are, so that what the partner gets is what is on record."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.refusals import Refusal
from storage.filters import FiledClaimFilter
from storage.interface import Store
from storage.vocabulary.clearing import FiledClaimStatus

ON_THE_WAY = [FiledClaimStatus.CHOSEN, FiledClaimStatus.PREPARED]


@dataclass
class ClaimInFile(Refusal):
    """The claim may reach its payer any moment as it is."""

    title: ClassVar[str] = "The claim stands in a file that is on its way"
    claim_file_id: UUID

    @property
    def detail(self) -> str:
        return "Wait until the file is delivered, or cancel it first."


async def files_on_the_way(store: Store, claim_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """The file that each of these claims is on its way in. The caller holds the claims."""
    filed = await store.filed_claims.all(
        FiledClaimFilter(claim_ids=list(claim_ids), statuses=ON_THE_WAY)
    )
    return {each.claim_id: each.claim_file_id for each in filed}


async def require_in_no_file(store: Store, claim_id: UUID) -> None:
    """Raises ClaimInFile. The caller holds the claim."""
    held = await files_on_the_way(store, [claim_id])
    if held:
        raise ClaimInFile(held[claim_id])
