"""A person approves a packet: exactly those bytes, named by their hash; and, unless the company
says that one person suffices, a person who had no hand in it.

Who looks at a packet that others have made approves it there and then. Whoever made it, or any
part of it, can only ask for somebody else's approval.
"""

import hmac
from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from services.approvals.asking import Asked, ask
from services.approvals.involvement import involve_from_trail, roles_of, take_seat
from services.approvals.steps import Step, Subject, Threshold
from services.approvals.thresholds import second_person_needed, threshold_of
from services.claims.appealing.drafting import ENTITY, held
from services.claims.appealing.lifecycle import require_move
from services.claims.appealing.packet import NoPacket
from services.identity.authentication import Principal
from services.identity.scopes import Scope
from services.inputs import Input
from services.refusals import Refusal
from storage.interface import Store
from storage.tables.appeals import ClaimAppeal
from storage.tables.approvals import Approval
from storage.vocabulary.appeals import AppealStatus
from storage.vocabulary.approvals import ApprovalKind, ParticipantRole, ThresholdRule


@dataclass
class OtherPacket(Refusal):
    """The hash is not that of the packet on record: look at it again."""

    title: ClassVar[str] = "This is not the packet that is on record"


class PacketApproval(Input):
    """The SHA-256 of the packet that was read, in hexadecimal."""

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", examples=["0123456789abcdef" * 4])]


async def approve_packet(
    store: Store,
    principal: Principal,
    appeal_id: UUID,
    approving: PacketApproval,
    *,
    expected_version: int,
) -> ClaimAppeal | Asked[ClaimAppeal]:
    """Approve the packet of a draft: it is ready to go out as it is; or ask that somebody else do,
    where that takes another person, or several.

    Raises RowNotFound, PersonNeeded, ReauthenticationNeeded, VersionConflict, IllegalTransition,
    NoPacket, OtherPacket, AlreadyAsked, MissingScope.
    """
    principal.require_session()
    appeal = await held(store, appeal_id, expected_version)
    require_move(appeal, AppealStatus.READY)
    if appeal.packet_sha256 is None:
        raise NoPacket
    if not hmac.compare_digest(appeal.packet_sha256, bytes.fromhex(approving.sha256)):
        raise OtherPacket
    if not await second_person_needed(store, PACKET, amount_cents=appeal.amount_cents):
        return await _approved(store, appeal, is_alone=True)
    await involve_from_trail(store, ENTITY, appeal_id, ())
    role = (await roles_of(store, ENTITY, appeal_id)).get(principal.id)
    is_enough = (await threshold_of(store, PACKET)).quorum == 1
    if is_enough and role is not ParticipantRole.INVOLVED:
        principal.require_recent_proof(store.now)
        await take_seat(store, ENTITY, appeal_id, principal.id)
        return await _approved(store, appeal, is_alone=False)
    reason = f"The packet with the SHA-256 {approving.sha256}"
    return Asked(appeal, await ask(store, principal, PACKET, _subject_of(appeal), reason))


async def _subject(store: Store, appeal_id: UUID) -> Subject:
    return _subject_of(await store.claim_appeals.lock(appeal_id))


def _subject_of(appeal: ClaimAppeal) -> Subject:
    return Subject(appeal.id, appeal.version, appeal.amount_cents)


async def _apply(store: Store, approval: Approval) -> None:
    appeal = await store.claim_appeals.get(approval.entity_id)
    require_move(appeal, AppealStatus.READY)
    await _approved(store, appeal, is_alone=False)


async def _approved(store: Store, appeal: ClaimAppeal, *, is_alone: bool) -> ClaimAppeal:
    return await store.claim_appeals.update(
        appeal.id,
        {
            "status": AppealStatus.READY,
            "approved_by_person_id": store.actor.principal_id,
            "approved_at": store.now,
            "is_approved_alone": is_alone,
        },
        expected_version=appeal.version,
    )


PACKET = Step(
    kind=ApprovalKind.APPEAL_PACKET,
    title="Approve the packet of an appeal",
    entity=ENTITY,
    asking_scope=Scope.CLAIMS_WRITE,
    deciding_scope=Scope.APPEALS_APPROVE,
    default=Threshold(ThresholdRule.ALWAYS),
    subject=_subject,
    apply=_apply,
)
