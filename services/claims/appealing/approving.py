"""A person approves a packet: exactly those bytes, named by their hash."""

import hmac
from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from services.claims.appealing.drafting import held
from services.claims.appealing.lifecycle import require_move
from services.claims.appealing.packet import NoPacket
from services.identity.authentication import Principal
from services.inputs import Input
from services.refusals import Refusal
from storage.interface import Store
from storage.tables.appeals import ClaimAppeal
from storage.vocabulary.appeals import AppealStatus


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
) -> ClaimAppeal:
    """Approve the packet of a draft: it is ready to go out as it is.

    Raises RowNotFound, PersonNeeded, VersionConflict, IllegalTransition, NoPacket, OtherPacket.
    """
    principal.require_session()
    appeal = await held(store, appeal_id, expected_version)
    require_move(appeal, AppealStatus.READY)
    if appeal.packet_sha256 is None:
        raise NoPacket
    if not hmac.compare_digest(appeal.packet_sha256, bytes.fromhex(approving.sha256)):
        raise OtherPacket
    return await store.claim_appeals.update(
        appeal_id,
        {
            "status": AppealStatus.READY,
            "approved_by_person_id": principal.id,
            "approved_at": store.now,
        },
        expected_version=expected_version,
    )
