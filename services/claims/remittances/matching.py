"""Which claim, payer and line a remittance speaks of. Pure; nothing here is fuzzy.

Order for a claim: CLP01 (our patient control number, unique in a company), then CLP07 or REF*F8
(the payer's number, where it names one claim of ours only). Whatever else is similar is only ever
proposed to a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import msgspec

from services.claims.remittances.settlement import AdjudicationKind, PostedAdjudication
from services.claims.x12.remittance_model import RemittanceClaim, RemittanceLine, TransactionHeader
from storage.tables.claims import Claim, ClaimLine, Payer
from storage.tables.remittances import RemittanceTransaction


class MatchedLine(msgspec.Struct, frozen=True, gc=False):
    """The claim line that an SVC speaks of, and how it was found."""

    claim_line_id: UUID | None
    note: str | None = None


def payer_of(
    sent: TransactionHeader | RemittanceTransaction, payers: Sequence[Payer]
) -> Payer | None:
    """The payer that sent a transaction, by TRN03, then by REF*2U or N104; None when unknown."""
    for payer in payers:
        if payer.remittance_identifier and (
            payer.remittance_identifier == sent.payer_trace_identifier
        ):
            return payer
    named = {sent.payer_additional_identifier, sent.payer_identifier} - {None}
    found = [payer for payer in payers if payer.payer_identifier in named]
    return found[0] if len(found) == 1 else None


def payers_in_turn(claim: Claim) -> tuple[UUID, ...]:
    """The claim's payers, primary first."""
    turn = (claim.primary_payer_id, claim.secondary_payer_id, claim.tertiary_payer_id)
    return tuple(payer_id for payer_id in turn if payer_id is not None)


def payer_sequence(claim: Claim, payer_id: UUID) -> int | None:
    """1 for the primary payer, None when the claim does not know the payer."""
    turn = payers_in_turn(claim)
    return turn.index(payer_id) + 1 if payer_id in turn else None


def payer_claim_numbers(claim: RemittanceClaim) -> tuple[str, ...]:
    """The payer's own numbers that a CLP gives: REF*F8 (the original's) and CLP07."""
    return tuple(n for n in (claim.original_reference, claim.payer_claim_number) if n)


def reversed_by(
    reversal: RemittanceClaim,
    sequence: int,
    posted: Sequence[PostedAdjudication],
    numbers: Mapping[UUID, str | None],
    *,
    is_chosen: bool = False,
) -> PostedAdjudication | None:
    """The posted decision that a CLP with status 22 takes back.

    It is of the same payer, not yet taken back, and the exact opposite in charge, payment and
    every adjustment (X12 RFI 1147, 1429): otherwise a reversal that comes before its original
    would take back another decision of the same amount. Where a person chose the claim
    (``is_chosen``), the adjustments may differ. Between several the same payer claim number
    decides, then the earliest.
    """
    taken_back = {each.reverses for each in posted if each.reverses is not None}
    opposite = {key: -cents for key, cents in adjusted_cents(reversal).items()}
    candidates = [
        each
        for each in posted
        if each.kind is AdjudicationKind.ADJUDICATION
        and each.payer_sequence == sequence
        and each.id not in taken_back
        and each.charge_cents == -reversal.charge_cents
        and each.paid_cents == -reversal.paid_cents
        and (
            is_chosen
            or opposite
            == _by_reason((part.group, part.reason, part.amount_cents) for part in each.adjustments)
        )
    ]
    wanted = set(payer_claim_numbers(reversal))
    return min(
        candidates,
        key=lambda each: (
            numbers.get(each.id) not in wanted,
            each.effective_on,
            each.order_key,
            each.id,
        ),
        default=None,
    )


def adjusted_cents(claim: RemittanceClaim) -> dict[tuple[str, str], int]:
    """What each group and reason sums to over the claim and its lines; nothing that sums to 0."""
    return _by_reason(
        (each.group, each.reason, each.amount_cents)
        for adjustments in (claim.adjustments, *(line.adjustments for line in claim.lines))
        for each in adjustments
    )


def _by_reason(adjustments: Iterable[tuple[str, str, int]]) -> dict[tuple[str, str], int]:
    found: Counter[tuple[str, str]] = Counter()
    for group, reason, cents in adjustments:
        found[group, reason] += cents
    return {key: cents for key, cents in found.items() if cents}


def match_lines(
    lines: Sequence[RemittanceLine], claim_lines: Sequence[ClaimLine]
) -> tuple[MatchedLine, ...]:
    """The claim line of each SVC; a claim line is used once.

    REF*6R first; then procedure (as submitted, where the payer recoded it), service date and
    charge (which a reversal negates), with the modifiers as submitted; then the same without the
    modifiers, which payers drop (flagged ``modifiers_differ``).
    """
    left = list(claim_lines)
    found: list[MatchedLine | None] = [None] * len(lines)
    passes = (_by_control_number, _by_service, _by_service_without_modifiers)
    for matches, note in zip(passes, (None, None, "modifiers_differ"), strict=True):
        for at, line in enumerate(lines):
            if found[at] is not None:
                continue
            place = next((n for n, each in enumerate(left) if matches(line, each)), None)
            if place is not None:
                found[at] = MatchedLine(left.pop(place).id, note)
    unmatched = MatchedLine(None, "no_such_line" if claim_lines else None)
    return tuple(each or unmatched for each in found)


def _by_control_number(line: RemittanceLine, claim_line: ClaimLine) -> bool:
    return line.line_control_number == claim_line.line_control_number


def _by_service(line: RemittanceLine, claim_line: ClaimLine) -> bool:
    return _by_service_without_modifiers(line, claim_line) and sorted(line.modifiers) == sorted(
        claim_line.modifiers
    )


def _by_service_without_modifiers(line: RemittanceLine, claim_line: ClaimLine) -> bool:
    return (
        (line.submitted_procedure_code or line.procedure_code) == claim_line.procedure_code
        and abs(line.charge_cents) == claim_line.charge_cents
        and line.service_from in (None, claim_line.service_date)
    )
