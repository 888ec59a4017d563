"""Errors that a 999 tells by their place alone, traced to claims in the bytes that we kept."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from services.claims.clearing.file_verdicts import FileVerdict, blaming
from services.claims.x12.acknowledgement_decisions import Reason
from services.claims.x12.claim_places import claims_at
from services.files.reading import FileNotKept, ReadableFile, readable
from storage.files import FileVault
from storage.interface import Store
from storage.vocabulary.clearing import AcknowledgementStanding, WaitingReason


async def placed(
    store: Store, vault: FileVault, verdicts: Sequence[FileVerdict]
) -> list[FileVerdict]:
    """Verdicts that blame the claims which their errors are in. A file of which a part was taken,
    nobody can say which, waits for a person. One whose bytes are not kept any more blames only
    those that the answer names."""
    return [
        _decided(await _placed(store, vault, each) if each.moves_to is not None else each)
        for each in verdicts
    ]


async def _placed(store: Store, vault: FileVault, verdict: FileVerdict) -> FileVerdict:
    file = verdict.file
    reasons = [each for each in verdict.reasons if each.segment_position is not None]
    if not reasons or file is None or file.file_id is None or file.set_control_number is None:
        return verdict
    kept = await _kept(store, file.file_id)
    if kept is None:
        return verdict
    claims = await asyncio.to_thread(
        claims_at, vault.read(kept.key), file.set_control_number, reasons
    )
    found: dict[str, list[Reason]] = defaultdict(list)
    for reason, numbers in zip(reasons, claims, strict=True):
        for number in numbers:
            found[number].append(reason)
    return blaming(verdict, found)


async def _kept(store: Store, file_id: UUID) -> ReadableFile | None:
    try:
        return await readable(store, file_id)
    except FileNotKept:
        return None


def _decided(verdict: FileVerdict) -> FileVerdict:
    if not verdict.is_partial or verdict.blamed or verdict.moves_to is None:
        return verdict
    return replace(
        verdict,
        standing=AcknowledgementStanding.UNDECIDED,
        detail=f"{verdict.detail}; it does not say for which claims"[:500],
        moves_to=None,
        waits=WaitingReason.UNDECIDED,
    )
