"""Files by way of a folder of this installation: a program of the partner's takes them from there,
and leaves its own.

Each company and partner has folders of its own, ``outbound`` and ``inbound``, below the directory
that the settings name. Nothing in a path comes from a person.
"""

import asyncio
import datetime as dt
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from services.files.reading import FileNotKept, ReadableFile, readable
from services.outbox.delivering import Outcome
from storage.errors import SecretUnreadable
from storage.files import FileVault
from storage.files.sealing import FileDamaged
from storage.filters import ClaimFileFilter
from storage.interface import Store
from storage.tables.outbox import OutboxMessage
from storage.vocabulary.outbox import DeliveryFailure

_FOLDER_MODE = 0o750
_FILE_MODE = 0o640


class NameTaken(Exception):
    """There is another file under the name."""


@dataclass(frozen=True)
class DropFolder:
    """The folders of one partner of one company. Calls block: they belong in a thread."""

    folder: Path

    @property
    def outbound(self) -> Path:
        """What is for the partner."""
        return self.folder / "outbound"

    @property
    def inbound(self) -> Path:
        """What the partner leaves for us."""
        return self.folder / "inbound"

    def put(self, name: str, content: Iterator[bytes], *, byte_count: int) -> None:
        """Have a file in ``outbound``, whole under its name or not at all, and on disk.

        A file of that name and size is this one, of an earlier try. The directory itself is not
        made: where it is missing, its disk is not mounted. Raises NameTaken, OSError.
        """
        if not self._directory.is_dir():
            raise FileNotFoundError
        for each in (self.outbound, self.inbound):
            each.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        place, part = self.outbound / name, self.outbound / f".{name}.part"
        if place.exists():
            if place.stat().st_size != byte_count:
                raise NameTaken
            return
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        with os.fdopen(os.open(part, flags, _FILE_MODE), "wb") as file:
            for piece in content:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        part.rename(place)
        self._make_names_durable()

    def left_files(self) -> list[tuple[str, int, dt.datetime]]:
        """Name, size and time of what lies in ``inbound``: no links, or names that a dot begins.

        Raises OSError.
        """
        if not self._directory.is_dir():
            raise FileNotFoundError
        found = []
        for path in sorted(self.inbound.glob("*")):
            if path.name.startswith(".") or path.is_symlink() or not path.is_file():
                continue
            seen = path.stat()
            modified_at = dt.datetime.fromtimestamp(seen.st_mtime, dt.UTC)
            found.append((path.name, seen.st_size, modified_at))
        return found

    def take(self, name: str, *, most: int) -> bytes:
        """The content of a file that was listed, cut where it has grown beyond ``most``.

        Raises OSError.
        """
        flags = os.O_RDONLY | os.O_NOFOLLOW
        with os.fdopen(os.open(self.inbound / name, flags), "rb") as file:
            return file.read(most)

    @property
    def _directory(self) -> Path:
        return self.folder.parent.parent

    def _make_names_durable(self) -> None:
        for each in (self.outbound, self.folder, self.folder.parent, self._directory):
            descriptor = os.open(each, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


@dataclass(frozen=True)
class DropDirectory:
    """The drop folders of all companies and partners."""

    root: Path

    def of(self, company_id: UUID, partner_id: UUID) -> DropFolder:
        """Those of one partner."""
        return DropFolder(self.root / company_id.hex / partner_id.hex)


def line_of(partner_id: UUID) -> str:
    """The line in which a partner's files for its drop folder stand."""
    return f"drop_folder/{partner_id}"


@dataclass(frozen=True)
class DropFolderCarrier:
    """Puts files into drop folders. See ``services.outbox.delivering.Carrier``."""

    directory: DropDirectory
    vault: FileVault

    async def carry(self, store: Store, message: OutboxMessage) -> "DropFolderErrand":
        """Which file it is, and where it goes."""
        (file,) = await store.claim_files.all(ClaimFileFilter(message_id=message.id))
        assert file.file_id is not None and file.name is not None  # noqa: PT018 -- a CHECK says so
        try:
            content = await readable(store, file.file_id)
        except (SecretUnreadable, FileNotKept):
            return DropFolderErrand(self, Outcome(DeliveryFailure.UNREADABLE))
        folder = self.directory.of(store.company_id, file.partner_id)
        return DropFolderErrand(self, Outcome(), folder, content, file.name)

    async def settle(self, store: Store, message: OutboxMessage, outcome: Outcome) -> None:
        """Nothing else."""


@dataclass(frozen=True)
class DropFolderErrand:
    """One try at one file, unless ``known`` says already how it ends."""

    carrier: DropFolderCarrier
    known: Outcome
    folder: DropFolder | None = None
    file: ReadableFile | None = None
    name: str = ""

    async def run(self) -> Outcome:
        """Put it there. See ``services.outbox.delivering.Errand``."""
        if self.folder is None or self.file is None:
            return self.known
        try:
            await asyncio.to_thread(self._put, self.folder, self.file)
        except NameTaken:
            return Outcome(DeliveryFailure.REFUSED)
        except FileDamaged:
            return Outcome(DeliveryFailure.UNREADABLE)
        except OSError:
            return Outcome(DeliveryFailure.REFUSED_FOR_NOW)
        return Outcome()

    def _put(self, folder: DropFolder, file: ReadableFile) -> None:
        with ExitStack() as opening:
            content = opening.enter_context(self.carrier.vault.opened(file.key))
            folder.put(self.name, content, byte_count=file.row.byte_count)
