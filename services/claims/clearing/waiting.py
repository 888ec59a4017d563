"""The queue of answers that a person looks at: assigned to a claim, dismissed with a reason, or
tried again by itself when their claim goes out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar
from uuid import UUID

from services.claims.clearing.applying import Judged, Judgement, judge, record_judgement
from services.claims.clearing.file_verdicts import FileVerdict
from services.claims.clearing.verdicts import Verdict
from services.inputs import Input, Reason
from services.refusals import Category, Fault, IllegalTransition, InvalidInput, Refusal
from storage.errors import VersionConflict
from storage.filters import WaitingAcknowledgementFilter
from storage.interface import Page, Store
from storage.tables.claims import Claim
from storage.tables.clearing import WaitingAcknowledgement, WaitingAcknowledgementFields
from storage.vocabulary.claims import AcknowledgementOutcome
from storage.vocabulary.clearing import (
    AcknowledgementStanding,
    WaitingReason,
    WaitingStatus,
)

_CLEAR = frozenset(
    {
        AcknowledgementStanding.ACCEPTED,
        AcknowledgementStanding.REJECTED,
        AcknowledgementStanding.RECEIVED,
        AcknowledgementStanding.RETURNED,
    }
)


class Assignment(Input):
    """The claim that an answer is about; what the answer means, where it does not say it itself."""

    claim_id: UUID
    outcome: AcknowledgementOutcome | None = None


class Dismissal(Input):
    """Why nothing follows from an answer."""

    reason: Reason


@dataclass
class AnswerDoesNotFit(Refusal):
    """The claim stands so that the answer cannot be about it."""

    title: ClassVar[str] = "The answer does not fit the claim as it stands"
    waits_because: str


@dataclass
class AnswerUnclear(Refusal):
    """A person says what it means."""

    category: ClassVar[Category] = Category.INVALID
    title: ClassVar[str] = "The answer does not say whether the claim was accepted"
    standing: str

    @property
    def detail(self) -> str:
        return "Say what it means with outcome, or dismiss it."


@dataclass
class AnswersAFile(Refusal):
    """It is about a file, and not about a claim."""

    title: ClassVar[str] = "The answer is about a file as a whole"

    @property
    def detail(self) -> str:
        return "It cannot be assigned to a claim; see to it with the partner, and dismiss it."


async def list_waiting(
    store: Store, conditions: WaitingAcknowledgementFilter, *, limit: int, after: UUID | None
) -> Page[WaitingAcknowledgement]:
    """Answers that wait or waited, newest first."""
    return await store.waiting_acknowledgements.list(conditions, limit=limit, after=after)


async def get_waiting(store: Store, waiting_id: UUID) -> WaitingAcknowledgement:
    """Raises RowNotFound."""
    return await store.waiting_acknowledgements.get(waiting_id)


async def assign_waiting(
    store: Store, waiting_id: UUID, assignment: Assignment, *, expected_version: int
) -> WaitingAcknowledgement:
    """Have an answer do to a claim what it says.

    Raises RowNotFound, VersionConflict, IllegalTransition, InvalidInput, AnswersAFile,
    AnswerUnclear, AnswerDoesNotFit, FileStillUnderWay.
    """
    waiting = await _open(store, waiting_id, WaitingStatus.APPLIED, expected_version)
    if waiting.patient_control_number is None:
        raise AnswersAFile
    if not await store.claims.get_many([assignment.claim_id]):
        raise InvalidInput([Fault("/claim_id", "names nothing that exists")])
    verdict = replace(_verdict(waiting), claim_id=assignment.claim_id)
    if assignment.outcome is not None:
        verdict = replace(verdict, standing=AcknowledgementStanding(assignment.outcome.value))
    if verdict.standing not in _CLEAR:
        raise AnswerUnclear(verdict.standing)
    judgement = await judge(store, [verdict])
    (judged,) = judgement.judged
    if judged.move.waits not in (None, WaitingReason.NEXT_PAYER):
        raise AnswerDoesNotFit(str(judged.move.waits))
    await record_judgement(store, judgement, source=await _source(store, waiting))
    assert judged.claim is not None
    return await store.waiting_acknowledgements.update(
        waiting_id,
        {
            "status": WaitingStatus.APPLIED,
            "claim_id": judged.claim.id,
            "patient_id": judged.claim.patient_id,
            "resolved_at": store.now,
        },
        expected_version=expected_version,
    )


async def dismiss_waiting(
    store: Store, waiting_id: UUID, dismissal: Dismissal, *, expected_version: int
) -> WaitingAcknowledgement:
    """Let nothing follow from an answer. Raises RowNotFound, VersionConflict,
    IllegalTransition."""
    await _open(store, waiting_id, WaitingStatus.DISMISSED, expected_version)
    return await store.waiting_acknowledgements.update(
        waiting_id,
        {
            "status": WaitingStatus.DISMISSED,
            "resolution_note": dismissal.reason,
            "resolved_at": store.now,
        },
        expected_version=expected_version,
    )


async def retry_waiting(store: Store, claims: Sequence[Claim]) -> None:
    """Do what was answered about these claims before it was known that they went out."""
    numbers = [claim.patient_control_number for claim in claims]
    waiting = await store.waiting_acknowledgements.lock_all(
        WaitingAcknowledgementFilter(
            patient_control_numbers=numbers,
            status=WaitingStatus.OPEN,
            waits_because=WaitingReason.UNKNOWN_CLAIM,
        )
    )
    if not waiting:
        return
    judgement = await judge(store, [_verdict(each) for each in waiting])
    await record_judgement(store, judgement, source="an acknowledgement that had waited")
    done = [
        (row, judged.claim)
        for row, judged in zip(waiting, judgement.judged, strict=True)
        if judged.move.waits is None and judged.claim is not None
    ]
    await store.waiting_acknowledgements.update_many(
        {row.id: row.version for row, _ in done},
        {
            "status": [WaitingStatus.APPLIED] * len(done),
            "claim_id": [claim.id for _, claim in done],
            "patient_id": [claim.patient_id for _, claim in done],
            "resolved_at": [store.now] * len(done),
        },
    )


async def queue_judged(store: Store, judgement: Judgement) -> None:
    """Queue the answers about claims that a person looks at."""
    await store.waiting_acknowledgements.create_many(
        [_fields(each) for each in judgement.judged if each.move.waits is not None]
    )


async def queue_file_verdicts(
    store: Store, acknowledgement_file_id: UUID, verdicts: Sequence[FileVerdict]
) -> None:
    """Queue the answers about files that a person looks at."""
    await store.waiting_acknowledgements.create_many(
        [
            WaitingAcknowledgementFields(
                acknowledgement_file_id=acknowledgement_file_id,
                position=each.position,
                standing=each.standing,
                waits_because=each.waits,
                control_number=each.control_number,
                status_codes=list(each.status_codes),
                detail=each.detail,
            )
            for each in verdicts
            if each.waits is not None
        ]
    )


def _fields(judged: Judged) -> WaitingAcknowledgementFields:
    verdict, claim = judged.verdict, judged.claim
    assert judged.move.waits is not None
    return WaitingAcknowledgementFields(
        acknowledgement_file_id=verdict.acknowledgement_file_id,
        position=verdict.position,
        standing=verdict.standing,
        waits_because=judged.move.waits,
        control_number=verdict.reference,
        patient_control_number=verdict.patient_control_number
        or (None if claim is None else claim.patient_control_number),
        payer_claim_number=verdict.payer_claim_number,
        answered_on=verdict.answered_on,
        status_codes=list(verdict.status_codes),
        detail=verdict.detail,
        claim_id=None if claim is None else claim.id,
        patient_id=None if claim is None else claim.patient_id,
    )


def _verdict(waiting: WaitingAcknowledgement) -> Verdict:
    return Verdict(
        acknowledgement_file_id=waiting.acknowledgement_file_id,
        position=waiting.position,
        standing=waiting.standing,
        status_codes=tuple(waiting.status_codes),
        detail=waiting.detail,
        patient_control_number=waiting.patient_control_number,
        payer_claim_number=waiting.payer_claim_number,
        answered_on=waiting.answered_on,
        reference=waiting.control_number,
    )


async def _source(store: Store, waiting: WaitingAcknowledgement) -> str:
    file = await store.acknowledgement_files.get(waiting.acknowledgement_file_id)
    return file.file_name


async def _open(
    store: Store, waiting_id: UUID, wanted: WaitingStatus, expected_version: int
) -> WaitingAcknowledgement:
    waiting = await store.waiting_acknowledgements.lock(waiting_id)
    if waiting.version != expected_version:
        raise VersionConflict("waiting_acknowledgements")
    if waiting.status is not WaitingStatus.OPEN:
        raise IllegalTransition("waiting acknowledgement", waiting.status, wanted, [])
    return waiting
