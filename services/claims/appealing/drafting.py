"""Putting an appeal together: which denials it is about, at which level, and what goes with it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from services.approvals.involvement import worked
from services.claims.appealing.deadlines import Ladder, Level
from services.claims.appealing.lifecycle import UNDER_WAY, require_unsent
from services.claims.claims import hold_claim
from services.files.media_types import JPEG, PDF, PNG
from services.inputs import Identifier, Input, LongText, Name, left_out
from services.refusals import Fault, InvalidInput, Refusal
from storage.errors import RowNotFound, VersionConflict
from storage.filters import (
    AppealAttachmentFilter,
    AppealRuleFilter,
    ByAppeal,
    ClaimAppealFilter,
    DenialFilter,
)
from storage.interface import Page, Store
from storage.tables.appeals import (
    AppealAttachment,
    AppealAttachmentFields,
    AppealDenialFields,
    ClaimAppeal,
    ClaimAppealFields,
)
from storage.tables.claims import Claim
from storage.tables.files import StoredFile
from storage.tables.ledger import Denial
from storage.vocabulary.appeals import AppealStatus
from storage.vocabulary.claims import DenialStatus
from storage.vocabulary.files import FilePurpose

ENTITY = "claim_appeals"
MOST_DENIALS = 50
MOST_ATTACHMENTS = 50
TYPESET = frozenset({PDF, PNG, JPEG})
"""The media types that can be part of a packet."""

_LOST = frozenset({AppealStatus.UPHELD, AppealStatus.PARTLY_OVERTURNED})


@dataclass
class NothingToAppeal(Refusal):
    """No open denial of the claim can be appealed."""

    title: ClassVar[str] = "There is no decision that could be appealed"


@dataclass
class NoAppealRights(Refusal):
    """The payer's remarks take away the right of appeal, or the denial is not of a kind that an
    appeal mends."""

    title: ClassVar[str] = "A denial has no right of appeal"
    denial_ids: list[UUID]
    remark_codes: list[str]

    @property
    def detail(self) -> str:
        codes = ", ".join(self.remark_codes)
        said = f" (remarks: {codes})" if codes else ""
        return f"It is corrected and sent anew, or billed elsewhere{said}."


@dataclass
class AppealUnderWay(Refusal):
    """A denial is being appealed already, or was won."""

    title: ClassVar[str] = "An appeal about this denial is under way, or was won"
    appeal_id: UUID
    state: AppealStatus


@dataclass
class NoSuchLevel(Refusal):
    """No rule says that the payer can be asked at this level."""

    title: ClassVar[str] = "No rule names this level of appeal for the payer"
    payer_id: UUID
    level: int

    @property
    def detail(self) -> str:
        return "Record a rule for it, with its days and its source, if the payer has such a level."


class NewAppeal(Input):
    """Why the payer should decide again, about which denials, and what goes with it.

    Without ``denial_ids`` it is about every open denial of the claim that one payer can be asked
    about at one level, that of the one due first. ``supporting_documents`` names papers that go
    along and are not kept here. ``plan`` picks the company's rules for a plan of the payer.
    """

    reason: LongText
    denial_ids: Annotated[
        Annotated[list[UUID], Field(min_length=1, max_length=MOST_DENIALS)] | None,
        Field(examples=[None]),
    ] = None
    file_ids: Annotated[list[UUID], Field(max_length=MOST_ATTACHMENTS)] = []
    supporting_documents: Annotated[list[Name], Field(max_length=50)] = []
    plan: Annotated[Identifier | None, Field(examples=["Gold PPO"])] = None
    notes: LongText | None = None


class AppealChanges(Input):
    """What to change of an appeal that has not been sent; its packet is made anew afterwards.
    ``notes`` are one's own and change at any time."""

    reason: LongText = left_out()
    supporting_documents: Annotated[list[Name], Field(max_length=50)] = left_out()
    notes: LongText | None = None


class NewAttachment(Input):
    """A kept file that goes with the appeal, and what its cover sheet calls it."""

    file_id: UUID
    title: Annotated[Name, Field(examples=["Authorization letter of 12 February"])]


async def draft_appeal(
    store: Store, claim_id: UUID, new: NewAppeal, *, expected_version: int
) -> ClaimAppeal:
    """Begin the claim's next appeal; the claim counts it. ``expected_version`` is the claim's.

    The level follows from the earlier appeals about the same denials, and the deadline from the
    level: from the day the remittance was received, or the answer to the level before.
    Raises RowNotFound, VersionConflict, InvalidInput, NothingToAppeal, NoAppealRights,
    AppealUnderWay, NoSuchLevel.
    """
    claim = await hold_claim(store, claim_id, expected_version=expected_version)
    denials = await _chosen(store, claim, new.denial_ids)
    level, started_on = await _next_level(store, claim, denials, new.plan)
    files = await _attachable(store, claim, new.file_ids)
    appeal = await store.claim_appeals.create(
        ClaimAppealFields(
            claim_id=claim_id,
            patient_id=claim.patient_id,
            payer_id=denials[0].payer_id,
            appeal_number=claim.appeal_count + 1,
            level=level.level,
            level_name=level.name,
            plan=new.plan,
            reason=new.reason,
            supporting_documents=new.supporting_documents,
            notes=new.notes,
            amount_cents=sum(each.amount_cents for each in denials),
            started_on=started_on,
            due_on=level.due_on(started_on),
            due_is_verified=level.is_verified,
            due_source=level.source,
        )
    )
    await store.appeal_denials.create_many(
        [AppealDenialFields(appeal_id=appeal.id, denial_id=each.id) for each in denials]
    )
    await store.appeal_attachments.create_many(
        [
            AppealAttachmentFields(
                appeal_id=appeal.id,
                patient_id=appeal.patient_id,
                file_id=each.id,
                title=each.name[:200],
            )
            for each in files
        ]
    )
    await store.claims.update(
        claim_id, {"appeal_count": appeal.appeal_number}, expected_version=expected_version
    )
    return appeal


