"""Numbers of another installation are kept, and the company's own go on above them."""

from uuid import UUID

from storage.interface import Store

PREFIXES = {
    "claim": "CLM-",
    "claim_batch": "BATCH-",
    "policy": "POL-",
    "regulatory_audit": "AUD-",
}
"""The counters of numbers that the original gave too, and how those begin."""

HIGHEST = 999_999_999
"""What is higher was a moment in milliseconds and no count."""


async def start_above(store: Store, import_id: UUID) -> None:
    """Have the counters go on above the highest number that an import has placed."""
    for counter, prefix in PREFIXES.items():
        highest = await store.import_lookups.highest_number(
            import_id=import_id, prefix=prefix, below=HIGHEST
        )
        if highest is None:
            continue
        last = await store.numbers.take(counter)
        if last <= highest:
            await store.numbers.take(counter, highest - last)
