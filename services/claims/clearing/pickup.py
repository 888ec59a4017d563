"""Files that partners leave for us: looked for, read once, and done with what they turn out to be.

A file is told by its name and content. It stays where it is: nothing is removed from a partner's
folder, so that nothing can be lost by a crash, and what was read is on record.
"""

import asyncio
import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from services.claims.clearing import acknowledgements
from services.claims.clearing.acknowledgement_scan import (
    TooManyAnswers,
    UnreadableAcknowledgement,
    scan_acknowledgements,
)
from services.claims.clearing.acknowledgements import ReceivedAcknowledgement
from services.claims.clearing.applying import FileStillUnderWay
from services.claims.remittances import receiving
from services.claims.remittances.remittance_scan import UnreadableRemittance, scan
from services.claims.x12.file_contents import FileKind, contents_of
from services.files.keeping import Bytes, written
from storage.files import FileVault
from storage.filters import PickedUpFileFilter
from storage.interface import Actor, IStorage, Page, Store
from storage.tables.clearing import PickedUpFile, PickedUpFileFields
from storage.vocabulary.clearing import PickedUpAs

MOST_FILES = 200
"""In one round; the rest waits for the next."""
LARGEST_BYTES = 100_000_000

_ANSWERS = frozenset(
    {
        FileKind.INTERCHANGE_ACKNOWLEDGEMENT,
        FileKind.FUNCTIONAL_ACKNOWLEDGEMENT,
        FileKind.CLAIM_ACKNOWLEDGEMENT,
    }
)


@dataclass(frozen=True)
class LeftFile:
    """A file in a partner's folder, as its list shows it."""

    name: str
    byte_count: int
    modified_at: dt.datetime | None


class Inbox(Protocol):
    """A folder that a partner leaves files in."""

    async def listed(self) -> Sequence[LeftFile]:
        """The files in it. Raises InboxUnavailable."""

    async def read(self, file: LeftFile) -> bytes:
        """One of them, whole. Raises InboxUnavailable."""


class InboxUnavailable(Exception):
    """The folder cannot be looked into now; says by a word why."""


@dataclass(frozen=True)
class _Read:
    """A file that was read: what it is, or why it is nothing."""

    left: LeftFile
    content: Bytes
    turned_out: PickedUpAs
    detail: str | None = None


async def pick_up(
    storage: IStorage,
    vault: FileVault,
    company_id: UUID,
    actor: Actor,
    *,
    partner_id: UUID,
    inbox: Inbox,
) -> int:
    """Read what a partner has left since the last time; returns how many files were new.

    One that answers a file which is still being delivered is left for the next round. Raises
    InboxUnavailable, FileStoreFull, FileStoreUnavailable.
    """
    listed = [each for each in await inbox.listed() if 0 < len(each.name) <= _LONGEST_NAME]
    async with storage.transaction(company_id, actor) as store:
        new = await _unread(store, partner_id, listed)
    count = 0
    for left in new[:MOST_FILES]:
        read = await _read(inbox, left)
        try:
            count += await _take_in(storage, vault, company_id, actor, partner_id, read)
        except FileStillUnderWay:
            continue
    return count


async def list_picked_up(
    store: Store, conditions: PickedUpFileFilter, *, limit: int, after: UUID | None
) -> Page[PickedUpFile]:
    """Files that were picked up, newest first."""
    return await store.picked_up_files.list(conditions, limit=limit, after=after)


_LONGEST_NAME = 255


async def _unread(store: Store, partner_id: UUID, listed: Sequence[LeftFile]) -> list[LeftFile]:
    """Those that are not on record as they are, the oldest first."""
    known = await store.picked_up_files.all(
        PickedUpFileFilter(partner_id=partner_id, names=[each.name for each in listed])
    )
    seen = {(each.name, each.byte_count, each.modified_at) for each in known}
    new = [each for each in listed if (each.name, each.byte_count, each.modified_at) not in seen]
    earliest = dt.datetime.min.replace(tzinfo=dt.UTC)
    return sorted(new, key=lambda each: (each.modified_at or earliest, each.name))


async def _read(inbox: Inbox, left: LeftFile) -> _Read:
    if left.byte_count > LARGEST_BYTES:
        detail = f"is larger than {LARGEST_BYTES} bytes"
        return _Read(left, Bytes(b""), PickedUpAs.UNREADABLE, detail)
    content = Bytes(await inbox.read(left))
    return await asyncio.to_thread(_judged, left, content)


def _judged(left: LeftFile, content: Bytes) -> _Read:
    """What a file is, told from its segments and not from its name."""
    contents = contents_of(content.chunks())
    try:
        if FileKind.REMITTANCE in contents.kinds:
            scan(content.chunks())
            return _Read(left, content, PickedUpAs.REMITTANCE)
        if not _ANSWERS.isdisjoint(contents.kinds):
            scan_acknowledgements(content.chunks())
            return _Read(left, content, PickedUpAs.ACKNOWLEDGEMENT)
    except (UnreadableAcknowledgement, UnreadableRemittance, TooManyAnswers) as refusal:
        detail = refusal.detail or refusal.title
    else:
        kinds = ", ".join(contents.kinds)
        fault = contents.fault.detail if contents.fault is not None else None
        detail = fault or f"holds {kinds or 'nothing'}: neither an 835 nor an acknowledgement"
    return _Read(left, content, PickedUpAs.UNREADABLE, detail[:500])


async def _take_in(
    storage: IStorage,
    vault: FileVault,
    company_id: UUID,
    actor: Actor,
    partner_id: UUID,
    read: _Read,
) -> int:
    """Do what the file says and put it on record, in one transaction. 0 where it was known."""
    if read.turned_out is PickedUpAs.UNREADABLE:
        async with storage.transaction(company_id, actor) as store:
            return await _record(store, partner_id, read)
    is_remittance = read.turned_out is PickedUpAs.REMITTANCE
    new = (receiving if is_remittance else acknowledgements).new_file(read.left.name)
    async with (
        written(storage, vault, company_id, actor, new, read.content) as file,
        storage.transaction(company_id, actor) as store,
    ):
        if is_remittance:
            found = await asyncio.to_thread(scan, read.content.chunks())
            received = receiving.ReceivedFile(file, found)
            remittance, _ = await receiving.receive_and_enqueue(store, received)
            return await _record(store, partner_id, read, remittance_id=remittance.id)
        answers = await asyncio.to_thread(scan_acknowledgements, read.content.chunks())
        acknowledgement, _ = await acknowledgements.receive_acknowledgement(
            store, vault, ReceivedAcknowledgement(file, answers, partner_id)
        )
        return await _record(store, partner_id, read, acknowledgement_file_id=acknowledgement.id)


async def _record(
    store: Store,
    partner_id: UUID,
    read: _Read,
    *,
    acknowledgement_file_id: UUID | None = None,
    remittance_id: UUID | None = None,
) -> int:
    """Two workers at once, and a file that was only touched, leave one record."""
    await store.wait_for_lock(f"picked-up/{partner_id}")
    sha256 = hashlib.sha256(read.content.content).digest()
    known = await store.picked_up_files.all(
        PickedUpFileFilter(partner_id=partner_id, names=[read.left.name], sha256=sha256)
    )
    if known:
        return 0
    await store.picked_up_files.create(
        PickedUpFileFields(
            partner_id=partner_id,
            name=read.left.name,
            byte_count=read.left.byte_count,
            modified_at=read.left.modified_at,
            sha256=sha256,
            turned_out=read.turned_out,
            detail=read.detail,
            acknowledgement_file_id=acknowledgement_file_id,
            remittance_id=remittance_id,
        )
    )
    return 1
