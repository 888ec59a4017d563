"""Numbers of another installation are kept, and the company's own go on above them."""

from uuid import UUID

from storage.interface import Store

NUMBERED = {
    "audits": ("regulatory_audit", "AUD-"),
    "batches": ("claim_batch", "BATCH-"),
    "claims": ("claim", "CLM-"),
    "policyDocuments": ("policy", "POL-"),
}
"""The maps whose numbers the original gave too: our counter, and how its numbers began."""

HIGHEST = 999_999_999
"""What is higher was a moment in milliseconds and no count."""


async def start_above(store: Store, import_id: UUID, map_name: str) -> None:
    """Have a map's counter go on above the highest number that an import places. It belongs to the
    transaction that places them, so that no number is given twice wherever an import breaks off."""
    if map_name not in NUMBERED:
        return
    counter, prefix = NUMBERED[map_name]
    highest = await store.import_lookups.highest_number(
        import_id=import_id, map_name=map_name, prefix=prefix, below=HIGHEST
    )
    if highest is None:
        return
    last = await store.numbers.take(counter)
    if last <= highest:
        await store.numbers.take(counter, highest - last)
