"""A claim's charge as a ledger entry, and whose ledger it stands in."""

import datetime as dt
from collections.abc import Mapping
from uuid import UUID

from storage.tables.claims import Claim
from storage.tables.ledger import LedgerFields
from storage.vocabulary.billing import ClaimFrequency
from storage.vocabulary.claims import LEDGER_ACCOUNTS, LedgerKind


def booked_cents(claim: Claim) -> int:
    """What of its charge a claim has in the ledger while it is on its way.

    Nothing of one whose charge a corrected claim carries, and nothing of a void claim.
    """
    if claim.is_replaced or claim.frequency is ClaimFrequency.VOID:
        return 0
    return claim.total_charge_cents


def charge_entry(claim: Claim, amount_cents: int, effective_on: dt.date) -> LedgerFields:
    """The charge going in, or with a negative amount out again."""
    return LedgerFields.model_validate(
        charge_of(claim.id, claim.primary_payer_id, amount_cents, effective_on)
    )


def charge_of(
    claim_id: UUID, payer_id: UUID, amount_cents: int, effective_on: dt.date
) -> Mapping[str, object]:
    """The fields of ``charge_entry`` for a claim that is not at hand as a row, unchecked."""
    debit, credit = LEDGER_ACCOUNTS[LedgerKind.CHARGE]
    return {
        "kind": LedgerKind.CHARGE,
        "debit_account": debit,
        "credit_account": credit,
        "amount_cents": amount_cents,
        "effective_on": effective_on,
        "claim_id": claim_id,
        "payer_id": payer_id,
    }
