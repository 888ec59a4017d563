"""Who a claim is about and who is to pay it: the references, checked before a row is written."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from uuid import UUID

from services.refusals import Fault
from storage.interface import Store
from storage.tables.claims import Patient, Payer

_UNKNOWN = "names nothing that exists"


@dataclass(frozen=True)
class Parties:
    """The patient of a claim and its payers in their order."""

    patient_id: UUID
    primary_payer_id: UUID
    secondary_payer_id: UUID | None
    tertiary_payer_id: UUID | None

    @property
    def payers(self) -> dict[str, UUID]:
        """The payers that are named, by field."""
        named = {
            "primary_payer_id": self.primary_payer_id,
            "secondary_payer_id": self.secondary_payer_id,
            "tertiary_payer_id": self.tertiary_payer_id,
        }
        return {field: payer_id for field, payer_id in named.items() if payer_id is not None}


PARTY_FIELDS = frozenset(field.name for field in fields(Parties))


@dataclass(frozen=True)
class KnownParties:
    """The patients and payers of the company that some claims name."""

    patients: dict[UUID, Patient]
    payers: dict[UUID, Payer]

    def faults(self, parties: Parties, *, changed: Collection[str] = PARTY_FIELDS) -> list[Fault]:
        """What is wrong with the parties of one claim.

        A payer that is no longer active is a fault only where it was ``changed``.
        """
        found = []
        if parties.patient_id not in self.patients:
            found.append(Fault("/patient_id", _UNKNOWN))
        for field, payer_id in parties.payers.items():
            payer = self.payers.get(payer_id)
            if payer is None:
                found.append(Fault(f"/{field}", _UNKNOWN))
            elif not payer.is_active and field in changed:
                found.append(Fault(f"/{field}", "is a payer that is not active any more"))
        return found + _order_faults(parties)


async def known_parties(store: Store, named: Sequence[Parties]) -> KnownParties:
    """What exists of the patients and payers that are named, by two statements."""
    patients = await store.patients.get_many(sorted({each.patient_id for each in named}))
    payer_ids = {payer_id for each in named for payer_id in each.payers.values()}
    payers = await store.payers.get_many(sorted(payer_ids))
    return KnownParties(
        {patient.id: patient for patient in patients}, {payer.id: payer for payer in payers}
    )


def _order_faults(parties: Parties) -> list[Fault]:
    found = []
    seen: set[UUID] = set()
    for field, payer_id in parties.payers.items():
        if payer_id in seen:
            found.append(Fault(f"/{field}", "names a payer that comes earlier already"))
        seen.add(payer_id)
    if parties.tertiary_payer_id is not None and parties.secondary_payer_id is None:
        found.append(Fault("/secondary_payer_id", "is needed where there is a tertiary payer"))
    return found
