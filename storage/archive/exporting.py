"""Writing a company's whole records into an archive, as they were at one moment."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg import sql

from storage.archive.company_keys import CompanyKeys
from storage.archive.encryption import encrypted
from storage.archive.errors import ExportFailed
from storage.archive.manifest import (
    MANIFEST,
    Connection,
    Manifest,
    described,
    program_version,
    revision_of,
)
from storage.archive.packing import Member, member, packed
from storage.archive.selection import (
    TABLES_LEFT_OUT,
    ArchivedTable,
    Treatment,
    archived_tables,
)
from storage.clock import Clock, SystemClock
from storage.errors import FileStoreUnavailable, MasterKeyUnknown, SecretUnreadable
from storage.files import FileDamaged, FileVault
from storage.secrets.keyring import Keyring

_PIECE_BYTES = 1 << 22
_ROWS_AT_ONCE = 1_000
_SETTINGS = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL idle_in_transaction_session_timeout = 0",
    "SET LOCAL timezone = 'UTC'",
    "SET LOCAL datestyle = 'ISO'",
)
_JOBS = """
SELECT count(*) FROM procrastinate_jobs
WHERE args ->> 'company_id' = %s AND status IN ('todo', 'doing')"""
_KEPT = (
    "SELECT id, object_key, data_key_number, byte_count FROM stored_files WHERE deletion IS NULL"
)


def export_company(
    owner_url: str,
    slug: str,
    target: Path,
    passphrase: str,
    *,
    vault: FileVault,
    keyring: Keyring,
    clock: Clock | None = None,
) -> Manifest:
    """Write a company's records and kept files to a new file, which is whole or not there.

    The program may run meanwhile. Raises ExportFailed, SchemaUnfit, psycopg.OperationalError.
    """
    if target.exists():
        raise ExportFailed(f"{target} is there already")
    unfinished = target.with_name(f"{target.name}.unfinished")
    with _snapshot(owner_url, slug) as (connection, company_id):
        export = _Export(connection, company_id, vault, keyring)
        manifest = export.manifest(slug, clock or SystemClock())
        try:
            _write(unfinished, encrypted(passphrase, packed(export.members(manifest))))
            unfinished.rename(target)
        except OSError as error:
            raise ExportFailed(f"{target}: {error.strerror or error}") from error
        finally:
            unfinished.unlink(missing_ok=True)
    return manifest


@contextmanager
def _snapshot(owner_url: str, slug: str) -> Iterator[tuple[Connection, UUID]]:
    """One moment of one company's rows. Raises ExportFailed where there is no such company."""
    with psycopg.connect(owner_url) as connection:
        for setting in _SETTINGS:
            connection.execute(setting.encode())
        revision_of(connection)
        row = connection.execute(
            "SELECT company_id FROM company_directory WHERE slug = %s", [slug]
        ).fetchone()
        if row is None:
            raise ExportFailed(f"no company has the slug {slug!r}")
        company_id = UUID(str(row[0]))
        connection.execute(f"SET LOCAL app.company_id = '{company_id}'".encode())
        yield connection, company_id


