"""Verdicts onto claims: what each one does is decided without the database, and all of it is
written in a constant number of statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from services.claims.clearing.hold import ON_THE_WAY
from services.claims.clearing.verdicts import LONGEST_REASON, Move, Standing, Verdict, move_of
from services.claims.ledger.charges import booked_cents, charge_entry
from services.claims.ledger.claim_balances import has_money
from services.claims.lifecycle import ON_ITS_WAY
from services.claims.replacing.charges import give_back_charges
from services.company_calendar import company_today
from services.outbox.events import publish_many
from services.refusals import Refusal
from storage.filters import ClaimFileFilter, ClaimFilter, FiledClaimFilter
from storage.interface import Store
from storage.tables.claims import Claim, ClaimAcknowledgementFields
from storage.tables.clearing import FiledClaim
from storage.vocabulary.claims import (
    AcknowledgementOutcome,
    AdjudicationStatus,
    ClaimStatus,
)
from storage.vocabulary.clearing import (
    AcknowledgementStanding,
    FiledClaimStatus,
    WaitingReason,
)
from storage.vocabulary.outbox import EventType

_LEFT = [
    each
    for each in FiledClaimStatus
    if each not in (*ON_THE_WAY, FiledClaimStatus.REFUSED, FiledClaimStatus.WITHDRAWN)
]


@dataclass
class FileStillUnderWay(Refusal):
    """An answer is here before it is on record that what it answers has arrived."""

    title: ClassVar[str] = "The file that this answers is still being delivered"
    claim_file_id: UUID

    @property
    def detail(self) -> str:
        return "Hand it in again once the file is sent; nothing was recorded."


@dataclass(frozen=True)
class Judged:
    """What became of a verdict: the claim that it was about, and why it waits, if it does."""

    verdict: Verdict
    claim: Claim | None
    move: Move


@dataclass(eq=False)
class _Case:
    """A claim, the files that it was sent in, and what changes."""

    claim: Claim
    filed: dict[UUID, FiledClaim]
    references: Mapping[str, UUID]
    standing: Standing
    latest: UUID | None
    moves: list[Judged] = field(default_factory=list)
    filed_statuses: dict[UUID, FiledClaimStatus] = field(default_factory=dict)


@dataclass(frozen=True)
class Judgement:
    """What verdicts do, decided and not yet written."""

    judged: Sequence[Judged]
    cases: Sequence[_Case]

    @property
    def accepted_count(self) -> int:
        """How many claims were accepted."""
        return self._count(ClaimStatus.ACCEPTED)

    @property
    def rejected_count(self) -> int:
        """How many claims came back."""
        return self._count(ClaimStatus.REJECTED, ClaimStatus.READY_TO_SUBMIT)

    @property
    def waiting_count(self) -> int:
        """How many answers wait for a person."""
        return sum(each.move.waits is not None for each in self.judged)

    def _count(self, *statuses: ClaimStatus) -> int:
        return sum(
            case.standing.status in statuses and case.standing.status is not case.claim.status
            for case in self.cases
        )


async def judge(store: Store, verdicts: Sequence[Verdict]) -> Judgement:
    """Decide what verdicts do, in their order; the claims that they are about are held.

    Verdicts about claims that are not there, and those that a person must look at, say so. The
    number of statements does not depend on that of the verdicts. Raises FileStillUnderWay.
    """
    cases, by_number = await _cases(store, verdicts)
    judged = []
    for verdict in verdicts:
        claim_id = verdict.claim_id or by_number.get(verdict.patient_control_number or "")
        case = cases.get(claim_id) if claim_id is not None else None
        if case is None:
            judged.append(Judged(verdict, None, Move(waits=WaitingReason.UNKNOWN_CLAIM)))
        else:
            judged.append(_judge(case, verdict))
    return Judgement(judged, list(cases.values()))


async def record_judgement(store: Store, judgement: Judgement, *, source: str) -> None:
    """Move claims as was decided; ``source`` is what the record of it names."""
    await _write(store, judgement.cases, source)


async def _cases(
    store: Store, verdicts: Sequence[Verdict]
) -> tuple[dict[UUID, _Case], dict[str, UUID]]:
    numbers = {each.patient_control_number for each in verdicts if each.claim_id is None}
    named = await store.claims.all(
        ClaimFilter(patient_control_numbers=sorted(each for each in numbers if each))
    )
    by_number = {claim.patient_control_number: claim.id for claim in named}
    ids = {*by_number.values(), *(each.claim_id for each in verdicts if each.claim_id)}
    claims = await store.claims.lock_all(ClaimFilter(ids=sorted(ids)))
    filed = await store.filed_claims.all(FiledClaimFilter(claim_ids=[each.id for each in claims]))
    for each in filed:
        if each.status is FiledClaimStatus.PREPARED:
            raise FileStillUnderWay(each.claim_file_id)
    left = [each for each in filed if each.status in _LEFT]
    files = await store.claim_files.all(
        ClaimFileFilter(ids=sorted({each.claim_file_id for each in left}))
    )
    company = await store.companies.get(store.company_id)
    zone = ZoneInfo(company.time_zone)
    sent_on = {each.id: each.sent_at.astimezone(zone).date() for each in files if each.sent_at}
    references = {each.reference: each.id for each in files if each.reference is not None}
    by_claim: dict[UUID, dict[UUID, FiledClaim]] = {claim.id: {} for claim in claims}
    for each in left:
        by_claim[each.claim_id][each.claim_file_id] = each
    cases = {}
    for claim in claims:
        of_claim = by_claim[claim.id]
        day = None if claim.submitted_at is None else claim.submitted_at.astimezone(zone).date()
        latest = max(of_claim, key=lambda file_id: of_claim[file_id].id, default=None)
        cases[claim.id] = _Case(
            claim=claim,
            filed=of_claim,
            references=references,
            latest=latest,
            standing=Standing(
                status=claim.status,
                is_adjudicated=claim.adjudication_status is not AdjudicationStatus.NOT_ADJUDICATED,
                has_money=has_money(claim),
                filed=None,
                sent_on=day if latest is None else sent_on.get(latest, day),
            ),
        )
    return cases, by_number


def _judge(case: _Case, verdict: Verdict) -> Judged:
    """Decide about one verdict, and let the next one see what it changed."""
    named = verdict.claim_file_id or case.references.get(verdict.reference or "")
    file_id = named if named in case.filed else case.latest
    filed = case.filed.get(file_id) if file_id is not None else None
    held = None if file_id is None else case.filed_statuses.get(file_id)
    now = Standing(
        status=case.standing.status,
        is_adjudicated=case.standing.is_adjudicated,
        has_money=case.standing.has_money,
        filed=held or (None if filed is None else filed.status),
        is_named=named in case.filed,
        is_latest=file_id == case.latest,
        is_next_payers=filed is not None and not filed.submits_claim,
        sent_on=case.standing.sent_on,
    )
    move = move_of(verdict, now)
    judged = Judged(verdict, case.claim, move)
    case.moves.append(judged)
    if move.status is not None:
        case.standing = Standing(
            status=move.status,
            is_adjudicated=now.is_adjudicated,
            has_money=now.has_money,
            filed=now.filed,
            sent_on=now.sent_on,
        )
    if move.filed is not None and file_id is not None:
        case.filed_statuses[file_id] = move.filed
    return judged


async def _write(store: Store, cases: Sequence[_Case], source: str) -> None:
    moved = [case for case in cases if any(each.move.status for each in case.moves)]
    await _change_claims(
        store,
        [
            case
            for case in cases
            if case in moved or _payer_claim_number(case) != case.claim.payer_claim_number
        ],
    )
    await _take_back_charges(store, moved)
    await _note_in_files(store, cases)
    await store.claim_acknowledgements.create_many(
        [
            ClaimAcknowledgementFields(
                claim_id=case.claim.id,
                outcome=(
                    AcknowledgementOutcome.ACCEPTED
                    if each.move.status is ClaimStatus.ACCEPTED
                    else AcknowledgementOutcome.REJECTED
                ),
                reference=source[:200],
                reason=None
                if each.move.status is ClaimStatus.ACCEPTED
                else each.verdict.detail[:LONGEST_REASON],
                payer_claim_number=each.verdict.payer_claim_number,
                status_codes=list(each.verdict.status_codes),
                acknowledgement_file_id=each.verdict.acknowledgement_file_id,
            )
            for case in moved
            for each in case.moves
            if each.move.status is not None
        ]
    )
    ids = [case.claim.id for case in moved]
    await publish_many(store, EventType.CLAIM_STATUS_CHANGED, "claims", ids)


async def _change_claims(store: Store, changed: Sequence[_Case]) -> None:
    """What came back has no charge in the ledger, and its balances are zero."""
    goes_back = [case.standing.status not in ON_ITS_WAY for case in changed]
    await store.claims.update_many(
        {case.claim.id: case.claim.version for case in changed},
        {
            "status": [case.standing.status for case in changed],
            "status_reason": [
                _last_word(case) if back else None
                for case, back in zip(changed, goes_back, strict=True)
            ],
            "submitted_at": [
                None if back else case.claim.submitted_at
                for case, back in zip(changed, goes_back, strict=True)
            ],
            "insurance_balance_cents": [
                0 if back else case.claim.insurance_balance_cents
                for case, back in zip(changed, goes_back, strict=True)
            ],
            "payer_claim_number": [_payer_claim_number(case) for case in changed],
        },
    )


async def _take_back_charges(store: Store, moved: Sequence[_Case]) -> None:
    back = [
        case.claim
        for case in moved
        if case.claim.status in ON_ITS_WAY and case.standing.status not in ON_ITS_WAY
    ]
    if not back:
        return
    today = await company_today(store)
    await store.ledger_entries.create_many(
        [charge_entry(claim, -booked_cents(claim), today) for claim in back if booked_cents(claim)]
    )
    await give_back_charges(store, back)


async def _note_in_files(store: Store, cases: Sequence[_Case]) -> None:
    """Each claim of a file says what was answered last that changed how it stands there."""
    changed = [
        (case, case.filed[file_id], status)
        for case in cases
        for file_id, status in case.filed_statuses.items()
    ]
    words = [_word_of(case, status) for case, _, status in changed]
    await store.filed_claims.update_many(
        {filed.id: filed.version for _, filed, _ in changed},
        {
            "status": [status for _, _, status in changed],
            "status_codes": [list(word.status_codes) for word in words],
            "reason": [word.detail[:LONGEST_REASON] for word in words],
            "answered_at": [store.now] * len(changed),
        },
    )


def _word_of(case: _Case, status: FiledClaimStatus) -> Verdict:
    return next(each.verdict for each in reversed(case.moves) if each.move.filed is status)


def _last_word(case: _Case) -> str:
    """The reason of the last move."""
    moves = [each for each in case.moves if each.move.status is not None]
    return moves[-1].verdict.detail[:LONGEST_REASON]


def _payer_claim_number(case: _Case) -> str | None:
    """The payer's number of an acceptance; a payer that has decided has said it already."""
    known = case.claim.payer_claim_number
    is_settled = known is not None and case.standing.is_adjudicated
    if is_settled or case.standing.status is not ClaimStatus.ACCEPTED:
        return known
    given = [
        each.verdict.payer_claim_number
        for each in case.moves
        if each.verdict.standing is AcknowledgementStanding.ACCEPTED
        and each.move.waits is None
        and each.verdict.payer_claim_number
    ]
    return given[-1] if given else known
