"""The job that writes a file of claims, has it checked, keeps it and hands it over."""

import asyncio
import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from services.claims.clearing.building import BuiltFile, Envelope, build_claim_file
from services.claims.clearing.clearinghouse import clearinghouse_of
from services.claims.clearing.lifecycle import require_move
from services.claims.clearing.sending import withdraw_claims
from services.claims.outgoing import OutgoingClaim, outgoing_claims
from services.claims.x12.claim_model import Claim, InstitutionalClaim
from services.files.keeping import Bytes, NewFile, WrittenFile, written
from services.outbox.mailbox_files import MailboxDisabled
from storage.files import FileVault
from storage.filters import ClaimFilter, FiledClaimFilter
from storage.interface import Actor, IStorage, Store
from storage.tables.clearing import ClaimFault, ClaimFaults, ClaimFile, FiledClaim, TradingPartner
from storage.vocabulary.clearing import ClaimFileKind, ClaimFileStatus, FiledClaimStatus
from storage.vocabulary.files import FilePurpose

_WITH_ITS_PAYER = [
    FiledClaimStatus.SENT,
    FiledClaimStatus.RECEIVED,
    FiledClaimStatus.ACCEPTED,
]


@dataclass(frozen=True)
class _Draft:
    """What is known of a file before it is written."""

    file: ClaimFile
    envelope: Envelope
    models: Mapping[UUID, Claim]
    refused: Mapping[UUID, list[ClaimFault]]


class ClaimsChanged(Exception):
    """A claim of the file is not as it was when the file was written: it is written anew."""


async def prepare_file(
    storage: IStorage, vault: FileVault, company_id: UUID, actor: Actor, claim_file_id: UUID
) -> None:
    """Write a file that waits for it; one that was prepared or cancelled meanwhile stays so.

    Raises ClaimsChanged, FileStoreFull, FileStoreUnavailable.
    """
    async with storage.transaction(company_id, actor) as store:
        draft = await _draft(store, claim_file_id)
    if draft is None:
        return
    built = await asyncio.to_thread(_built, draft)
    if built.content is None:
        async with storage.transaction(company_id, actor) as store:
            await _refuse(store, claim_file_id, built)
        return
    new = NewFile(
        purpose=FilePurpose.CLAIM_FILE,
        name=_name(draft.envelope),
        media_type="application/edi-x12",
    )
    content = Bytes(built.content)
    try:
        async with (
            written(storage, vault, company_id, actor, new, content) as kept,
            storage.transaction(company_id, actor) as store,
        ):
            await _hand_over(store, draft, built, kept)
    except MailboxDisabled as refusal:
        fault = ClaimFault(pointer="/partner_id", code="mailbox_disabled", detail=refusal.title)
        async with storage.transaction(company_id, actor) as store:
            await _refuse(
                store, claim_file_id, BuiltFile(None, refused=draft.refused, faults=[fault])
            )


async def _draft(store: Store, claim_file_id: UUID) -> _Draft | None:
    file = await store.claim_files.get(claim_file_id)
    if file.status is not ClaimFileStatus.PREPARING:
        return None
    filed = await store.filed_claims.all(
        FiledClaimFilter(claim_file_id=file.id, status=FiledClaimStatus.CHOSEN)
    )
    claims = await store.claims.get_many([each.claim_id for each in filed])
    outgoing = await outgoing_claims(store, claims)
    sent = await _sent_already(store, outgoing)
    partner = await store.trading_partners.get(file.partner_id)
    return _Draft(
        file,
        await _envelope(store, file, partner),
        {
            each.claim_id: each.model
            for each in outgoing
            if each.model and each.claim_id not in sent
        },
        {
            each.claim_id: sent.get(each.claim_id) or _told(each)
            for each in outgoing
            if each.model is None or each.claim_id in sent
        },
    )


async def _envelope(store: Store, file: ClaimFile, partner: TradingPartner) -> Envelope:
    company = await store.companies.get(store.company_id)
    return Envelope(
        partner=partner,
        kind=file.kind,
        interchange_control_number=await store.numbers.take(f"interchange/{partner.id}"),
        group_control_number=await store.numbers.take(f"group/{partner.id}"),
        set_control_number=await store.numbers.take(f"set/{partner.id}"),
        reference=base64.b32encode(file.id.bytes).decode().rstrip("="),
        created_at=store.now.astimezone(ZoneInfo(company.time_zone)),
    )


async def _sent_already(
    store: Store, outgoing: Sequence[OutgoingClaim]
) -> dict[UUID, list[ClaimFault]]:
    """Claims that lie with the very payer already that they would go to."""
    turns = {each.claim_id: _responsibility(each.model) for each in outgoing if each.model}
    lying = await store.filed_claims.all(
        FiledClaimFilter(claim_ids=list(turns), statuses=_WITH_ITS_PAYER)
    )
    detail = "lies with the payer whose turn it is; wait for its answer"
    fault = ClaimFault(pointer="", code="sent_already", detail=detail)
    return {each.claim_id: [fault] for each in lying if each.responsibility == turns[each.claim_id]}


