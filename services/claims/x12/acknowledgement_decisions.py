"""What acknowledgements decide about sets and claims. Pure: values in, decisions out.

Sources: X12C 005010X231A1 (IK501, AK901), X12N 005010X214 (STC), the category table.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from services.claims.x12.acknowledgement_codes import CODES, ClaimStanding, CodeList
from services.claims.x12.acknowledgement_model import (
    ClaimAcknowledgement,
    GroupAcknowledgement,
    InterchangeAcknowledgement,
    LineStatus,
    PartyStatus,
    SetAcknowledgement,
    Status,
    StatusCode,
    StatusLevel,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Outcome(StrEnum):
    """What became of an interchange, or of a set that we sent."""

    ACCEPTED = "accepted"
    ACCEPTED_WITH_ERRORS = "accepted_with_errors"
    PARTLY_ACCEPTED = "partly_accepted"  # but for the claims with errors
    REJECTED = "rejected"
    UNDECIDED = "undecided"  # the answer is absent, damaged or contradicts itself


_OUTCOMES = {
    "A": Outcome.ACCEPTED,
    "E": Outcome.ACCEPTED_WITH_ERRORS,
    "M": Outcome.REJECTED,  # message authentication code failed
    "R": Outcome.REJECTED,
    "W": Outcome.REJECTED,  # assurance failed
    "X": Outcome.REJECTED,  # could not be decrypted
}
_PARTIAL = "P"  # AK901: at least one set was rejected
_REJECTS = "U"  # STC03


class Reason(msgspec.Struct, frozen=True, gc=False):
    """One code that a rejection gives, and the place in the set that it is about.

    ``code_list`` is the list of ``CODES`` that explains the code. Places are None where the reason
    is of the whole group or set.
    """

    code_list: CodeList
    code: str
    segment_identifier: str | None = None
    segment_position: int | None = None  # in the set that we sent; ST is 1
    loop_identifier: str | None = None
    element_position: int | None = None
    component_position: int | None = None
    claim: str | None = None  # the patient control number, where a CTX names it


class SetDecision(msgspec.Struct, frozen=True, gc=False):
    """What became of one transaction set that we sent."""

    set_control_number: str
    outcome: Outcome
    reasons: tuple[Reason, ...] = ()


def interchange_outcome(answer: InterchangeAcknowledgement) -> Outcome:
    """What a TA1 decides about the interchange; only REJECTED decides about what is in it."""
    decided = _OUTCOMES.get(answer.decision_code, Outcome.UNDECIDED)
    return decided if answer.decision_code in ("A", "E", "R") else Outcome.UNDECIDED


def set_decisions(
    group: GroupAcknowledgement,
    listed: Iterable[SetAcknowledgement],
    sent: Iterable[str],
) -> list[SetDecision]:
    """What a 999 decides about each set of the group, in the order of ``sent``.

    ``listed`` are the sets that the 999 names, ``sent`` the control numbers (ST02) that the group
    held when it left; numbers are compared without leading zeros. A group that was rejected takes
    all of its sets along, whatever its sets say. Sets that the 999 does not name share the answer
    of the group: accepted with A and E; with P (some were rejected) only if the named ones account
    for every rejection that the counts speak of, else UNDECIDED, as without an answer. A set of
    which only a part was taken is PARTLY_ACCEPTED: one that says so itself (which the guide does
    not have, but some send), and the only one of a group with P that has errors and is not
    rejected.
    """
    group_outcome = _OUTCOMES.get(group.decision_code, Outcome.UNDECIDED)
    group_reasons = tuple(Reason(CodeList.GROUP_ERRORS, code) for code in group.error_codes)
    by_number: dict[str, list[SetAcknowledgement]] = {}
    for answer in listed:
        by_number.setdefault(_plain(answer.set_control_number), []).append(answer)
    rejected = sum(
        any(_set_outcome(answer) is Outcome.REJECTED for answer in answers)
        for answers in by_number.values()
    )
    unlisted = group_outcome
    if group.decision_code == _PARTIAL and group.received is not None:
        accounts_for_all = (
            group.accepted is not None and rejected == group.received - group.accepted
        )
        unlisted = Outcome.ACCEPTED if accounts_for_all else Outcome.UNDECIDED
    decisions = []
    sent = list(sent)
    for number in sent:
        answers = by_number.get(_plain(number), [])
        reasons = tuple(reason for answer in answers for reason in reasons_of(answer))
        if group_outcome is Outcome.REJECTED:
            decisions.append(SetDecision(number, Outcome.REJECTED, group_reasons + reasons))
            continue
        outcomes = {_set_outcome(answer) for answer in answers}
        if group.decision_code == _PARTIAL and len(sent) == 1:
            outcomes = {_PARTLY.get(outcome, outcome) for outcome in outcomes}
        if not outcomes:
            decisions.append(SetDecision(number, unlisted, group_reasons))
        elif len(outcomes) > 1:
            decisions.append(SetDecision(number, Outcome.UNDECIDED, reasons))
        else:
            decisions.append(SetDecision(number, outcomes.pop(), reasons))
    return decisions


_PARTLY = {Outcome.ACCEPTED_WITH_ERRORS: Outcome.PARTLY_ACCEPTED}


def _set_outcome(answer: SetAcknowledgement) -> Outcome:
    if answer.decision_code == _PARTIAL:
        return Outcome.PARTLY_ACCEPTED
    return _OUTCOMES.get(answer.decision_code, Outcome.UNDECIDED)


def _plain(control_number: str) -> str:
    return control_number.strip().lstrip("0")


def reasons_of(answer: SetAcknowledgement) -> tuple[Reason, ...]:
    """Everything that a 999 finds wrong with one set, in its order."""
    reasons = [Reason(CodeList.SET_ERRORS, code) for code in answer.error_codes]
    for error in answer.segment_errors:
        contexts = [*error.contexts, *(c for each in error.element_errors for c in each.contexts)]
        claim = next((c.reference for c in contexts if c.name == "CLM01"), None)
        place = Reason(
            code_list=CodeList.SEGMENT_ERRORS,
            code=error.error_code or "",
            segment_identifier=error.segment_identifier,
            segment_position=error.segment_position,
            loop_identifier=error.loop_identifier,
            claim=claim,
        )
        if error.error_code or not error.element_errors:
            reasons.append(place)
        reasons += [
            msgspec.structs.replace(
                place,
                code_list=CodeList.ELEMENT_ERRORS,
                code=each.error_code,
                element_position=each.element_position,
                component_position=each.component_position,
            )
            for each in error.element_errors
        ]
    return tuple(reasons)


class ClaimDecision(msgspec.Struct, frozen=True, gc=False):
    """What a 277CA makes of a claim, at which level that was said, and by which codes.

    ``contradicts`` says that another level, or another status of the same, says otherwise.
    """

    standing: ClaimStanding
    level: StatusLevel
    codes: tuple[StatusCode, ...]
    contradicts: bool = False


# Of several statuses at one level the first of these decides.
_PRECEDENCE = (
    ClaimStanding.REJECTED,
    ClaimStanding.NOT_FOUND,
    ClaimStanding.UNDECIDED,
    ClaimStanding.SPLIT,
    ClaimStanding.ACCEPTED,
    ClaimStanding.RECEIVED,
)


def claim_decision(answer: ClaimAcknowledgement) -> ClaimDecision:
    """What a 277CA makes of one claim.

    A rejection of the receiver or the provider holds for every claim below. Otherwise the claim's
    own statuses decide; its lines only where it has none. Of several statuses a rejection decides.
    """
    own = _at_level(StatusLevel.CLAIM, answer.statuses)
    lines = _at_level(StatusLevel.LINE, _line_statuses(answer.lines))
    for party in (answer.receiver, answer.provider):
        above = party_decision(party) if party is not None else None
        if above is not None and above.standing is ClaimStanding.REJECTED:
            contradicts = own is not None and own.standing is not ClaimStanding.REJECTED
            return msgspec.structs.replace(above, contradicts=contradicts)
    if own is None:
        return lines or ClaimDecision(ClaimStanding.UNDECIDED, StatusLevel.CLAIM, ())
    rejects_line = lines is not None and lines.standing is ClaimStanding.REJECTED
    if rejects_line and own.standing is not ClaimStanding.REJECTED:
        return msgspec.structs.replace(own, contradicts=True)
    return own


def party_decision(answer: PartyStatus) -> ClaimDecision | None:
    """What was said about a whole submission or provider; None where nothing was.

    Only REJECTED decides about claims: a receiver that was received says nothing about each.
    """
    return _at_level(answer.level, answer.statuses)


def _at_level(level: StatusLevel, statuses: Sequence[Status]) -> ClaimDecision | None:
    if not statuses:
        return None
    standings = [_standing(status) for status in statuses]
    standing = next(each for each in _PRECEDENCE if each in standings)
    codes = tuple(
        code
        for status, each in zip(statuses, standings, strict=True)
        if each is standing
        for code in status.codes
    )
    kinds = set(standings) - {ClaimStanding.RECEIVED}  # received, then accepted: no contradiction
    return ClaimDecision(standing, level, codes, contradicts=len(kinds) > 1)


def _standing(status: Status) -> ClaimStanding:
    """The category decides; the action U (reject) rejects whatever the category says."""
    standings = [CODES.standing_of(code.category) for code in status.codes]
    if status.action == _REJECTS:
        return ClaimStanding.REJECTED
    if not standings:
        return ClaimStanding.UNDECIDED
    return next(each for each in _PRECEDENCE if each in standings)


def _line_statuses(lines: Iterable[LineStatus]) -> list[Status]:
    return [status for line in lines for status in line.statuses]
