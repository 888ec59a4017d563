"""What answers make of claims. Pure: answers in, verdicts and moves out.

The rules, and why they do not depend on the order in which answers come:

- A claim that was rejected for itself stays rejected, whatever else is said of that transmission.
- One that came back with its whole file is ready again, unless it is rejected for itself as well.
- An acceptance moves only what is submitted; said of what came back, it contradicts; so does the
  return of a whole file said of a claim in it that was accepted: a person looks before it goes out
  a second time.
- What a payer has decided about is not rejected any more: that contradicts too. So does a rejection
  of a claim on which money stands (the company wrote a part of it off): its balances would be
  zero beside it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.claims.x12.acknowledgement_codes import CODES, ClaimStanding
from services.claims.x12.acknowledgement_decisions import Reason, claim_decision
from services.claims.x12.acknowledgement_model import (
    ClaimAcknowledgement,
    Status,
    StatusCode,
    StatusLevel,
)
from storage.vocabulary.claims import ClaimStatus
from storage.vocabulary.clearing import AcknowledgementStanding, FiledClaimStatus, WaitingReason

LONGEST_REASON = 500
_DAY = dt.timedelta(days=1)

_STANDINGS = {
    ClaimStanding.ACCEPTED: AcknowledgementStanding.ACCEPTED,
    ClaimStanding.REJECTED: AcknowledgementStanding.REJECTED,
    ClaimStanding.RECEIVED: AcknowledgementStanding.RECEIVED,
    ClaimStanding.NOT_FOUND: AcknowledgementStanding.NOT_FOUND,
    ClaimStanding.SPLIT: AcknowledgementStanding.SPLIT,
    ClaimStanding.UNDECIDED: AcknowledgementStanding.UNDECIDED,
}
_FOR_A_PERSON = {
    AcknowledgementStanding.NOT_FOUND: WaitingReason.NOT_FOUND,
    AcknowledgementStanding.SPLIT: WaitingReason.SPLIT,
    AcknowledgementStanding.UNDECIDED: WaitingReason.UNDECIDED,
}
_BACK = frozenset({AcknowledgementStanding.REJECTED, AcknowledgementStanding.RETURNED})
_CAME_BACK = frozenset({FiledClaimStatus.REJECTED, FiledClaimStatus.RETURNED})
_ON_ITS_WAY = frozenset({ClaimStatus.SUBMITTED, ClaimStatus.ACCEPTED})


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What one answer says of one claim.

    ``reference`` is the submission (our BHT03) that it names, where it names one.
    """

    acknowledgement_file_id: UUID
    position: int
    standing: AcknowledgementStanding
    status_codes: tuple[str, ...]
    detail: str
    patient_control_number: str | None = None
    payer_claim_number: str | None = None
    answered_on: dt.date | None = None
    reference: str | None = None
    claim_id: UUID | None = None
    """The claim, where the answer is about all of a file, or a person says so."""
    claim_file_id: UUID | None = None
    """The file, where the answer is about all of it."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a claim stands when an answer about it comes.

    ``filed`` is how it stands in the file that the answer is about, None where it went out
    otherwise; ``has_money`` whether anything but its charge stands on it; ``is_named`` whether the
    answer says that it is about that one; ``is_latest`` whether it was not sent again since;
    ``is_next_payers`` whether it is submitted already, and went to a later payer.
    """

    status: ClaimStatus
    is_adjudicated: bool
    filed: FiledClaimStatus | None
    has_money: bool = False
    is_named: bool = False
    is_latest: bool = True
    is_next_payers: bool = False
    sent_on: dt.date | None = None


@dataclass(frozen=True)
class Move:
    """What an answer changes; ``waits`` is why a person looks at it instead, or as well."""

    status: ClaimStatus | None = None
    filed: FiledClaimStatus | None = None
    waits: WaitingReason | None = None


_STAYS = Move()


def move_of(verdict: Verdict, now: Standing) -> Move:
    """What a verdict does to a claim that stands so."""
    standing = verdict.standing
    if (reason := _FOR_A_PERSON.get(standing)) is not None:
        return Move(filed=_received(now), waits=reason)
    if not now.is_latest:
        return Move(filed=_filed(standing, now))
    if _is_outdated(verdict, now):
        return Move(waits=WaitingReason.OUTDATED)
    if standing is AcknowledgementStanding.RECEIVED:
        return Move(filed=_received(now))
    if now.is_next_payers:
        waits = WaitingReason.NEXT_PAYER if standing in _BACK else None
        return Move(filed=_filed(standing, now), waits=waits)
    if standing in _BACK:
        return _back(standing, now)
    return _accepted(now)


def _accepted(now: Standing) -> Move:
    match now.status:
        case ClaimStatus.SUBMITTED:
            return Move(ClaimStatus.ACCEPTED, _filed(AcknowledgementStanding.ACCEPTED, now))
        case ClaimStatus.ACCEPTED:
            return Move(filed=_filed(AcknowledgementStanding.ACCEPTED, now))
        case ClaimStatus.REJECTED | ClaimStatus.VOIDED:
            return Move(waits=WaitingReason.CONTRADICTS)
        case _ if now.filed in _CAME_BACK:
            return Move(waits=WaitingReason.CONTRADICTS)
        case _:
            return Move(waits=WaitingReason.UNKNOWN_CLAIM)