async def get_appeal(store: Store, appeal_id: UUID) -> ClaimAppeal:
    """Raises RowNotFound."""
    return await store.claim_appeals.get(appeal_id)


async def list_appeals(
    store: Store, conditions: ClaimAppealFilter, *, limit: int, after: UUID | None
) -> Page[ClaimAppeal]:
    """Appeals, newest first."""
    return await store.claim_appeals.list(conditions, limit=limit, after=after)


async def denials_of(store: Store, appeal_id: UUID) -> list[Denial]:
    """The denials that an appeal is about. Raises RowNotFound."""
    await store.claim_appeals.get(appeal_id)
    links = await store.appeal_denials.all(ByAppeal(appeal_id=appeal_id))
    return await store.denials.get_many([each.denial_id for each in links])


async def attachments_of(store: Store, appeal_id: UUID) -> list[AppealAttachment]:
    """What goes with an appeal, in its order. Raises RowNotFound."""
    await store.claim_appeals.get(appeal_id)
    return await store.appeal_attachments.all(AppealAttachmentFilter(appeal_id=appeal_id))


async def change_appeal(
    store: Store, appeal_id: UUID, changes: AppealChanges, *, expected_version: int
) -> ClaimAppeal:
    """Change what an appeal says.

    Raises RowNotFound, VersionConflict, IllegalTransition, DecidedBefore.
    """
    appeal = await held(store, appeal_id, expected_version)
    given = changes.given()
    if given.keys() - {"notes"}:
        require_unsent(appeal)
        await worked(store, ENTITY, appeal_id)
        given |= WITHOUT_PACKET
    return await store.claim_appeals.update(appeal_id, given, expected_version=expected_version)


async def attach(
    store: Store, appeal_id: UUID, new: NewAttachment, *, expected_version: int
) -> ClaimAppeal:
    """Let a kept file go with the appeal, as the last one.

    Raises RowNotFound, VersionConflict, IllegalTransition, InvalidInput, DecidedBefore.
    """
    appeal = await held(store, appeal_id, expected_version)
    require_unsent(appeal)
    claim = await store.claims.get(appeal.claim_id)
    (file,) = await _attachable(store, claim, [new.file_id], pointer="/file_id")
    present = await store.appeal_attachments.all(AppealAttachmentFilter(appeal_id=appeal_id))
    if len(present) >= MOST_ATTACHMENTS:
        raise InvalidInput([Fault("/file_id", f"would be more than {MOST_ATTACHMENTS} files")])
    if any(each.file_id == file.id for each in present):
        raise InvalidInput([Fault("/file_id", "goes with this appeal already")])
    await worked(store, ENTITY, appeal_id)
    await store.appeal_attachments.create(
        AppealAttachmentFields(
            appeal_id=appeal_id, patient_id=appeal.patient_id, file_id=file.id, title=new.title
        )
    )
    return await store.claim_appeals.update(
        appeal_id, WITHOUT_PACKET, expected_version=expected_version
    )


async def detach(
    store: Store, appeal_id: UUID, attachment_id: UUID, *, expected_version: int
) -> ClaimAppeal:
    """Let a file not go with the appeal.

    Raises RowNotFound, VersionConflict, IllegalTransition, DecidedBefore.
    """
    appeal = await held(store, appeal_id, expected_version)
    attachment = await store.appeal_attachments.get(attachment_id)
    if attachment.appeal_id != appeal_id:
        raise RowNotFound("appeal_attachments")
    require_unsent(appeal)
    await worked(store, ENTITY, appeal_id)
    await store.appeal_attachments.delete(attachment_id, expected_version=attachment.version)
    return await store.claim_appeals.update(
        appeal_id, WITHOUT_PACKET, expected_version=expected_version
    )


async def held(store: Store, appeal_id: UUID, expected_version: int) -> ClaimAppeal:
    """The appeal, held until the transaction ends. Raises RowNotFound, VersionConflict."""
    appeal = await store.claim_appeals.lock(appeal_id)
    if appeal.version != expected_version:
        raise VersionConflict(ENTITY)
    return appeal


