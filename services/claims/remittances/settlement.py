"""What a claim's adjudications make of its balances: a function of their set, not of their order.

``settle`` says what the ledger of a claim has to hold; ``ledger_deltas`` says what must be appended
to make it so. Both may run again at any time, in any order of arrival, with the same end. Amounts
are cents.

Rules and their sources:

- Every CLP that counts is a payment of its own, and a reversal is the contra payment of what it
  reverses (X12 RFI 1147, 1429: a reversal negates every charge, payment and adjustment). A reversal
  of something that is not in the set does nothing, so it never makes a balance negative; the second
  reversal of one adjudication, and the reversal of a reversal, do nothing either. The contra
  payment is the exact opposite whatever the reversal says: the caller links only exact opposites.
  Predeterminations and claims that are not the payer's move no money at all (CLP02 25, 23).
- Among the decisions of one payer, a full denial gives way to any decision that is none; among
  full denials only the latest counts; all others add up, because payers split a claim over several
  CLPs. ``exceeds_claim_charge`` tells the caller when they add up to too much.
- Written off are amounts of the groups CO, PI and OA whose reason is contractual or a payment
  reduction. Denials stay in the insurance balance, because somebody has to work them (openemr#7186
  is what happens otherwise); so do reasons that the table does not know. PR is never written off.
- A later payer states again what an earlier one has written off (CARC 45 forbids it, payers do it).
  For payer k let C be the write-offs that it states, E what it puts down to earlier payers (CARC
  23), P the payments and W the posted write-offs of the earlier payers. Payer k's own arithmetic is
  ``charge = paid + C + E + PR + denied``; the claim's is ``charge = P + W + paid + posted + PR +
  denied``. Hence ``posted = C + E - P - W``, kept between 0 and C. Without a decision of an earlier
  payer all of C is posted. It is reckoned for the claim and not for its lines: CARC 23 and CARC 45
  also come at claim level, payers recode, split and merge lines, and only CLP03 is the same figure
  for all of them. A later payer that decided on some of the lines only puts less down to earlier
  payers than they did, so too little is written off, never too much.
- The patient owes the PR of the last payer, once it has decided; until then all that is open is the
  payers'. The last payer is the highest of ``payer_count`` and the sequences that have decided. A
  payer that forwards a claim (CLP02 19 to 21) is not the last: the caller counts the next one in
  ``payer_count`` even when its name is not known yet.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

import msgspec

from services.claims.remittances.adjustment_reasons import REASONS, REFUSING_NATURES, ReasonNature
from services.claims.remittances.outcomes import UNDECIDED_OUTCOMES, adjudication_status
from storage.vocabulary.claims import AdjudicationOutcome, AdjudicationStatus, LedgerKind


class AdjudicationKind(StrEnum):
    """A decision of a payer, or the taking back of one (CLP02 22)."""

    ADJUDICATION = "adjudication"
    REVERSAL = "reversal"


class PostedAdjustment(msgspec.Struct, frozen=True, gc=False):
    """One reason and amount of a CAS, as posted; positive reduces the payment."""

    id: UUID
    group: str
    reason: str
    amount_cents: int


class PostedAdjudication(msgspec.Struct, frozen=True):
    """One CLP that was posted to the claim.

    ``effective_on`` and ``order_key`` order the decisions of one payer and do not depend on the
    arrival of files (payment date; trace number and place in the transaction). ``adjustments`` are
    in the order of the CLP, claim level and lines together.
    """

    id: UUID
    payer_sequence: int
    effective_on: dt.date
    order_key: str
    charge_cents: int
    paid_cents: int
    outcome: AdjudicationOutcome
    adjustments: tuple[PostedAdjustment, ...] = ()
    kind: AdjudicationKind = AdjudicationKind.ADJUDICATION
    reverses: UUID | None = None


class ClaimUnderSettlement(msgspec.Struct, frozen=True, gc=False):
    """What is asked, and of how many payers in turn (1 to 3).

    ``booked_cents`` is what of the charge stands in the claim's ledger; None is all of it.
    """

    charge_cents: int
    payer_count: int
    booked_cents: int | None = None


class LedgerKey(NamedTuple):
    """What an amount in the claim's ledger stands for.

    PAYMENT is keyed by the adjudication or reversal, WRITE_OFF by the adjustment as well,
    PATIENT_TRANSFER by the adjudication of the last payer.
    """

    kind: LedgerKind
    adjudication_id: UUID
    adjustment_id: UUID | None


class LedgerAmount(msgspec.Struct, frozen=True, gc=False):
    """An amount under its key: what the ledger has to hold, or what is to be appended to it."""

    key: LedgerKey
    amount_cents: int  # never 0; negative is a contra entry


class RestatedAmount(msgspec.Struct, frozen=True, gc=False):
    """The part of a stated write-off that is not posted: an earlier payer's already is."""

    adjustment_id: UUID
    amount_cents: int


