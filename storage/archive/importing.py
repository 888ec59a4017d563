"""Bringing a company in from an archive: all of it, equal row by row, or nothing."""

import datetime as dt
import hashlib
import re
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO
from uuid import UUID

import psycopg

from storage.archive.company_keys import CompanyKeys
from storage.archive.encryption import decrypted
from storage.archive.errors import ArchiveUnusable, ImportRefused, RowsDiffer
from storage.archive.incoming import RowsIn
from storage.archive.manifest import (
    MANIFEST,
    Connection,
    Manifest,
    described,
    read_manifest,
    revision_of,
)
from storage.archive.packing import Member, unpacked
from storage.archive.selection import archived_tables
from storage.backup.contents import differences
from storage.clock import Clock, SystemClock
from storage.deletion.register import let_return
from storage.errors import (
    FileStoreFull,
    FileStoreUnavailable,
    MalwareFound,
    MalwareScannerUnavailable,
    StorageError,
)
from storage.files import FileKey, FileVault
from storage.secrets.keyring import Keyring
from storage.trail.operations import note_operation

_READ_BYTES = 1 << 18
_SETTINGS = (
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL idle_in_transaction_session_timeout = 0",
    "SET LOCAL timezone = 'UTC'",
    "SET LOCAL datestyle = 'ISO'",
)
_TAKE_SLUG = "INSERT INTO company_directory (slug, company_id) VALUES (%s, %s)"
_TAKEN = "SELECT slug, closed_at FROM company_directory WHERE company_id = %s OR slug = %s"
_PIECE = re.compile(r"(tables|opened)/([a-z_0-9.]+)\.\d{6}\.jsonl")


def import_company(
    owner_url: str,
    source: Path,
    passphrase: str,
    *,
    slug: str | None = None,
    vault: FileVault,
    keyring: Keyring,
    clock: Clock | None = None,
) -> Manifest:
    """Bring a company in under its own ids, in one transaction; ``slug`` gives it another name.
    The last row of its access log says that the operator did.

    Whatever keeps it from that, no row and no file is left behind. Raises ArchiveUnusable,
    ImportRefused, SchemaUnfit, RowsDiffer, psycopg.OperationalError.
    """
    with source.open("rb") as file, psycopg.connect(owner_url) as connection:
        members = unpacked(decrypted(passphrase, iter(lambda: file.read(_READ_BYTES), b"")))
        first = next(members, None)
        if first is None or first.name != MANIFEST:
            raise ArchiveUnusable(f"it does not begin with {MANIFEST}")
        manifest = read_manifest(first.whole())
        arrival = _Arrival(connection, manifest, vault, keyring, (clock or SystemClock()).now())
        try:
            arrival.begin(slug or manifest.slug)
            arrival.take(members)
            arrival.end(slug or manifest.slug)
            connection.commit()
        except psycopg.errors.IntegrityError as error:
            arrival.take_back()
            raise ImportRefused(str(error).partition("\n")[0]) from error
        except psycopg.DataError as error:
            arrival.take_back()
            raise ArchiveUnusable("its rows are none of this schema") from error
        except BaseException:
            arrival.take_back()
            raise
    return manifest


