"""Every worklist whose items people take. A new one is a ``Worklist`` and a line here."""

from uuid import UUID

from services.claims.contracts.underpayments import UNDERPAYMENTS
from services.claims.denial_work.assigning import DENIALS
from storage.interface import Store


async def give_back_all(store: Store, person_id: UUID) -> None:
    """Let whatever somebody has who is leaving be nobody's again. The caller holds their row."""
    await DENIALS.give_back_all(store, person_id)
    await UNDERPAYMENTS.give_back_all(store, person_id)
