"""One claim's book while remittances are posted to it, and what is to be written. Pure.

Nothing is ever invented to make anything balance: what cannot be posted is an ``Obstacle``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from services.claims.ledger.charges import booked_cents
from services.claims.record_limits import overlong_element
from services.claims.remittances.balancing import check_claim
from services.claims.remittances.denials import LineDenial, denials_of
from services.claims.remittances.matching import (
    MatchedLine,
    match_lines,
    payer_sequence,
    payers_in_turn,
    reversed_by,
)
from services.claims.remittances.outcomes import (
    UNDECIDED_OUTCOMES,
    ClaimStatusMeaning,
    claim_outcome,
    claim_status,
    line_outcome,
)
from services.claims.remittances.settlement import (
    AdjudicationKind,
    ClaimUnderSettlement,
    LedgerKey,
    PostedAdjudication,
    PostedAdjustment,
    Settlement,
    exceeds_claim_charge,
    ledger_deltas,
    settle,
)
from services.claims.x12.elements import quantity_from
from services.claims.x12.remittance_model import Adjustment, RemittanceClaim
from storage.identifiers import new_id
from storage.tables.claims import Claim, ClaimLine, Payer
from storage.tables.ledger import (
    AdjudicationFields,
    AdjudicationLineFields,
    AdjustmentFields,
    LedgerFields,
)
from storage.tables.remittances import RemittanceException, RemittanceTransaction
from storage.vocabulary.billing import ClaimFrequency
from storage.vocabulary.claims import (
    LEDGER_ACCOUNTS,
    AdjudicationOutcome,
    AdjustmentLevel,
    ClaimStatus,
    ExceptionKind,
    LedgerKind,
)

REVERSAL = "22"
_UNDECIDED = frozenset({ClaimStatusMeaning.NOT_OUR_CLAIM, ClaimStatusMeaning.PREDETERMINATION})
_ON_ITS_WAY = frozenset({ClaimStatus.SUBMITTED, ClaimStatus.ACCEPTED})


@dataclass(frozen=True)
class Source:
    """The transaction that a claim came in, and the payer that sent it (None: not registered)."""

    transaction: RemittanceTransaction
    payer: Payer | None

    @cached_property
    def effective_on(self) -> dt.date:
        """The payment date, or else the day the transaction came."""
        return self.transaction.payment_date or self.transaction.created_at.date()


@dataclass(frozen=True)
class Arrival:
    """One CLP to post: fresh from its transaction, or out of the queue of exceptions."""

    source: Source
    content: RemittanceClaim
    is_unreadable: bool = False
    exception: RemittanceException | None = None
    is_chosen: bool = False
    """A person named the claim, so a reversal may differ from its original in its adjustments."""

    @property
    def is_reversal(self) -> bool:
        """CLP02 22: takes an earlier decision back."""
        return self.content.status_code == REVERSAL

    @property
    def is_released(self) -> bool:
        """Two people decided to post it as received."""
        return self.exception is not None and self.exception.is_released

    @cached_property
    def outcome(self) -> AdjudicationOutcome:
        """What was decided about the claim."""
        return claim_outcome(self.content, self.source.effective_on)

    @cached_property
    def order_key(self) -> str:
        """Orders the decisions of one day, whichever file came first."""
        transaction = self.source.transaction
        content = transaction.content_sha256.hex()[:16]
        return f"{transaction.trace_number or ''}/{content}/{self.content.ordinal:07}"


@dataclass(frozen=True)
class Obstacle:
    """Why a claim is not posted by itself. ``detail`` never holds a patient's data."""

    kind: ExceptionKind
    detail: str
    difference_cents: int = 0