def _write(path: Path, content: Iterator[bytes]) -> None:
    """On disk when this returns, and for nobody else to read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        for piece in content:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


class _Export:
    """What one snapshot has to tell."""

    def __init__(
        self, connection: Connection, company_id: UUID, vault: FileVault, keyring: Keyring
    ) -> None:
        self._connection = connection
        self._company_id = company_id
        self._vault = vault
        try:
            self._keys = CompanyKeys.read(connection, company_id, keyring)
        except MasterKeyUnknown as error:
            raise ExportFailed(
                f"its data keys are sealed under the master key {error.master_key_id}, which is not"
                " given (WELLKEPT_MASTER_KEY, WELLKEPT_FORMER_MASTER_KEYS)"
            ) from error

    def manifest(self, slug: str, clock: Clock) -> Manifest:
        """What is going to be written."""
        files = self._connection.execute(
            f"SELECT count(*), coalesce(sum(byte_count), 0) FROM ({_KEPT}) AS kept".encode()  # noqa: S608
        ).fetchall()
        ((jobs,),) = self._connection.execute(_JOBS.encode(), [str(self._company_id)]).fetchall()
        return Manifest(
            program=program_version(),
            revision=revision_of(self._connection),
            company_id=self._company_id,
            slug=slug,
            exported_at=clock.now(),
            tables=[described(self._connection, table) for table in archived_tables()],
            tables_left_out=dict(TABLES_LEFT_OUT),
            file_count=int(str(files[0][0])),
            file_bytes=int(str(files[0][1])),
            jobs_left_out=int(str(jobs)),
        )

    def members(self, manifest: Manifest) -> Iterator[Member]:
        """Everything, in the order in which it can be brought in."""
        yield member(MANIFEST, (manifest.model_dump_json(indent=1) + "\n").encode())
        for table in archived_tables():
            yield from _pieces(f"tables/{table.name}", self._rows(table))
        for table in archived_tables():
            for column, treatment in table.treated.items():
                if treatment is Treatment.SEALED_ANEW:
                    yield from _pieces(
                        f"opened/{table.name}.{column}", self._opened(table.name, column)
                    )
        yield from self._files()

    def _rows(self, table: ArchivedTable) -> Iterator[bytes]:
        """One line of JSON a row."""
        columns = [sql.Identifier(name) for name in table.carried]
        columns_told = [
            sql.SQL("{0} IS NOT NULL AS {0}").format(sql.Identifier(name))
            for name, treatment in table.treated.items()
            if treatment in (Treatment.UNKNOWN_SECRET, Treatment.SEALED_ANEW)
        ]
        query = sql.SQL(
            "SELECT row_to_json(line)::text"
            " FROM (SELECT {} FROM {} ORDER BY company_id, id) AS line"
        ).format(sql.SQL(", ").join([*columns, *columns_told]), sql.Identifier(table.name))
        with self._connection.cursor("rows") as cursor:
            cursor.itersize = _ROWS_AT_ONCE
            for (line,) in cursor.execute(query):
                yield str(line).encode() + b"\n"

    def _opened(self, table: str, column: str) -> Iterator[bytes]:
        """What is sealed in a column, one line of JSON a row."""
        query = sql.SQL("SELECT id, {0} FROM {1} WHERE {0} IS NOT NULL ORDER BY id").format(
            sql.Identifier(column), sql.Identifier(table)
        )
        with self._connection.cursor("opened") as cursor:
            cursor.itersize = _ROWS_AT_ONCE
            for row_id, sealed in cursor.execute(query):
                assert isinstance(row_id, UUID)
                assert isinstance(sealed, bytes)
                try:
                    plain = self._keys.open(f"{table}.{column}", row_id, sealed)
                except (SecretUnreadable, KeyError) as error:
                    raise ExportFailed(f"{table}.{column} of {row_id} cannot be opened") from error
                yield f'{{"id": "{row_id}", "value": "{plain.hex()}"}}\n'.encode()

    def _files(self) -> Iterator[Member]:
        """Every kept file, as it was handed in."""
        with self._connection.cursor("files") as cursor:
            cursor.itersize = _ROWS_AT_ONCE
            for file_id, object_key, number, byte_count in cursor.execute(
                f"{_KEPT} ORDER BY id".encode()
            ):
                assert isinstance(number, int)
                assert isinstance(byte_count, int)
                yield Member(
                    f"files/{file_id}",
                    byte_count,
                    self._read(str(file_id), str(object_key), number, byte_count),
                )

    def _read(self, file_id: str, object_key: str, number: int, byte_count: int) -> Iterator[bytes]:
        found = 0
        try:
            for piece in self._vault.read(self._keys.file_key(object_key, number)):
                found += len(piece)
                yield piece
        except (FileDamaged, KeyError, StopIteration) as error:
            raise ExportFailed(
                f"the kept file {file_id} is missing or damaged (`wellkept files check --read`)"
            ) from error
        except FileStoreUnavailable as error:
            raise ExportFailed(f"the kept files cannot be reached: {error}") from error
        if found != byte_count:
            raise ExportFailed(f"the kept file {file_id} has another length than its record says")


def _pieces(name: str, lines: Iterator[bytes]) -> Iterator[Member]:
    """Lines as members of a bounded size; of none, no member."""
    held, number = bytearray(), 0
    for line in lines:
        held += line
        if len(held) >= _PIECE_BYTES:
            number += 1
            yield member(f"{name}.{number:06}.jsonl", bytes(held))
            held.clear()
    if held:
        yield member(f"{name}.{number + 1:06}.jsonl", bytes(held))