class _Arrival:
    """One company on its way in."""

    def __init__(
        self,
        connection: Connection,
        manifest: Manifest,
        vault: FileVault,
        keyring: Keyring,
        now: dt.datetime,
    ) -> None:
        self._connection = connection
        self._manifest = manifest
        self._vault = vault
        self._keyring = keyring
        self._now = now
        self._written: list[FileKey] = []

    def begin(self, slug: str) -> None:
        """Take the place of the company. Raises ImportRefused where it is taken, or unfit."""
        for setting in _SETTINGS:
            self._connection.execute(setting.encode())
        found = revision_of(self._connection)
        if found != self._manifest.revision:
            raise ImportRefused(
                f"it was written at schema revision {self._manifest.revision}"
                f" (wellkept {self._manifest.program}) and this database is at {found}:"
                " bring both installations to the same version first"
            )
        company_id = self._manifest.company_id
        taken = self._connection.execute(_TAKEN, [company_id, slug]).fetchone()
        if taken is not None:
            rest = "" if taken[1] is None else ": it was deleted, and what retention holds is here"
            raise ImportRefused(
                f"the company {taken[0]} is here already, by its id or its slug{rest}"
            )
        let_return(self._connection, company_id, self._now)
        self._connection.execute(_TAKE_SLUG, [slug, company_id])
        self._connection.execute(f"SET LOCAL app.company_id = '{company_id}'".encode())
        self._keys = CompanyKeys.begun(self._connection, company_id, self._keyring, self._now)
        self._rows = RowsIn(self._connection, self._keys.newest)

    def take(self, members: Iterator[Member]) -> None:
        """Everything that is in the archive, in its order."""
        placed = False
        for each in members:
            piece = _PIECE.fullmatch(each.name)
            if piece is None:
                if not placed:
                    self._rows.finish()
                    self._place_files()
                    placed = True
                self._keep(each)
            elif piece[1] == "tables":
                self._rows.take(piece[2], each.whole())
            else:
                self._rows.finish()
                table, _, column = piece[2].partition(".")
                self._rows.seal_anew(table, column, each.whole())
        self._rows.finish()
        if not placed:
            self._place_files()
        self._rows.make_secrets()

    def end(self, slug: str) -> None:
        """Compare, then give it its other name, and have it on record that it came in.

        Raises RowsDiffer, ArchiveUnusable.
        """
        if len(self._written) != self._manifest.file_count:
            raise ArchiveUnusable("it does not hold as many files as it says")
        found = {
            table.name: described(self._connection, table).contents for table in archived_tables()
        }
        wanted = {each.name: each.contents for each in self._manifest.tables}
        told = differences(wanted, found)
        if told:
            raise RowsDiffer(told)
        if slug != self._manifest.slug:
            self._connection.execute(
                "UPDATE companies SET slug = %s WHERE company_id = %s",
                [slug, self._manifest.company_id],
            )
        note_operation(self._connection, self._manifest.company_id, "import_company", self._now)

    def take_back(self) -> None:
        """Leave nothing: the rows go with their transaction, the files one by one."""
        self._connection.rollback()
        for key in self._written:
            with suppress(StorageError):  # the orphan sweep removes it
                self._vault.delete(key)

    def _place_files(self) -> None:
        """Say of every file where it lies here."""
        ids = [
            UUID(str(file_id))
            for (file_id,) in self._connection.execute("SELECT id FROM stored_files").fetchall()
        ]
        keys = [self._keys.newest.file_key(each) for each in ids]
        self._connection.execute(
            "UPDATE stored_files SET object_key = placed.object_key,"
            " data_key_number = placed.number"
            " FROM unnest(%s::uuid[], %s::text[], %s::integer[]) AS placed (id, object_key, number)"
            " WHERE stored_files.id = placed.id",
            [ids, [key.object_key for key in keys], [key.data_key_number for key in keys]],
        )

    def _keep(self, each: Member) -> None:
        """Keep a file that a row names. Raises ArchiveUnusable, ImportRefused."""
        try:
            file_id = UUID(each.name.removeprefix("files/"))
        except ValueError as error:
            raise ArchiveUnusable(f"{each.name} has no place here") from error
        row = self._connection.execute(
            "SELECT sha256 FROM stored_files WHERE id = %s AND deletion IS NULL", [file_id]
        ).fetchone()
        key = self._keys.newest.file_key(file_id)
        with tempfile.TemporaryFile() as spool:
            content = _Spooled(spool, each.content)
            if row is None or row[0] != content.sha256:
                raise ArchiveUnusable(f"{each.name} is not what its record says")
            self._written.append(key)
            try:
                self._vault.write(key, content)
            except FileStoreUnavailable as error:
                raise ImportRefused(f"the store of files does not answer: {error}") from error
            except FileStoreFull as error:
                raise ImportRefused("the store of files is full") from error
            except MalwareFound as error:
                raise ImportRefused(f"{each.name} holds {error.signature}") from error
            except MalwareScannerUnavailable as error:
                raise ImportRefused(f"the scanner does not answer: {error.reason}") from error


class _Spooled:
    """A file's bytes, kept where nobody else sees them, to be gone through again."""

    def __init__(self, spool: IO[bytes], pieces: Iterator[bytes]) -> None:
        digest = hashlib.sha256()
        self.byte_count = 0
        for piece in pieces:
            digest.update(piece)
            self.byte_count += len(piece)
            spool.write(piece)
        self.sha256 = digest.digest()
        self._spool = spool

    def chunks(self) -> Iterator[bytes]:
        self._spool.seek(0)
        yield from iter(lambda: self._spool.read(_READ_BYTES), b"")
