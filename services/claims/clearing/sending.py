"""Asking for claims to be sent: which of them go into a file, and taking a file back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.claims.clearing.hold import files_on_the_way
from services.claims.clearing.lifecycle import require_move
from services.files.reading import ReadableFile, readable
from services.inputs import Input, Reason
from services.refusals import Category, Fault, InvalidInput, Refusal
from storage.errors import RowNotFound, VersionConflict
from storage.filters import (
    ByBatch,
    ClaimFileFilter,
    ClaimFilter,
    FiledClaimFilter,
    PayerRouteFilter,
)
from storage.interface import Page, Store
from storage.tables.claims import Claim
from storage.tables.clearing import (
    ClaimFile,
    ClaimFileFields,
    FiledClaim,
    FiledClaimFields,
    TradingPartner,
)
from storage.vocabulary.claims import AdjudicationStatus, BatchStatus, ClaimStatus, ClaimType
from storage.vocabulary.clearing import ClaimFileKind, ClaimFileStatus, FiledClaimStatus
from storage.vocabulary.outbox import MessageStatus

MOST_CLAIMS = 5000
"""In one file (TR3, 2.2.1)."""
PREPARE = "prepare_claim_file"
"""The job that writes and checks a file."""

_KIND_OF: Mapping[ClaimType, ClaimFileKind] = {
    ClaimType.PROFESSIONAL: ClaimFileKind.PROFESSIONAL,
    ClaimType.VISION: ClaimFileKind.PROFESSIONAL,
    ClaimType.INSTITUTIONAL: ClaimFileKind.INSTITUTIONAL,
}
_UNDECIDED = frozenset({AdjudicationStatus.NOT_ADJUDICATED, AdjudicationStatus.REVERSED})
_SENT_ON = frozenset({ClaimStatus.SUBMITTED, ClaimStatus.ACCEPTED})


class NewClaimFile(Input):
    """What to send: the claims named, those of a batch, or (with neither) every ready claim whose
    primary payer goes through the partner, up to 5000.

    A claim that a payer has decided about goes to its next payer when it is named. Claims with
    faults stay behind, each with its faults, unless `is_all_or_nothing`.
    """

    partner_id: UUID
    kind: ClaimFileKind = ClaimFileKind.PROFESSIONAL
    claim_ids: Annotated[
        list[UUID] | None, Field(min_length=1, max_length=MOST_CLAIMS, default=None)
    ]
    batch_id: Annotated[UUID | None, Field(examples=[None])] = None
    is_all_or_nothing: bool = False

    @model_validator(mode="after")
    def _names_claims_one_way(self) -> Self:
        if self.claim_ids is not None and self.batch_id is not None:
            raise ValueError("name claims or a batch, not both")
        return self


class Cancellation(Input):
    """Why a file is taken back, and whether its receiver was asked if it had come."""

    reason: Reason
    is_known_not_to_have_arrived: bool = False


@dataclass(frozen=True)
class LeftOutClaim:
    """A claim that was put forward, and why it does not go along."""

    claim_id: UUID
    reason: str


@dataclass(frozen=True)
class ClaimFileOutcome:
    """A file that is being prepared, and the claims that do not go along with it."""

    file: ClaimFile
    left_out: list[LeftOutClaim]


@dataclass
class NothingToSend(Refusal):
    """No claim can go along; where claims were named, each with its reason."""

    category: ClassVar[Category] = Category.INVALID
    title: ClassVar[str] = "There is no claim to send"
    left_out: list[LeftOutClaim]


@dataclass
class NotAllCanGo(Refusal):
    """All or nothing was asked for, and some cannot go."""

    category: ClassVar[Category] = Category.INVALID
    title: ClassVar[str] = "Not all of the claims can be sent"
    left_out: list[LeftOutClaim]


@dataclass
class PartnerDisabled(Refusal):
    """Nothing new is sent to a disabled partner."""

    title: ClassVar[str] = "The trading partner is disabled"

    @property
    def detail(self) -> str:
        return "Enable it first."


@dataclass
class FileBeingDelivered(Refusal):
    """It is under way this moment."""

    title: ClassVar[str] = "The file is being delivered"

    @property
    def detail(self) -> str:
        return "See how that goes: a file that did not arrive can be cancelled afterwards."


@dataclass
class FileMayHaveArrived(Refusal):
    """A try failed, which may have brought the file all the same."""

    title: ClassVar[str] = "The file may have arrived"
    attempts: int

    @property
    def detail(self) -> str:
        return (
            "It was tried, and a try that failed may have succeeded unheard. Ask the receiver, and"
            " cancel with is_known_not_to_have_arrived; else claims would be sent twice."
        )


async def create_claim_file(store: Store, new: NewClaimFile) -> ClaimFileOutcome:
    """Choose claims for a file, which a job then writes, checks and hands over.

    Until it is delivered or cancelled, its claims stay as they are. Takes a constant number of
    statements. Raises InvalidInput, PartnerDisabled, NothingToSend, NotAllCanGo.
    """
    partner = await _partner(store, new.partner_id)
    claims, absent = await _put_forward(store, new)
    reasons = await _reasons(store, new, claims)
    left_out = [LeftOutClaim(claim_id, "names no claim") for claim_id in absent]
    left_out += [
        LeftOutClaim(claim.id, reasons[claim.id]) for claim in claims if claim.id in reasons
    ]
    going = [claim for claim in claims if claim.id not in reasons]
    if not going:
        raise NothingToSend(left_out)
    if left_out and new.is_all_or_nothing:
        raise NotAllCanGo(left_out)
    file = await store.claim_files.create(
        ClaimFileFields(
            partner_id=partner.id,
            kind=new.kind,
            usage=partner.usage,
            batch_id=new.batch_id,
            is_all_or_nothing=new.is_all_or_nothing,
            claim_count=len(going),
            total_charge_cents=sum(claim.total_charge_cents for claim in going),
        )
    )
    await store.filed_claims.create_many(
        [
            FiledClaimFields(
                claim_file_id=file.id,
                claim_id=claim.id,
                patient_id=claim.patient_id,
                patient_control_number=claim.patient_control_number,
                charge_cents=claim.total_charge_cents,
                submits_claim=claim.status is ClaimStatus.READY_TO_SUBMIT,
            )
            for claim in going
        ]
    )
    await store.enqueue(
        PREPARE,
        {"claim_file_id": str(file.id), "asked_by": str(store.actor.principal_id)},
    )
    return ClaimFileOutcome(file, left_out)


async def cancel_claim_file(
    store: Store, claim_file_id: UUID, cancellation: Cancellation, *, expected_version: int
) -> ClaimFile:
    """Take back a file that was not delivered: its claims are free again.

    Raises RowNotFound, VersionConflict, IllegalTransition, FileBeingDelivered,
    FileMayHaveArrived.
    """
    seen = await store.claim_files.get(claim_file_id)
    if seen.message_id is not None:  # before the file, as deliveries do
        message = await store.outbox_messages.lock(seen.message_id)
    file = await store.claim_files.lock(claim_file_id)
    if file.version != expected_version:
        raise VersionConflict("claim_files")
    require_move(file.status, ClaimFileStatus.CANCELLED)
    if file.message_id is not None:
        if message.status is MessageStatus.DELIVERING:
            raise FileBeingDelivered
        if message.attempts and not cancellation.is_known_not_to_have_arrived:
            raise FileMayHaveArrived(message.attempts)
    await withdraw_claims(store, file)
    return await store.claim_files.update(
        file.id,
        {"status": ClaimFileStatus.CANCELLED, "status_reason": cancellation.reason},
        expected_version=file.version,
    )


async def withdraw_claims(store: Store, file: ClaimFile) -> None:
    """Free the claims of a file that does not leave."""
    filed = await store.filed_claims.lock_all(
        FiledClaimFilter(
            claim_file_id=file.id,
            statuses=[FiledClaimStatus.CHOSEN, FiledClaimStatus.PREPARED],
        )
    )
    await store.filed_claims.update_many(
        {each.id: each.version for each in filed},
        {"status": [FiledClaimStatus.WITHDRAWN] * len(filed)},
    )


async def get_claim_file(store: Store, claim_file_id: UUID) -> ClaimFile:
    """Raises RowNotFound."""
    return await store.claim_files.get(claim_file_id)


async def list_claim_files(
    store: Store, conditions: ClaimFileFilter, *, limit: int, after: UUID | None
) -> Page[ClaimFile]:
    """Files of claims, newest first."""
    return await store.claim_files.list(conditions, limit=limit, after=after)


async def list_filed_claims(
    store: Store,
    claim_file_id: UUID,
    *,
    status: FiledClaimStatus | None,
    limit: int,
    after: UUID | None,
) -> Page[FiledClaim]:
    """The claims of a file. Raises RowNotFound."""
    await store.claim_files.get(claim_file_id)
    conditions = FiledClaimFilter(claim_file_id=claim_file_id, status=status)
    return await store.filed_claims.list(conditions, limit=limit, after=after)


async def sent_file(store: Store, claim_file_id: UUID) -> ReadableFile:
    """The bytes of a file, about to be handed out: every patient in it is on record as read.

    Raises RowNotFound, also for a file that is not written; FileNotKept.
    """
    file = await store.claim_files.get(claim_file_id)
    if file.file_id is None:
        raise RowNotFound("claim_files")
    await store.filed_claims.all(FiledClaimFilter(claim_file_id=claim_file_id))
    return await readable(store, file.file_id)


async def _partner(store: Store, partner_id: UUID) -> TradingPartner:
    found = await store.trading_partners.get_many([partner_id])
    if not found:
        raise InvalidInput([Fault("/partner_id", "names nothing that exists")])
    if found[0].disabled_at is not None:
        raise PartnerDisabled
    return found[0]


async def _put_forward(store: Store, new: NewClaimFile) -> tuple[list[Claim], list[UUID]]:
    """The claims that are asked for, held, and the ids that name none. Raises InvalidInput."""
    if new.claim_ids is not None:
        ids = list(dict.fromkeys(new.claim_ids))
    elif new.batch_id is not None:
        ids = await _of_batch(store, new.batch_id)
    else:
        ids = await _all_ready(store, new)
    claims = await store.claims.lock_all(ClaimFilter(ids=ids))
    known = {claim.id for claim in claims}
    return claims, [claim_id for claim_id in ids if claim_id not in known]


async def _of_batch(store: Store, batch_id: UUID) -> list[UUID]:
    batches = await store.claim_batches.get_many([batch_id])
    if not batches:
        raise InvalidInput([Fault("/batch_id", "names nothing that exists")])
    if batches[0].status is BatchStatus.FAILED:
        raise InvalidInput([Fault("/batch_id", "was cancelled, or never held a claim")])
    items = await store.claim_batch_items.all(ByBatch(batch_id=batch_id, is_accepted=True))
    return [item.claim_id for item in items if item.claim_id is not None]


async def _all_ready(store: Store, new: NewClaimFile) -> list[UUID]:
    routes = await store.payer_routes.all(PayerRouteFilter(partner_id=new.partner_id))
    types = [each for each, kind in _KIND_OF.items() if kind is new.kind]
    page = await store.claims.list(
        ClaimFilter(
            status=ClaimStatus.READY_TO_SUBMIT,
            types=types,
            primary_payer_ids=[route.payer_id for route in routes],
            is_in_file=False,
        ),
        limit=MOST_CLAIMS,
    )
    return [claim.id for claim in page.rows]


async def _reasons(store: Store, new: NewClaimFile, claims: Sequence[Claim]) -> dict[UUID, str]:
    """Why each claim that cannot go along cannot."""
    on_the_way = await files_on_the_way(store, [claim.id for claim in claims])
    routes = {
        each.payer_id: each.partner_id
        for each in await store.payer_routes.all(
            PayerRouteFilter(payer_ids=sorted({claim.primary_payer_id for claim in claims}))
        )
    }
    reasons = {}
    for claim in claims:
        if claim.id in on_the_way:
            reasons[claim.id] = "is in another file that is on its way"
        elif (reason := _reason(claim, new, routes.get(claim.primary_payer_id))) is not None:
            reasons[claim.id] = reason
    return reasons


def _reason(claim: Claim, new: NewClaimFile, routed_to: UUID | None) -> str | None:
    kind = _KIND_OF.get(claim.type)
    if kind is not new.kind:
        return f"is {claim.type}, and the file is {new.kind}"
    if claim.status is ClaimStatus.READY_TO_SUBMIT:
        if routed_to not in (None, new.partner_id):
            return "has a payer whose claims go through another partner"
        return None
    if claim.status in _SENT_ON and claim.adjudication_status not in _UNDECIDED:
        return None
    return f"is {claim.status}, not {ClaimStatus.READY_TO_SUBMIT}"