def _back(standing: AcknowledgementStanding, now: Standing) -> Move:
    if now.is_adjudicated or now.has_money:
        return Move(waits=WaitingReason.CONTRADICTS)
    is_own = standing is AcknowledgementStanding.REJECTED
    wanted = ClaimStatus.REJECTED if is_own else ClaimStatus.READY_TO_SUBMIT
    match now.status:
        case ClaimStatus.ACCEPTED if not is_own:
            return Move(wanted, _filed(standing, now), WaitingReason.CONTRADICTS)
        case ClaimStatus.SUBMITTED | ClaimStatus.ACCEPTED:
            return Move(wanted, _filed(standing, now))
        case ClaimStatus.READY_TO_SUBMIT if now.filed is FiledClaimStatus.RETURNED and is_own:
            return Move(ClaimStatus.REJECTED, FiledClaimStatus.REJECTED)
        case ClaimStatus.DRAFT | ClaimStatus.READY_TO_SUBMIT if now.filed not in _CAME_BACK:
            return Move(waits=WaitingReason.UNKNOWN_CLAIM)
        case _:
            return Move(filed=_filed(standing, now))


def _is_outdated(verdict: Verdict, now: Standing) -> bool:
    """Whether it is of before the transmission, by more than clocks can differ."""
    if now.is_named or verdict.answered_on is None or now.sent_on is None:
        return False
    return verdict.answered_on < now.sent_on - _DAY


_RANK = (
    FiledClaimStatus.SENT,
    FiledClaimStatus.RECEIVED,
    FiledClaimStatus.ACCEPTED,
    FiledClaimStatus.RETURNED,
    FiledClaimStatus.REJECTED,
)


def _filed(standing: AcknowledgementStanding, now: Standing) -> FiledClaimStatus | None:
    """How the claim stands in its file afterwards; the stronger answer stays."""
    return _stronger(FiledClaimStatus(standing.value), now)


def _received(now: Standing) -> FiledClaimStatus | None:
    return _stronger(FiledClaimStatus.RECEIVED, now)


def _stronger(wanted: FiledClaimStatus, now: Standing) -> FiledClaimStatus | None:
    if now.filed not in _RANK or _RANK.index(wanted) <= _RANK.index(now.filed):
        return None
    return wanted


def verdict_of(answer: ClaimAcknowledgement, acknowledgement_file_id: UUID) -> Verdict:
    """What a 277CA says of one claim.

    What is rejected at the receiver's level is rejected with the whole submission, and not for
    itself. An answer that contradicts itself is left to a person.
    """
    decision = claim_decision(answer)
    standing = _STANDINGS[decision.standing]
    if decision.contradicts:
        standing = AcknowledgementStanding.UNDECIDED
    elif standing is AcknowledgementStanding.REJECTED and decision.level is StatusLevel.RECEIVER:
        standing = AcknowledgementStanding.RETURNED
    return Verdict(
        acknowledgement_file_id=acknowledgement_file_id,
        position=answer.position,
        standing=standing,
        status_codes=codes_of(decision.codes),
        detail=_said(decision.codes),
        patient_control_number=answer.patient_control_number[:80] or None,
        payer_claim_number=_cut(answer.payer_claim_number),
        answered_on=_day(answer),
        reference=None if answer.receiver is None else _cut(answer.receiver.trace_number),
    )


def codes_of(codes: Iterable[StatusCode]) -> tuple[str, ...]:
    """Status codes as they are kept: ``A7:562:85``."""
    told = (":".join(filter(None, (each.category, each.status, each.entity))) for each in codes)
    return tuple(dict.fromkeys(code[:40] for code in told))[:20]


def _said(codes: Sequence[StatusCode]) -> str:
    """Codes with the meaning of their categories; never the free text, which may name a patient."""
    said = []
    for code, text in zip(codes, (codes_of([each])[0] for each in codes), strict=True):
        category = CODES.category(code.category)
        said.append(text if category is None else f"{text} ({category.label})")
    return "; ".join(dict.fromkeys(said))[:LONGEST_REASON] or "gives no status"


def reasons_said(reasons: Iterable[Reason]) -> str:
    """What a 999 finds wrong, in words of ours."""
    said = []
    for each in reasons:
        place = each.segment_identifier or ""
        if each.element_position is not None:
            place += f"{each.element_position:02}"
        if each.segment_position is not None:
            place += f" at segment {each.segment_position}"
        label = CODES.label(each.code_list, each.code) or "unknown code"
        said.append(f"{each.code} {label}" + (f" ({place.strip()})" if place else ""))
    return "; ".join(dict.fromkeys(said))[:LONGEST_REASON] or "gives no reason"


def blamed(reasons: Iterable[Reason]) -> dict[str, list[Reason]]:
    """The claims that a 999 names as the place of an error, by patient control number."""
    found: dict[str, list[Reason]] = {}
    for each in reasons:
        if each.claim:
            found.setdefault(each.claim, []).append(each)
    return found


def _day(answer: ClaimAcknowledgement) -> dt.date | None:
    """The day of an answer: the latest of its statuses, or when it was processed."""
    statuses: list[Status] = [*answer.statuses]
    days = [each.effective_on for each in statuses if each.effective_on is not None]
    if not days and answer.receiver is not None and answer.receiver.processed_on is not None:
        days = [answer.receiver.processed_on]
    return max(days, default=None)


def _cut(text: str | None) -> str | None:
    return None if text is None else text[:80] or None
