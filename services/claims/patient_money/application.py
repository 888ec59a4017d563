"""How a payment may be applied to claims. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.claims.patient_money.inputs import Application
from services.refusals import Fault, Refusal
from storage.tables.claims import Claim


@dataclass
class ExceedsPatientBalance(Refusal):
    """More would be applied to a claim than its patient owes on it."""

    title: ClassVar[str] = "More would be applied than the patient owes on the claim"
    claim_id: UUID
    patient_balance_cents: int
    wanted_cents: int

    @property
    def detail(self) -> str:
        return (
            f"The patient owes {self.patient_balance_cents} cents on it besides what this payment"
            f" pays, and {self.wanted_cents} were to be applied. Leave the rest unapplied."
        )


@dataclass
class ExceedsPayment(Refusal):
    """More would be applied than is left of the payment."""

    title: ClassVar[str] = "More would be applied than was received"
    available_cents: int
    wanted_cents: int


def faults_of(
    applications: Sequence[Application], claims: Mapping[UUID, Claim], patient_id: UUID
) -> list[Fault]:
    """What is wrong with the claims named: given twice, or not this patient's."""
    counted = Counter(each.claim_id for each in applications)
    faults = []
    for at, each in enumerate(applications):
        claim = claims.get(each.claim_id)
        if claim is None or claim.patient_id != patient_id:
            faults.append(Fault(f"/applications/{at}/claim_id", "names no claim of this patient"))
        elif counted[each.claim_id] > 1:
            faults.append(Fault(f"/applications/{at}/claim_id", "stands here more than once"))
    return faults


def changes_of(
    current: Mapping[UUID, int],
    wanted: Mapping[UUID, int],
    claims: Mapping[UUID, Claim],
    *,
    available_cents: int,
) -> dict[UUID, int]:
    """What moves on each claim so that the payment is applied as wanted; nothing that is 0.

    Raises ExceedsPayment, ExceedsPatientBalance.
    """
    total = sum(wanted.values())
    if total > available_cents:
        raise ExceedsPayment(available_cents, total)
    changes = {
        claim_id: wanted.get(claim_id, 0) - current.get(claim_id, 0)
        for claim_id in sorted({*current, *wanted})
    }
    for claim_id, change in changes.items():
        owed = claims[claim_id].patient_balance_cents
        if change > 0 and change > owed:
            mine = current.get(claim_id, 0)
            raise ExceedsPatientBalance(claim_id, owed + mine, wanted[claim_id])
    return {claim_id: change for claim_id, change in changes.items() if change}