def _told(outgoing: OutgoingClaim) -> list[ClaimFault]:
    return [
        ClaimFault(pointer=fault.pointer, code=fault.code, detail=fault.message)
        for fault in outgoing.faults
    ]


def _responsibility(model: Claim) -> str:
    return model.subscriber.responsibility.value


def _built(draft: _Draft) -> BuiltFile:
    """The file, with those refused that could not even be tried."""
    if draft.refused and draft.file.is_all_or_nothing:
        return BuiltFile(None, refused=draft.refused)
    is_institutional = draft.file.kind is ClaimFileKind.INSTITUTIONAL
    of_another_kind = {
        claim_id: [ClaimFault(pointer="/type", code="another_kind", detail="fits another file")]
        for claim_id, model in draft.models.items()
        if isinstance(model, InstitutionalClaim) != is_institutional
    }
    fitting = {
        claim_id: model
        for claim_id, model in draft.models.items()
        if claim_id not in of_another_kind
    }
    built = build_claim_file(
        draft.envelope, fitting, is_all_or_nothing=draft.file.is_all_or_nothing
    )
    refused = {**draft.refused, **of_another_kind, **built.refused}
    return BuiltFile(built.content, built.claims, refused, built.faults)


async def _refuse(store: Store, claim_file_id: UUID, built: BuiltFile) -> None:
    """Nothing leaves: those with faults say so, the others are free again."""
    file = await store.claim_files.lock(claim_file_id)
    if file.status is not ClaimFileStatus.PREPARING:
        return
    count = await _note_refused(store, file, built.refused)
    await withdraw_claims(store, file)
    faults = "; ".join(each.detail for each in built.faults)
    reason = f"The file itself has faults: {faults}" if faults else "Claims have faults"
    await store.claim_files.update(
        file.id,
        {
            "status": ClaimFileStatus.REFUSED,
            "status_reason": reason[:500],
            "claim_count": 0,
            "refused_count": count,
            "total_charge_cents": 0,
        },
        expected_version=file.version,
    )


async def _hand_over(store: Store, draft: _Draft, built: BuiltFile, kept: WrittenFile) -> None:
    """Record what was written, and have it delivered. Raises ClaimsChanged."""
    envelope = draft.envelope
    claims = await store.claims.lock_all(ClaimFilter(ids=list(built.claims)))
    file = await store.claim_files.lock(draft.file.id)
    if file.status is not ClaimFileStatus.PREPARING:
        return
    require_move(file.status, ClaimFileStatus.PREPARED)
    refused_count = await _note_refused(store, file, built.refused)
    filed = await store.filed_claims.lock_all(
        FiledClaimFilter(claim_file_id=file.id, status=FiledClaimStatus.CHOSEN)
    )
    charges = {claim.id: claim.total_charge_cents for claim in claims}
    if any(charges.get(each.claim_id) != each.charge_cents for each in filed):
        raise ClaimsChanged
    place = {claim_id: at for at, claim_id in enumerate(built.claims, start=1)}
    await store.filed_claims.update_many(
        {each.id: each.version for each in filed},
        {
            "status": [FiledClaimStatus.PREPARED] * len(filed),
            "position": [place[each.claim_id] for each in filed],
            "responsibility": [_responsibility(draft.models[each.claim_id]) for each in filed],
        },
    )
    stored = await kept.record(store)
    message = await clearinghouse_of(envelope.partner).hand_over(store, stored.id, stored.name)
    await store.claim_files.update(
        file.id,
        {
            "status": ClaimFileStatus.PREPARED,
            "interchange_control_number": envelope.interchange_control_number,
            "group_control_number": envelope.group_control_number,
            "set_control_number": envelope.set_control_number,
            "reference": envelope.reference,
            "name": stored.name,
            "file_id": stored.id,
            "message_id": message.id,
            "claim_count": len(filed),
            "refused_count": refused_count,
            "total_charge_cents": sum(each.charge_cents for each in filed),
            "prepared_at": store.now,
        },
        expected_version=file.version,
    )


async def _note_refused(
    store: Store, file: ClaimFile, refused: Mapping[UUID, list[ClaimFault]]
) -> int:
    """Write down why claims stay behind; returns how many do."""
    filed: list[FiledClaim] = await store.filed_claims.lock_all(
        FiledClaimFilter(
            claim_file_id=file.id, claim_ids=list(refused), status=FiledClaimStatus.CHOSEN
        )
    )
    await store.filed_claims.update_many(
        {each.id: each.version for each in filed},
        {
            "status": [FiledClaimStatus.REFUSED] * len(filed),
            "faults": [ClaimFaults(faults=refused[each.claim_id]) for each in filed],
        },
    )
    return len(filed)


def _name(envelope: Envelope) -> str:
    """By the interchange's number; partners that share a mailbox have names of their own."""
    return f"{envelope.interchange_control_number:09}-{envelope.partner.id.hex[-8:]}.837"
