"""One decision of a payer is posted to a claim's book. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from services.claims.ledger.books import Arrival, Book, NewDenial, Source, Writing
from services.claims.remittances.denials import denials_of
from services.claims.remittances.matching import MatchedLine, match_lines, payer_sequence
from services.claims.remittances.outcomes import UNDECIDED_OUTCOMES, claim_status, line_outcome
from services.claims.remittances.settlement import (
    AdjudicationKind,
    PostedAdjudication,
    PostedAdjustment,
    ledger_deltas,
    settle,
)
from services.claims.x12.elements import quantity_from
from services.claims.x12.remittance_model import Adjustment, RemittanceClaim
from storage.identifiers import new_id
from storage.tables.ledger import AdjudicationFields, AdjudicationLineFields, AdjustmentFields
from storage.vocabulary.claims import AdjustmentLevel, LedgerKind


def post(arrival: Arrival, book: Book, writing: Writing) -> None:
    """Post one arrival, to which nothing is an obstacle, and settle the claim anew."""
    content, source = arrival.content, arrival.source
    assert source.payer is not None
    sequence = payer_sequence(book.claim, source.payer.id)
    assert sequence is not None
    adjudication_id = new_id()
    reversed_decision = book.reversed_by(arrival, sequence) if arrival.is_reversal else None
    adjustments = _adjustments(content, adjudication_id, writing)
    decision = arrival.decision(
        adjudication_id,
        sequence,
        adjustments,
        reverses=reversed_decision.id if reversed_decision is not None else None,
    )
    status = claim_status(content.status_code)
    if status.is_forwarded:
        book.forwarding[adjudication_id] = sequence
    writing.adjudications[adjudication_id] = AdjudicationFields(
        claim_id=book.claim.id,
        patient_id=book.claim.patient_id,
        transaction_id=source.transaction.id,
        exception_id=arrival.exception.id if arrival.exception is not None else None,
        payer_id=source.payer.id,
        payer_sequence=sequence,
        claim_ordinal=content.ordinal,
        position=content.position,
        status_code=content.status_code,
        is_forwarded=status.is_forwarded,
        outcome=decision.outcome,
        reverses_id=decision.reverses,
        effective_on=source.effective_on,
        order_key=arrival.order_key,
        charge_cents=content.charge_cents,
        paid_cents=content.paid_cents,
        patient_responsibility_cents=sum(
            each.amount_cents for each in adjustments if each.group == "PR"
        ),
        payer_claim_number=content.payer_claim_number,
        remark_codes=list(content.remark_codes),
    )
    matches = match_lines(content.lines, book.lines)
    _write_lines(content, decision, matches, source, writing)
    _write_denials(arrival, decision, matches, book, writing)
    if arrival.exception is not None:
        writing.move(
            LedgerKind.UNAPPLIED,
            -content.paid_cents,
            source,
            exception_id=arrival.exception.id,
        )
    book.enter(decision, content.payer_claim_number)
    if sequence == 1 and content.payer_claim_number and not arrival.is_reversal:
        book.payer_claim_number = content.payer_claim_number
    book.last_adjudicated_on = max(source.effective_on, book.last_adjudicated_on or dt.date.min)
    _settle(book, source, writing)


def _settle(book: Book, source: Source, writing: Writing) -> None:
    book.settlement = settle(book.under_settlement, book.adjudications)
    for delta in ledger_deltas(book.settlement, book.ledger):
        key = delta.key
        writing.move(
            key.kind,
            delta.amount_cents,
            source,
            claim_id=book.claim.id,
            adjudication_id=key.adjudication_id,
            adjustment_id=key.adjustment_id,
        )
        book.ledger[key] = book.ledger.get(key, 0) + delta.amount_cents


def _adjustments(
    content: RemittanceClaim, adjudication_id: UUID, writing: Writing
) -> tuple[PostedAdjustment, ...]:
    """Write every adjustment as received, claim level first, and return them for settlement."""
    found: list[tuple[AdjustmentLevel, int | None, Adjustment]] = [
        (AdjustmentLevel.CLAIM, None, each) for each in content.adjustments
    ]
    for number, line in enumerate(content.lines, start=1):
        found += [(AdjustmentLevel.LINE, number, each) for each in line.adjustments]
    posted = []
    for ordinal, (level, line_ordinal, each) in enumerate(found, start=1):
        adjustment_id = new_id()
        writing.adjustments[adjustment_id] = AdjustmentFields(
            adjudication_id=adjudication_id,
            level=level,
            line_ordinal=line_ordinal,
            ordinal=ordinal,
            group_code=each.group,
            reason_code=each.reason,
            amount_cents=each.amount_cents,
            quantity=each.quantity,
        )
        posted.append(PostedAdjustment(adjustment_id, each.group, each.reason, each.amount_cents))
    return tuple(posted)


def _write_lines(
    content: RemittanceClaim,
    decision: PostedAdjudication,
    matches: Sequence[MatchedLine],
    source: Source,
    writing: Writing,
) -> None:
    decides = (
        decision.kind is AdjudicationKind.ADJUDICATION
        and decision.outcome not in UNDECIDED_OUTCOMES
    )
    for ordinal, (line, match) in enumerate(zip(content.lines, matches, strict=True), start=1):
        writing.lines.append(
            AdjudicationLineFields(
                adjudication_id=decision.id,
                ordinal=ordinal,
                claim_line_id=match.claim_line_id,
                match_note=match.note,
                procedure_code=line.procedure_code,
                modifiers=list(line.modifiers),
                outcome=line_outcome(line, source.effective_on) if decides else decision.outcome,
                charge_cents=line.charge_cents,
                paid_cents=line.paid_cents,
                allowed_cents=line.allowed_cents,
                paid_units=quantity_from(line.paid_units or ""),
                submitted_units=quantity_from(line.submitted_units or ""),
                submitted_procedure_code=line.submitted_procedure_code,
                line_control_number=line.line_control_number,
                remark_codes=list(line.remark_codes),
            )
        )


def _write_denials(
    arrival: Arrival,
    decision: PostedAdjudication,
    matches: Sequence[MatchedLine],
    book: Book,
    writing: Writing,
) -> None:
    source = arrival.source
    assert source.payer is not None
    if arrival.is_reversal:
        return
    for each in denials_of(arrival.content, source.effective_on):
        line_ordinal = each.line_ordinal
        matched = None if line_ordinal is None else matches[line_ordinal - 1].claim_line_id
        writing.denials.append(
            NewDenial(each, book.claim, decision.id, matched, source.payer, source)
        )
