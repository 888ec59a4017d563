"""What does not add up in a remittance on paper, by where it was typed. Pure.

The gates are those of every 835 (``balancing``), asked of the very file that would be handed in.
"""

from __future__ import annotations

from dataclasses import dataclass

from services.claims.remittances.balancing import Gate, check_claim, transaction_difference_cents
from services.claims.x12.remittance_model import (
    RemittanceClaim,
    TransactionEnd,
    TransactionHeader,
)
from services.claims.x12.remittance_reader import read_remittances


@dataclass(frozen=True)
class Difference:
    """One level that does not add up: where, and what the charges less the adjustments leave of it
    less what was paid."""

    pointer: str
    gate: Gate
    difference_cents: int


def differences_of(content: bytes) -> list[Difference]:
    """Every level that does not add up, lines and claims first, the payment last."""
    found: list[Difference] = []
    header: TransactionHeader | None = None
    for event in read_remittances([content]):
        match event:
            case TransactionHeader():
                header = event
            case RemittanceClaim():
                found += _of_claim(event)
            case TransactionEnd() if header is not None:
                cents = transaction_difference_cents(header, event)
                if cents:
                    found.append(Difference("/payment_cents", Gate.TRANSACTION, cents))
            case _:
                pass
    return found


def _of_claim(claim: RemittanceClaim) -> list[Difference]:
    claim_pointer = f"/content/claims/{claim.ordinal - 1}"
    lines = {line.position: at for at, line in enumerate(claim.lines)}
    return [
        Difference(
            f"{claim_pointer}/lines/{lines[each.position]}"
            if each.gate is Gate.LINE
            else claim_pointer,
            each.gate,
            each.difference_cents,
        )
        for each in check_claim(claim)
    ]