class Settlement(msgspec.Struct, frozen=True):
    """The balances of a claim and the amounts that make them.

    Always: ``insurance + patient balance = charge - payments - write-offs``.
    """

    status: AdjudicationStatus
    payments_cents: int
    write_offs_cents: int
    patient_balance_cents: int
    insurance_balance_cents: int
    patient_balance_under_denial_cents: int
    """The part of the patient balance under a refusing reason (PR-27, PR-96): work it first."""
    amounts: tuple[LedgerAmount, ...]
    restated: tuple[RestatedAmount, ...]
    in_effect: tuple[UUID, ...]
    """The decisions that count: neither taken back, nor a full denial that gave way."""


class _StatedWriteOff(NamedTuple):
    nature: ReasonNature
    adjudication_id: UUID
    adjustment: PostedAdjustment


_WRITTEN_OFF_NATURES = frozenset({ReasonNature.CONTRACTUAL, ReasonNature.PAYMENT_REDUCTION})
_WRITTEN_OFF_GROUPS = frozenset({"CO", "PI", "OA"})
_PATIENT_GROUP = "PR"


def settle(claim: ClaimUnderSettlement, adjudications: Sequence[PostedAdjudication]) -> Settlement:
    """The balances of the claim and all that its ledger has to hold, by the rules of this module.

    The order of ``adjudications`` does not matter; their ids must differ.
    """
    ordered = sorted(adjudications, key=_by_payer_and_time)
    reversal_of = _reversals(ordered)
    books = _Books()
    decisions = books.post_payments(ordered, reversal_of)
    current: list[PostedAdjudication] = []
    of_last: list[PostedAdjudication] = []
    for of_payer in _per_payer(decisions):
        of_last = _current(of_payer)
        books.post_write_offs(of_last, is_first=not current)
        books.payments_cents += sum(decision.paid_cents for decision in of_payer)
        current += of_last
    if of_last and of_last[0].payer_sequence >= claim.payer_count:
        books.post_patient_share(of_last)
    booked_cents = claim.charge_cents if claim.booked_cents is None else claim.booked_cents
    insurance_balance_cents = (
        booked_cents - books.payments_cents - books.write_offs_cents - books.patient_cents
    )
    return Settlement(
        status=adjudication_status(
            [decision.outcome for decision in current],
            payments_cents=books.payments_cents,
            insurance_balance_cents=insurance_balance_cents,
            was_reversed=bool(reversal_of),
        ),
        payments_cents=books.payments_cents,
        write_offs_cents=books.write_offs_cents,
        patient_balance_cents=books.patient_cents,
        insurance_balance_cents=insurance_balance_cents,
        patient_balance_under_denial_cents=books.patient_under_denial_cents,
        amounts=tuple(books.amounts),
        restated=tuple(books.restated),
        in_effect=tuple(decision.id for decision in current),
    )


