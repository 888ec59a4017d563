"""The numbers of claims and batches: for people, for payers, and for lines."""

import secrets
import string

from storage.interface import Store

CONTROL_NUMBER_LENGTH = 17
_CONTROL_NUMBER_ALPHABET = string.ascii_uppercase + string.digits


async def take_claim_numbers(store: Store, count: int = 1) -> list[str]:
    """``CLM-000001`` and so on: the company's own, rising, gaps allowed."""
    first = await store.numbers.take("claim", count)
    return [f"CLM-{number:06}" for number in range(first, first + count)]


async def take_batch_number(store: Store) -> str:
    """``BATCH-000001`` and so on."""
    return f"BATCH-{await store.numbers.take('claim_batch'):06}"


def patient_control_number() -> str:
    """A fresh CLM01: 17 random capitals and digits, so that it tells nobody anything.

    Payers give it back as CLP01; random ones never match another patient's by mistake.
    """
    return "".join(secrets.choice(_CONTROL_NUMBER_ALPHABET) for _ in range(CONTROL_NUMBER_LENGTH))


def line_control_number(patient_control_number: str, line_number: int) -> str:
    """REF*6R of a line: unique in the company, at most 30 characters, never given out again."""
    return f"{patient_control_number}L{line_number}"