@dataclass
class Book:
    """A claim, its lines, what was posted to it and what its ledger holds."""

    claim: Claim
    lines: Sequence[ClaimLine] = ()
    adjudications: list[PostedAdjudication] = field(default_factory=list)
    payer_claim_numbers: dict[UUID, str | None] = field(default_factory=dict)
    ledger: dict[LedgerKey, int] = field(default_factory=dict)
    forwarding: dict[UUID, int] = field(default_factory=dict)
    """Decisions that sent the claim on to the next payer, and the sequence of who sent it."""
    payer_claim_number: str | None = None
    last_adjudicated_on: dt.date | None = None
    settlement: Settlement | None = None

    @classmethod
    def open(cls, claim: Claim, lines: Sequence[ClaimLine]) -> Book:
        """The book of a claim to which nothing was posted yet."""
        return cls(
            claim,
            lines,
            payer_claim_number=claim.payer_claim_number,
            last_adjudicated_on=claim.last_adjudicated_on,
        )

    @property
    def under_settlement(self) -> ClaimUnderSettlement:
        """The claim as the rules of settlement see it.

        Who forwarded it says that one more payer is to come, even if the claim does not name it.
        """
        payer_count = len(payers_in_turn(self.claim))
        if self.forwarding:
            taken_back = {each.reverses for each in self.adjudications}
            further = [
                min(sequence + 1, 3)
                for decision_id, sequence in self.forwarding.items()
                if decision_id not in taken_back
            ]
            payer_count = max(payer_count, *further, 1)
        return ClaimUnderSettlement(
            self.claim.total_charge_cents, payer_count, booked_cents(self.claim)
        )

    def enter(self, adjudication: PostedAdjudication, payer_claim_number: str | None) -> None:
        """Put a decision among those that were posted."""
        self.adjudications.append(adjudication)
        self.payer_claim_numbers[adjudication.id] = payer_claim_number

    def counts(self, adjudication_id: UUID) -> bool:
        """Whether a posted decision counts: neither taken back, nor replaced."""
        return adjudication_id in settle(self.under_settlement, self.adjudications).in_effect


@dataclass(frozen=True)
class NewDenial:
    """A denial that one CLP brings, before it has a deadline."""

    line: LineDenial
    claim: Claim
    adjudication_id: UUID
    claim_line_id: UUID | None
    payer: Payer
    source: Source


@dataclass
class Writing:
    """What a chunk of arrivals appends, gathered so that each table takes one statement."""

    adjudications: dict[UUID, AdjudicationFields] = field(default_factory=dict)
    lines: list[AdjudicationLineFields] = field(default_factory=list)
    adjustments: dict[UUID, AdjustmentFields] = field(default_factory=dict)
    ledger: list[LedgerFields] = field(default_factory=list)
    denials: list[NewDenial] = field(default_factory=list)

    def move(
        self,
        kind: LedgerKind,
        amount_cents: int,
        source: Source,
        *,
        claim_id: UUID | None = None,
        adjudication_id: UUID | None = None,
        adjustment_id: UUID | None = None,
        exception_id: UUID | None = None,
        provider_adjustment_id: UUID | None = None,
    ) -> None:
        """Append a ledger entry of a transaction, unless nothing moves."""
        if amount_cents == 0:
            return
        debit, credit = LEDGER_ACCOUNTS[kind]
        self.ledger.append(
            LedgerFields(
                kind=kind,
                debit_account=debit,
                credit_account=credit,
                amount_cents=amount_cents,
                effective_on=source.effective_on,
                claim_id=claim_id,
                payer_id=source.transaction.payer_id,
                transaction_id=source.transaction.id,
                adjudication_id=adjudication_id,
                adjustment_id=adjustment_id,
                exception_id=exception_id,
                provider_adjustment_id=provider_adjustment_id,
            )
        )


def obstacle_of_content(arrival: Arrival) -> Obstacle | None:
    """What is wrong with a claim as it came, whoever's it is."""
    content = arrival.content
    if arrival.is_unreadable:
        return Obstacle(ExceptionKind.UNREADABLE, "an amount of the claim cannot be read")
    if (element := overlong_element(content)) is not None:
        return Obstacle(ExceptionKind.UNREADABLE, f"{element} is longer than any 835 has it")
    meaning = claim_status(content.status_code).meaning
    if meaning is ClaimStatusMeaning.NEEDS_REVIEW:
        return Obstacle(ExceptionKind.UNKNOWN_STATUS, f"CLP02 {content.status_code!r} is unknown")
    if meaning in _UNDECIDED and content.paid_cents:
        return Obstacle(
            ExceptionKind.NOT_OUR_CLAIM,
            f"CLP02 {content.status_code} decides nothing and yet pays",
        )
    failures = check_claim(content)
    if failures and not arrival.is_released:
        worst = failures[-1]
        return Obstacle(
            ExceptionKind.UNBALANCED,
            "; ".join(
                f"{each.gate} at segment {each.position} is off by {each.difference_cents} cents"
                for each in failures[:5]
            ),
            worst.difference_cents,
        )
    return None