def ledger_deltas(
    settlement: Settlement, current: Mapping[LedgerKey, int]
) -> tuple[LedgerAmount, ...]:
    """What must be appended so that the claim's ledger holds what the settlement says.

    ``current`` is the sum of the entries already there, per key. What no longer holds is taken back
    by an amount of the other sign, nothing is deleted.
    """
    if not current:
        return settlement.amounts
    left = dict(current)
    deltas = []
    for wanted in settlement.amounts:
        difference = wanted.amount_cents - left.pop(wanted.key, 0)
        if difference:
            deltas.append(LedgerAmount(wanted.key, difference))
    deltas += [LedgerAmount(key, -cents) for key, cents in left.items() if cents]
    return tuple(deltas)


def exceeds_claim_charge(
    claim: ClaimUnderSettlement,
    adjudications: Iterable[PostedAdjudication],
    candidate: PostedAdjudication,
) -> bool:
    """Whether one payer would have decided on more than the claim charged, were this one posted.

    Counts the charges of that payer's decisions that are neither reversed nor full denials, and the
    candidate's. True means that a correction came without its reversal, or that a file was paid
    twice: a person decides. A full denial, a reversal or an undecided candidate never exceeds.
    """
    if not _is_decision(candidate) or _is_full_denial(candidate):
        return False
    posted = list(adjudications)
    reversal_of = _reversals(posted)
    charge_cents = sum(
        other.charge_cents
        for other in posted
        if other.payer_sequence == candidate.payer_sequence
        and other.id != candidate.id
        and other.id not in reversal_of
        and _is_decision(other)
        and not _is_full_denial(other)
    )
    return charge_cents + candidate.charge_cents > claim.charge_cents


class _Books:
    """The amounts of one claim while they are being put together, payer after payer."""

    def __init__(self) -> None:
        self.amounts: list[LedgerAmount] = []
        self.restated: list[RestatedAmount] = []
        self.payments_cents = 0  # of the payers gone through so far
        self.write_offs_cents = 0
        self.patient_cents = 0
        self.patient_under_denial_cents = 0

    def _post(
        self, kind: LedgerKind, adjudication: UUID, adjustment: UUID | None, cents: int
    ) -> None:
        if cents:
            self.amounts.append(LedgerAmount(LedgerKey(kind, adjudication, adjustment), cents))

    def post_payments(
        self, ordered: Iterable[PostedAdjudication], reversal_of: Mapping[UUID, PostedAdjudication]
    ) -> list[PostedAdjudication]:
        """Post every payment and its contra payment; return the decisions that are in effect."""
        decisions = []
        for decision in ordered:
            if not _is_decision(decision):
                continue
            self._post(LedgerKind.PAYMENT, decision.id, None, decision.paid_cents)
            reversal = reversal_of.get(decision.id)
            if reversal is None:
                decisions.append(decision)
            else:
                self._post(LedgerKind.PAYMENT, reversal.id, None, -decision.paid_cents)
        return decisions

    def post_write_offs(self, current: Iterable[PostedAdjudication], *, is_first: bool) -> None:
        """Post what one payer's current decisions write off and no earlier payer did."""
        stated: list[_StatedWriteOff] = []
        stated_cents = earlier_cents = 0
        for decision in current:
            for adjustment in decision.adjustments:
                if adjustment.group not in _WRITTEN_OFF_GROUPS:
                    continue
                nature = REASONS.reason(adjustment.reason, decision.effective_on).nature
                if nature in _WRITTEN_OFF_NATURES:
                    stated.append(_StatedWriteOff(nature, decision.id, adjustment))
                    stated_cents += adjustment.amount_cents
                elif nature is ReasonNature.EARLIER_PAYER:
                    earlier_cents += adjustment.amount_cents
        posted_cents = stated_cents
        if not is_first:
            new_cents = stated_cents + earlier_cents - self.payments_cents - self.write_offs_cents
            posted_cents = max(min(0, stated_cents), min(new_cents, max(0, stated_cents)))
        self.write_offs_cents += posted_cents
        for write_off, restated_cents in _restate(stated, stated_cents, posted_cents):
            adjustment = write_off.adjustment
            posted = adjustment.amount_cents - restated_cents
            self._post(LedgerKind.WRITE_OFF, write_off.adjudication_id, adjustment.id, posted)
            if restated_cents:
                self.restated.append(RestatedAmount(adjustment.id, restated_cents))

    def post_patient_share(self, current: Iterable[PostedAdjudication]) -> None:
        """Hand the PR of the last payer's current decisions over to the patient."""
        for decision in current:
            share_cents = 0
            for adjustment in decision.adjustments:
                if adjustment.group == _PATIENT_GROUP:
                    share_cents += adjustment.amount_cents
                    nature = REASONS.reason(adjustment.reason, decision.effective_on).nature
                    if nature in REFUSING_NATURES:
                        self.patient_under_denial_cents += adjustment.amount_cents
            self._post(LedgerKind.PATIENT_TRANSFER, decision.id, None, share_cents)
            self.patient_cents += share_cents


