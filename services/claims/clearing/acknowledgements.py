"""A file of acknowledgements is received: read to its end, kept with its hash, and acted on.

All of it happens in one transaction: a file is on record with everything that it did, or not at
all. The same bytes a second time are the first.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.claims.clearing.acknowledgement_scan import AcknowledgementScan
from services.claims.clearing.applying import FileStillUnderWay, judge, record_judgement
from services.claims.clearing.blame import placed
from services.claims.clearing.file_verdicts import FileVerdict, file_verdicts, number_of
from services.claims.clearing.verdicts import Verdict, verdict_of
from services.claims.clearing.waiting import queue_file_verdicts, queue_judged
from services.files.keeping import NewFile, WrittenFile
from services.files.reading import ReadableFile, readable
from services.refusals import Fault, InvalidInput
from storage.files import FileVault
from storage.filters import (
    AcknowledgementFileFilter,
    ClaimFileFilter,
    FiledClaimFilter,
    TradingPartnerFilter,
)
from storage.identifiers import new_id
from storage.interface import Page, Store
from storage.tables.clearing import (
    AcknowledgementFile,
    AcknowledgementFileFields,
    ClaimFile,
    FiledClaim,
)
from storage.vocabulary.clearing import (
    AcknowledgementStanding,
    ClaimFileStatus,
    FiledClaimStatus,
)
from storage.vocabulary.files import FilePurpose

_AFFECTED = [FiledClaimStatus.SENT, FiledClaimStatus.RECEIVED, FiledClaimStatus.ACCEPTED]


@dataclass(frozen=True)
class ReceivedAcknowledgement:
    """A file that was read to its end, and whose content is kept. ``partner_id`` says who left
    it, where that is known."""

    content: WrittenFile
    scan: AcknowledgementScan
    partner_id: UUID | None = None


@dataclass(frozen=True)
class _Sent:
    """Our own files that the answers may be about, and the claims in each."""

    files: Mapping[UUID, ClaimFile]
    claims: Mapping[UUID, list[FiledClaim]]


def new_file(name: str) -> NewFile:
    """What acknowledgements are kept as."""
    return NewFile(purpose=FilePurpose.ACKNOWLEDGEMENT, name=name, media_type="application/edi-x12")


async def receive_acknowledgement(
    store: Store, vault: FileVault, file: ReceivedAcknowledgement
) -> tuple[AcknowledgementFile, bool]:
    """Put a file on record and do what it says; returns the file and whether it is new. Where it
    tells errors by their place alone, the file of ours that it is about is read again.

    The number of statements does not depend on that of the answers. Raises FileStillUnderWay,
    InvalidInput.
    """
    content, scan = file.content, file.scan
    await store.wait_for_lock(f"acknowledgement-file/{content.sha256.hex()}")
    known = await store.acknowledgement_files.all(AcknowledgementFileFilter(sha256=content.sha256))
    if known:
        return known[0], False
    await store.wait_for_lock("acknowledgements")  # one after another: each sees what one did
    partner_id = await _partner(store, file)
    sent = await _sent(store, scan, partner_id)
    of_files = file_verdicts(scan, list(sent.files.values()))
    _refuse_what_is_under_way(of_files)
    of_files = await placed(store, vault, of_files)
    file_id = new_id()
    verdicts = _of_claims_in(of_files, sent, file_id)
    verdicts += [verdict_of(each, file_id) for each in scan.claims]
    judgement = await judge(store, verdicts)
    kept = await content.record(store)
    waiting_files = [each for each in of_files if each.waits is not None]
    await store.acknowledgement_files.create_many(
        [
            AcknowledgementFileFields(
                file_name=kept.name,
                file_id=kept.id,
                sha256=kept.sha256,
                byte_count=kept.byte_count,
                partner_id=partner_id,
                kinds=[str(kind) for kind in scan.kinds],
                claim_count=len(scan.claims),
                accepted_count=judgement.accepted_count,
                rejected_count=judgement.rejected_count,
                waiting_count=judgement.waiting_count + len(waiting_files),
                anomaly_count=scan.anomaly_count,
            )
        ],
        ids=[file_id],
    )
    await record_judgement(store, judgement, source=kept.name)
    await _move_files(store, of_files)
    await queue_judged(store, judgement)
    await queue_file_verdicts(store, file_id, waiting_files)
    return await store.acknowledgement_files.get(file_id), True


async def get_acknowledgement_file(store: Store, file_id: UUID) -> AcknowledgementFile:
    """Raises RowNotFound."""
    return await store.acknowledgement_files.get(file_id)


async def list_acknowledgement_files(
    store: Store, conditions: AcknowledgementFileFilter, *, limit: int, after: UUID | None
) -> Page[AcknowledgementFile]:
    """Files of acknowledgements, newest first."""
    return await store.acknowledgement_files.list(conditions, limit=limit, after=after)


async def acknowledgement_content(store: Store, file_id: UUID) -> ReadableFile:
    """The bytes of a file, about to be handed out: that there may be patients in it is on record.

    Raises RowNotFound, FileNotKept.
    """
    file = await store.acknowledgement_files.get(file_id)
    store.patients_read.add(None)
    return await readable(store, file.file_id)


async def _partner(store: Store, file: ReceivedAcknowledgement) -> UUID | None:
    """Who answers: as is known, or as the envelope says it of one partner only."""
    if file.partner_id is not None:
        if not await store.trading_partners.get_many([file.partner_id]):
            raise InvalidInput([Fault("/partner_id", "names nothing that exists")])
        return file.partner_id
    named = [
        each.id
        for each in await store.trading_partners.all(TradingPartnerFilter())
        if each.receiver_identifier == file.scan.sender_identifier
    ]
    return named[0] if len(named) == 1 else None


async def _sent(store: Store, scan: AcknowledgementScan, partner_id: UUID | None) -> _Sent:
    """Our files that the answers name, and the claims in them that they may bring back."""
    interchanges = [number_of(each.interchange_control_number) for each in scan.interchanges]
    groups = [number_of(each.group.group_control_number) for each in scan.groups]
    references = {each.trace_number for each in scan.parties if each.trace_number}
    named = [
        ClaimFileFilter(
            partner_id=partner_id,
            interchange_control_numbers=[each for each in interchanges if each is not None],
        ),
        ClaimFileFilter(
            partner_id=partner_id,
            group_control_numbers=[each for each in groups if each is not None],
        ),
        ClaimFileFilter(references=sorted(references)),
    ]
    files = {
        each.id: each for conditions in named for each in await store.claim_files.all(conditions)
    }
    filed = await store.filed_claims.all(
        FiledClaimFilter(claim_file_ids=list(files), statuses=_AFFECTED)
    )
    claims: dict[UUID, list[FiledClaim]] = defaultdict(list)
    for each in filed:
        claims[each.claim_file_id].append(each)
    return _Sent(files, claims)


def _refuse_what_is_under_way(verdicts: Sequence[FileVerdict]) -> None:
    """Raises FileStillUnderWay."""
    for each in verdicts:
        if each.file is not None and each.file.status is ClaimFileStatus.PREPARED:
            raise FileStillUnderWay(each.file.id)


def _of_claims_in(
    verdicts: Sequence[FileVerdict], sent: _Sent, acknowledgement_file_id: UUID
) -> list[Verdict]:
    """What a rejection of a file means for each claim in it: one that it was rejected for has to
    be mended, the others can go out again as they are, or stay where only a part came back."""
    return [
        Verdict(
            acknowledgement_file_id=acknowledgement_file_id,
            position=each.position,
            standing=(
                AcknowledgementStanding.REJECTED
                if filed.patient_control_number in each.blamed
                else AcknowledgementStanding.RETURNED
            ),
            status_codes=each.status_codes,
            detail=each.detail_of(filed.patient_control_number),
            claim_id=filed.claim_id,
            claim_file_id=filed.claim_file_id,
        )
        for each in verdicts
        if each.file is not None
        and (each.moves_to is ClaimFileStatus.REJECTED or (each.moves_to and each.is_partial))
        for filed in sent.claims.get(each.file.id, [])
        if not each.is_partial or filed.patient_control_number in each.blamed
    ]


async def _move_files(store: Store, verdicts: Sequence[FileVerdict]) -> None:
    """Each file stands as the last answer has it; the first one is when it was answered."""
    last = {
        each.file.id: (each.file, each)
        for each in verdicts
        if each.file is not None and each.moves_to is not None
    }
    await store.claim_files.update_many(
        {file.id: file.version for file, _ in last.values()},
        {
            "status": [each.moves_to for _, each in last.values()],
            "status_reason": [each.detail or None for _, each in last.values()],
            "acknowledged_at": [file.acknowledged_at or store.now for file, _ in last.values()],
        },
    )