def obstacle_of_claim(arrival: Arrival, book: Book) -> Obstacle | None:
    """Why this cannot be posted to this claim now."""
    payer = arrival.source.payer
    if payer is None:
        return Obstacle(
            ExceptionKind.PAYER_MISMATCH, "no payer is registered with the identifiers of the 835"
        )
    sequence = payer_sequence(book.claim, payer.id)
    if sequence is None:
        return Obstacle(ExceptionKind.PAYER_MISMATCH, "the claim does not name this payer")
    if book.claim.submitted_at is None or book.claim.status not in _ON_ITS_WAY:
        return Obstacle(
            ExceptionKind.CLAIM_NOT_SUBMITTED,
            f"the claim is {book.claim.status}; record its transmission",
        )
    if not arrival.is_reversal and not arrival.is_chosen and _means_another(book):
        return Obstacle(
            ExceptionKind.AMBIGUOUS,
            "another claim replaces this one, or this one voids another; match it by hand",
        )
    if arrival.is_reversal:
        if _reversed(arrival, book, sequence) is None:
            return Obstacle(
                ExceptionKind.REVERSAL_UNMATCHED,
                "no posted decision of this payer is the exact opposite",
            )
        return None
    candidate = _decision(arrival, new_id(), sequence, ())
    if not arrival.is_released and exceeds_claim_charge(
        book.under_settlement, book.adjudications, candidate
    ):
        return Obstacle(
            ExceptionKind.EXCEEDS_CLAIM_CHARGE,
            "with what this payer decided before, it exceeds the charge of the claim",
        )
    return None


def _means_another(book: Book) -> bool:
    """Whether a new decision that names this claim is about the one that replaces it, or that it
    voids: a payer that took back all it had decided about a replaced claim goes on to the other."""
    if book.claim.frequency is ClaimFrequency.VOID:
        return True
    taken_back = {each.reverses for each in book.adjudications}
    decisions = [each for each in book.adjudications if each.reverses is None]
    are_gone = bool(decisions) and all(each.id in taken_back for each in decisions)
    return book.claim.is_replaced and are_gone


def is_reversed_by(arrival: Arrival, book: Book) -> bool:
    """Whether a reversal takes back something that was posted to this claim."""
    payer = arrival.source.payer
    sequence = None if payer is None else payer_sequence(book.claim, payer.id)
    return sequence is not None and _reversed(arrival, book, sequence) is not None


def post(arrival: Arrival, book: Book, writing: Writing) -> None:
    """Post one arrival, to which nothing is an obstacle, and settle the claim anew."""
    content, source = arrival.content, arrival.source
    assert source.payer is not None
    sequence = payer_sequence(book.claim, source.payer.id)
    assert sequence is not None
    adjudication_id = new_id()
    reversed_decision = _reversed(arrival, book, sequence) if arrival.is_reversal else None
    adjustments = _adjustments(content, adjudication_id, writing)
    decision = _decision(
        arrival,
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


def _reversed(arrival: Arrival, book: Book, sequence: int) -> PostedAdjudication | None:
    return reversed_by(
        arrival.content,
        sequence,
        book.adjudications,
        book.payer_claim_numbers,
        is_chosen=arrival.is_chosen,
    )


def _decision(
    arrival: Arrival,
    adjudication_id: UUID,
    sequence: int,
    adjustments: tuple[PostedAdjustment, ...],
    *,
    reverses: UUID | None = None,
) -> PostedAdjudication:
    content = arrival.content
    return PostedAdjudication(
        id=adjudication_id,
        payer_sequence=sequence,
        effective_on=arrival.source.effective_on,
        order_key=arrival.order_key,
        charge_cents=content.charge_cents,
        paid_cents=content.paid_cents,
        outcome=arrival.outcome,
        adjustments=adjustments,
        kind=AdjudicationKind.REVERSAL if arrival.is_reversal else AdjudicationKind.ADJUDICATION,
        reverses=reverses,
    )


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