def _restate(
    stated: Sequence[_StatedWriteOff], stated_cents: int, posted_cents: int
) -> Iterable[tuple[_StatedWriteOff, int]]:
    """Each stated write-off with the part of it that is a restatement, in cents.

    The parts sum to ``stated_cents - posted_cents`` and lie between 0 and their own amount. What an
    earlier payer can have written off already is the fee schedule, so contractual reasons are
    taken before payment reductions (a payer's own sequestration is new), each in the order of the
    CLP; amounts against the sign of the total are posted in full unless nothing is.
    """
    if posted_cents == stated_cents:
        return [(write_off, 0) for write_off in stated]
    if posted_cents == 0:
        return [(write_off, write_off.adjustment.amount_cents) for write_off in stated]
    sign = 1 if stated_cents > 0 else -1
    left = sign * (stated_cents - posted_cents)
    parts = []
    for write_off in sorted(stated, key=lambda each: each.nature is not ReasonNature.CONTRACTUAL):
        part = min(left, max(0, sign * write_off.adjustment.amount_cents))
        left -= part
        parts.append((write_off, sign * part))
    return parts


def _by_payer_and_time(each: PostedAdjudication) -> tuple[int, dt.date, str, UUID]:
    return each.payer_sequence, each.effective_on, each.order_key, each.id


def _reversals(adjudications: Iterable[PostedAdjudication]) -> dict[UUID, PostedAdjudication]:
    """The reversal in effect of each reversed decision: the first of them, by payer and time.

    Only of decisions that are in the set.
    """
    reversals = [each for each in adjudications if each.kind is AdjudicationKind.REVERSAL]
    if not reversals:
        return {}
    decided = {each.id for each in adjudications if _is_decision(each)}
    reversals.sort(key=_by_payer_and_time, reverse=True)
    return {each.reverses: each for each in reversals if each.reverses in decided}


def _is_decision(adjudication: PostedAdjudication) -> bool:
    return (
        adjudication.kind is AdjudicationKind.ADJUDICATION
        and adjudication.outcome not in UNDECIDED_OUTCOMES
    )


def _is_full_denial(decision: PostedAdjudication) -> bool:
    return decision.outcome is AdjudicationOutcome.DENIED and decision.paid_cents == 0


def _per_payer(decisions: Sequence[PostedAdjudication]) -> Iterator[list[PostedAdjudication]]:
    """Decisions in order, payer by payer."""
    for _, of_payer in groupby(decisions, key=attrgetter("payer_sequence")):
        yield list(of_payer)


def _current(of_payer: list[PostedAdjudication]) -> list[PostedAdjudication]:
    """Of one payer's decisions in order, those that count for write-offs and patient share."""
    return [each for each in of_payer if not _is_full_denial(each)] or of_payer[-1:]
