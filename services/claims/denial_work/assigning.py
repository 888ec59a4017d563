"""Whose work a denial is: taken by oneself, assigned by somebody else, given back."""

from collections.abc import Sequence
from uuid import UUID

from services.claims.taken_work import Worklist
from services.inputs import Input
from storage.filters import DenialFilter
from storage.interface import Store
from storage.tables.ledger import Denial
from storage.vocabulary.claims import DenialStatus


class DenialAssignment(Input):
    """Who is to work the denial."""

    person_id: UUID


def _legal(denial: Denial) -> list[str]:
    return ["open"] if denial.status is DenialStatus.RESOLVED else []


async def _open_of(store: Store, person_id: UUID) -> Sequence[Denial]:
    return await store.denials.lock_all(
        DenialFilter(assigned_person_id=person_id, status=DenialStatus.OPEN)
    )


DENIALS = Worklist[Denial](
    name="denial",
    entity="denials",
    rows=lambda store: store.denials,
    open_of=_open_of,
    legal_moves=_legal,
)
