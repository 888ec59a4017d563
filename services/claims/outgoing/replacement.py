"""What a corrected or void claim is to the payer that it goes to. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from services.claims.outgoing.lacks import Lacks
from services.claims.outgoing.parties import Insured
from services.claims.outgoing.records import Records
from services.claims.x12.claim_model import Frequency
from storage.tables.claims import Claim


@dataclass(frozen=True)
class Replacement:
    """CLM05-3, and the payer's own number of what is replaced (REF*F8)."""

    frequency: Frequency
    payer_claim_number: str | None


def replaced_at(claim: Claim, asked: Insured, records: Records, lacks: Lacks) -> Replacement:
    """Each payer knows the original by a number of its own; to one that never had it, the
    corrected claim is an original."""
    if claim.replaces_id is None:
        return Replacement(_of_original(claim), None)
    number = _number_at(asked, records.replaced[claim.replaces_id], records)
    if number is None and asked.sequence > 1:
        return Replacement(_of_original(claim), None)
    if number is None:
        message = "names a claim of which the payer's number is not known; record it there"
        lacks.add("/replaces_id", message, "payer_claim_number_missing")
    return Replacement(Frequency(claim.frequency), number)


def _of_original(claim: Claim) -> Frequency:
    """The first claim of its services, or the part of a stay that it bills."""
    interim = None if claim.institutional is None else claim.institutional.interim
    return Frequency.ORIGINAL if interim is None else Frequency(interim)


def _number_at(asked: Insured, original: Claim, records: Records) -> str | None:
    """The number that the payer gave last."""
    given = [
        each.adjudication.payer_claim_number
        for each in records.decided.get(original.id, [])
        if each.adjudication.payer_id == asked.payer.id and each.adjudication.reverses_id is None
    ]
    for number in reversed(given):
        if number:
            return number
    return original.payer_claim_number if asked.payer.id == original.primary_payer_id else None