WITHOUT_PACKET: Mapping[str, object] = {
    "status": AppealStatus.DRAFT,
    "packet_file_id": None,
    "packet_sha256": None,
    "packet_page_count": None,
    "packet_made_by": None,
    "approved_by_person_id": None,
    "approved_at": None,
    "is_approved_alone": False,
}
"""What a change of the content makes of an appeal: a packet that says something else is none of
it, and neither is its approval."""


async def _chosen(store: Store, claim: Claim, denial_ids: Sequence[UUID] | None) -> list[Denial]:
    """The denials that an appeal is about, held."""
    if denial_ids is None:
        found = await store.denials.lock_all(
            DenialFilter(claim_id=claim.id, status=DenialStatus.OPEN, is_appealable=True)
        )
        if not found:
            raise NothingToAppeal
        of_payer = [each for each in found if each.payer_id == found[-1].payer_id]
        urgent = min(of_payer, key=lambda each: (each.due_on, each.id))
        return [each for each in of_payer if each.appeal_level == urgent.appeal_level]
    found = await store.denials.lock_all(DenialFilter(ids=list(denial_ids)))
    by_id = {each.id: each for each in found if each.claim_id == claim.id}
    faults = [
        Fault(f"/denial_ids/{at}", message)
        for at, denial_id in enumerate(denial_ids)
        if (message := _unfit(by_id.get(denial_id), denial_id, denial_ids[:at])) is not None
    ]
    if faults:
        raise InvalidInput(faults)
    chosen = [by_id[each] for each in denial_ids]
    if len({each.payer_id for each in chosen}) > 1:
        raise InvalidInput([Fault("/denial_ids", "are of several payers: appeal to each")])
    without = [each for each in chosen if not each.is_appealable]
    if without:
        codes = {code for each in without for code in each.remark_codes}
        raise NoAppealRights([each.id for each in without], sorted(codes))
    return chosen


def _unfit(denial: Denial | None, denial_id: UUID, before: Sequence[UUID]) -> str | None:
    if denial is None:
        return "names no denial of this claim"
    if denial_id in before:
        return "is named twice"
    return None if denial.status is DenialStatus.OPEN else f"is {denial.status}"


async def _next_level(
    store: Store, claim: Claim, denials: Sequence[Denial], plan: str | None
) -> tuple[Level, dt.date]:
    """The level that can be asked for now, and the day from which its days are counted."""
    payer = await store.payers.get(denials[0].payer_id)
    rules = await store.appeal_rules.all(AppealRuleFilter(payer_id=payer.id))
    links = await store.appeal_denials.all(ByAppeal(denial_ids=[each.id for each in denials]))
    earlier = {
        each.id: each
        for each in await store.claim_appeals.get_many(sorted({each.appeal_id for each in links}))
    }
    for appeal in earlier.values():
        if appeal.status in UNDER_WAY or appeal.status is AppealStatus.OVERTURNED:
            raise AppealUnderWay(appeal.id, appeal.status)
    stands = [
        _stands_at(each, [earlier[link.appeal_id] for link in links if link.denial_id == each.id])
        for each in denials
    ]
    if len({number for number, _ in stands}) > 1:
        raise InvalidInput(
            [Fault("/denial_ids", "stand at different levels of appeal: appeal to each by itself")]
        )
    number, started_on = min(stands)
    level = Ladder(payer.id, payer.type, rules).level(
        number, on=started_on, claim_type=claim.type, plan=plan
    )
    if level is None:
        raise NoSuchLevel(payer.id, number)
    return level, started_on


def _stands_at(denial: Denial, earlier: Sequence[ClaimAppeal]) -> tuple[int, dt.date]:
    """The level at which one denial can be appealed now, and from when on its days are counted."""
    lost = [
        (each.level, each.resolved_on)
        for each in earlier
        if each.status in _LOST and each.resolved_on is not None
    ]
    if not lost:
        return 1, denial.deadline_started_on
    level, answered_on = max(lost)
    return level + 1, answered_on


async def _attachable(
    store: Store, claim: Claim, file_ids: Sequence[UUID], *, pointer: str | None = None
) -> list[StoredFile]:
    """The kept files with these ids, in this order. One of another patient never goes along."""
    found = {each.id: each for each in await store.stored_files.get_many(list(file_ids))}
    faults = []
    for at, file_id in enumerate(file_ids):
        where = pointer or f"/file_ids/{at}"
        file = found.get(file_id)
        if file is None or file.purpose is not FilePurpose.ATTACHMENT:
            faults.append(Fault(where, "names nothing that exists"))
        elif file_id in file_ids[:at]:
            faults.append(Fault(where, "is named twice"))
        elif file.patient_id not in (None, claim.patient_id):
            faults.append(Fault(where, "is about another patient"))
        elif file.deletion is not None:
            faults.append(Fault(where, "is not kept any more"))
        elif file.media_type not in TYPESET:
            kinds = ", ".join(sorted(TYPESET))
            faults.append(Fault(where, f"is {file.media_type}; a packet takes {kinds}"))
    if faults:
        raise InvalidInput(faults)
    return [found[each] for each in file_ids]
