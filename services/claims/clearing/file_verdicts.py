"""What answers make of whole files: TA1, 999, and a 277CA that rejects a submission. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from services.claims.clearing.acknowledgement_scan import AcknowledgementScan, GroupAnswer
from services.claims.clearing.verdicts import blamed, codes_of, reasons_said
from services.claims.x12.acknowledgement_codes import CODES, ClaimStanding, CodeList
from services.claims.x12.acknowledgement_decisions import (
    Outcome,
    Reason,
    interchange_outcome,
    party_decision,
    set_decisions,
)
from services.claims.x12.acknowledgement_model import (
    InterchangeAcknowledgement,
    PartyStatus,
    StatusLevel,
)
from storage.tables.clearing import ClaimFile
from storage.vocabulary.clearing import (
    AcknowledgementStanding,
    ClaimFileStatus,
    WaitingReason,
)

_HEALTH_CARE_CLAIMS = "HC"  # AK101


@dataclass(frozen=True, kw_only=True)
class FileVerdict:
    """What one answer says of one file, or why a person looks at it."""

    position: int
    control_number: str
    standing: AcknowledgementStanding
    detail: str
    status_codes: tuple[str, ...] = ()
    file: ClaimFile | None = None
    blamed: Mapping[str, str] = field(default_factory=dict)
    """Claims that the file was rejected for, by patient control number, each with its reason."""
    reasons: Sequence[Reason] = ()
    """What is wrong by its place in the file, of which it is not said in which claim it is."""
    is_partial: bool = False
    """Whether the file was taken but for the claims that it names or that ``reasons`` are in."""
    moves_to: ClaimFileStatus | None = None
    waits: WaitingReason | None = None

    def detail_of(self, patient_control_number: str) -> str:
        """Why a claim of the file came back."""
        return self.blamed.get(patient_control_number, self.detail)


def blaming(verdict: FileVerdict, claims: Mapping[str, Sequence[Reason]]) -> FileVerdict:
    """A verdict with the claims that these reasons are about, besides those that it blames."""
    said = {
        number: f"The file was rejected for this claim: {reasons_said(reasons)}"[:500]
        for number, reasons in claims.items()
    }
    return replace(verdict, blamed={**said, **verdict.blamed})


def file_verdicts(scan: AcknowledgementScan, files: Sequence[ClaimFile]) -> list[FileVerdict]:
    """The verdicts of a file of answers about ``files``, in its order. What says nothing is left
    out: that an envelope arrived, or a submission was received."""
    found = sorted(_all(scan, files), key=lambda each: each.position)
    return list(_followed(found))


def _all(scan: AcknowledgementScan, files: Sequence[ClaimFile]) -> Iterator[FileVerdict]:
    by_interchange = _by(files, lambda file: file.interchange_control_number)
    by_group = _by(files, lambda file: file.group_control_number)
    by_reference = {file.reference: file for file in files if file.reference}
    for answer in scan.interchanges:
        named = by_interchange.get(number_of(answer.interchange_control_number), [])
        yield from _of_interchange(answer, named)
    for group in scan.groups:
        if group.group.functional_identifier == _HEALTH_CARE_CLAIMS:
            yield _of_group(group, by_group.get(number_of(group.group.group_control_number), []))
    with_claims = {
        party.position
        for claim in scan.claims
        for party in (claim.receiver, claim.provider)
        if party is not None
    }
    for party in scan.parties:
        file = by_reference.get(party.trace_number or "")
        yield from _of_party(party, file, has_claims=party.position in with_claims)


def number_of(text: str) -> int | None:
    """A control number as we give them out."""
    stripped = text.strip()
    return int(stripped) if stripped.isascii() and stripped.isdigit() else None


def _of_interchange(
    answer: InterchangeAcknowledgement, named: Sequence[ClaimFile]
) -> Iterator[FileVerdict]:
    label = CODES.label(CodeList.INTERCHANGE_NOTES, answer.note_code) or "unknown code"
    verdict = FileVerdict(
        position=answer.position,
        control_number=answer.interchange_control_number[:80],
        standing=AcknowledgementStanding.RETURNED,
        detail=f"The interchange was rejected: {answer.note_code} {label}"[:500],
    )
    match interchange_outcome(answer):
        case Outcome.REJECTED:
            yield _named(verdict, named)
        case Outcome.UNDECIDED:
            detail = "The answer to the interchange (TA1) cannot be understood"
            undecided = replace(verdict, standing=AcknowledgementStanding.UNDECIDED, detail=detail)
            yield replace(undecided, waits=WaitingReason.UNDECIDED)
        case _:
            if len(named) != 1:
                received = AcknowledgementStanding.RECEIVED
                detail = "An interchange was received"
                yield _named(replace(verdict, standing=received, detail=detail), named)


def _of_group(answer: GroupAnswer, named: Sequence[ClaimFile]) -> FileVerdict:
    group = answer.group
    verdict = FileVerdict(
        position=group.position,
        control_number=group.group_control_number[:80],
        standing=AcknowledgementStanding.RECEIVED,
        detail="A group of claims was answered",
    )
    if len(named) != 1:
        return _named(verdict, named)
    (decision,) = set_decisions(group, answer.sets, [str(named[0].set_control_number)])
    said = reasons_said(decision.reasons)
    match decision.outcome:
        case Outcome.ACCEPTED:
            accepted = replace(verdict, standing=AcknowledgementStanding.ACCEPTED, detail="")
            return _named(accepted, named)
        case Outcome.ACCEPTED_WITH_ERRORS:
            detail = f"Accepted with errors: {said}"[:500]
            accepted = replace(verdict, standing=AcknowledgementStanding.ACCEPTED, detail=detail)
            return _named(accepted, named)
        case Outcome.REJECTED | Outcome.PARTLY_ACCEPTED:
            is_partial = decision.outcome is Outcome.PARTLY_ACCEPTED
            answered = replace(
                verdict,
                standing=(
                    AcknowledgementStanding.ACCEPTED
                    if is_partial
                    else AcknowledgementStanding.RETURNED
                ),
                detail=f"The file was {'partly ' * is_partial}rejected: {said}"[:500],
                is_partial=is_partial,
                reasons=[each for each in decision.reasons if each.claim is None],
            )
            return _named(blaming(answered, blamed(decision.reasons)), named)
        case Outcome.UNDECIDED:
            detail = "The answer to the file (999) is absent, damaged or contradicts itself"
            undecided = AcknowledgementStanding.UNDECIDED
            return replace(
                verdict,
                standing=undecided,
                detail=detail,
                file=named[0],
                waits=WaitingReason.UNDECIDED,
            )


def _of_party(
    party: PartyStatus, file: ClaimFile | None, *, has_claims: bool
) -> Iterator[FileVerdict]:
    """Only a rejection decides; one with claims below it is told of each of them."""
    decision = party_decision(party)
    if decision is None or decision.standing is not ClaimStanding.REJECTED:
        return
    codes = codes_of(decision.codes)
    verdict = FileVerdict(
        position=party.position,
        control_number=(party.trace_number or "")[:80],
        standing=AcknowledgementStanding.RETURNED,
        detail=f"The submission was rejected: {', '.join(codes)}"[:500],
        status_codes=codes,
    )
    if party.level is StatusLevel.RECEIVER and file is not None:
        yield _named(verdict, [file])
    elif not has_claims and party.level is StatusLevel.RECEIVER:
        yield _named(verdict, [])
    elif not has_claims:
        detail = f"All claims of a {party.level} were rejected: {', '.join(codes)}"[:500]
        yield replace(verdict, detail=detail, waits=WaitingReason.UNDECIDED)


def _named(verdict: FileVerdict, named: Sequence[ClaimFile]) -> FileVerdict:
    if len(named) == 1:
        return replace(verdict, file=named[0])
    detail = verdict.detail
    if named:
        detail += "; several partners have had a file of this number: say whose answer it is"
    else:
        detail += "; no file of this number was sent"
    return replace(verdict, detail=detail[:500], waits=WaitingReason.UNKNOWN_FILE)


def _followed(verdicts: Iterable[FileVerdict]) -> Iterator[FileVerdict]:
    """Where each file goes, one answer after another; the stronger answer stays."""
    statuses: dict[UUID, ClaimFileStatus] = {}
    for each in verdicts:
        if each.file is None or each.waits is not None:
            yield each
            continue
        status = statuses.get(each.file.id, each.file.status)
        accepts = each.standing is AcknowledgementStanding.ACCEPTED
        if status is ClaimFileStatus.CANCELLED or (accepts and status is ClaimFileStatus.REJECTED):
            detail = f"{each.detail or 'Accepted'}; the file is {status}"[:500]
            yield replace(each, detail=detail, waits=WaitingReason.CONTRADICTS)
            continue
        wanted = ClaimFileStatus.ACCEPTED if accepts else ClaimFileStatus.REJECTED
        statuses[each.file.id] = wanted
        yield replace(each, moves_to=wanted)


def _by(
    files: Iterable[ClaimFile], key: Callable[[ClaimFile], int | None]
) -> dict[int | None, list[ClaimFile]]:
    found: dict[int | None, list[ClaimFile]] = defaultdict(list)
    for file in files:
        found[key(file)].append(file)
    found.pop(None, None)
    return found
