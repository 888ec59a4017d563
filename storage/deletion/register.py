"""The installation's list of companies that are closed for good: it outlives their rows."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from psycopg.rows import class_row

from storage.archive.manifest import Connection
from storage.backup.contents import TableContents
from storage.identifiers import new_id

_LISTED = """
SELECT id, company_id, slug, name, retention_years, asked_by, asked_at, approved_by, approved_at,
       is_handed_over, closed_at, ended_at, got_on_at, obstacle
FROM company_deletions
WHERE (ended_at IS NULL OR NOT %(only_due)s) AND (certificate IS NULL OR NOT %(only_new)s)
  AND (%(company_id)s::uuid IS NULL OR company_id = %(company_id)s)
ORDER BY id"""
_CLOSE = """
INSERT INTO company_deletions (id, company_id, slug, name, retention_years, asked_by, asked_at,
                               approved_by, approved_at, is_handed_over, closed_at)
SELECT %(id)s, company_id, slug, name, retention_years, %(asked_by)s, %(asked_at)s,
       %(approved_by)s, %(approved_at)s, %(is_handed_over)s, %(closed_at)s
FROM companies WHERE company_id = %(company_id)s"""
_LEAVE = "UPDATE company_directory SET closed_at = %s WHERE company_id = %s"
_ADD = """
UPDATE company_deletions SET got_on_at = %(now)s, removed = (
    SELECT coalesce(jsonb_agg(part), '[]') FROM jsonb_array_elements(removed) AS part
    WHERE part ->> 'table' <> %(table)s
) || %(told)s::jsonb
WHERE id = %(id)s"""
_RUN_IS_OVER = """
UPDATE company_deletions SET got_on_at = coalesce(%(now)s, got_on_at), obstacle = %(obstacle)s
WHERE id = %(id)s"""
_REMOVED = """
SELECT part ->> 'table', part ->> 'rows', part ->> 'digest', part ->> 'files', part ->> 'bytes'
FROM company_deletions, jsonb_array_elements(removed) AS part WHERE id = %s"""
_CERTIFY = """
UPDATE company_deletions SET certificate = %(certificate)s::jsonb, ended_at = %(ended_at)s
WHERE id = %(id)s"""
_CERTIFICATE = "SELECT certificate #>> '{}' FROM company_deletions WHERE id = %s"
_LEAVE_DIRECTORY = "DELETE FROM company_directory WHERE company_id = %s"
_RETURN = """
UPDATE company_deletions SET returned_at = %s
WHERE company_id = %s AND returned_at IS NULL AND ended_at IS NOT NULL"""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Who wanted the company deleted, who agreed, and whether its records went with it."""

    asked_by: str
    asked_at: dt.datetime
    approved_by: str
    approved_at: dt.datetime
    is_handed_over: bool


@dataclass(frozen=True, kw_only=True)
class Deletion(Decision):
    """A company that is closed; it is gone once ``ended_at`` is there."""

    id: UUID
    company_id: UUID
    slug: str
    name: str
    retention_years: int
    closed_at: dt.datetime
    ended_at: dt.datetime | None
    got_on_at: dt.datetime | None
    """When rows went or a run was through last."""
    obstacle: str | None
    """What kept the last run from being through."""


@dataclass(frozen=True)
class Removed:
    """Rows of a table that went, and the kept files of which they were the record."""

    contents: TableContents
    files: int = 0
    file_bytes: int = 0

    def and_also(self, more: "Removed") -> "Removed":
        """Both together: digests are sums of rows."""
        halves = zip(self.contents.digest.split("/"), more.contents.digest.split("/"), strict=True)
        digest = "/".join(str(int(one) + int(other)) for one, other in halves)
        contents = TableContents(self.contents.rows + more.contents.rows, digest)
        return Removed(contents, self.files + more.files, self.file_bytes + more.file_bytes)


NOTHING_REMOVED = Removed(TableContents(0, "0/0"))


def close(
    connection: Connection, company_id: UUID, decision: Decision, closed_at: dt.datetime
) -> None:
    """Let nobody enter the company any more, from the end of this transaction on, which is bound
    to it."""
    connection.execute(
        _CLOSE.encode(),
        {
            "id": new_id(),
            "company_id": company_id,
            "asked_by": decision.asked_by,
            "asked_at": decision.asked_at,
            "approved_by": decision.approved_by,
            "approved_at": decision.approved_at,
            "is_handed_over": decision.is_handed_over,
            "closed_at": closed_at,
        },
    )
    connection.execute(_LEAVE.encode(), [closed_at, company_id])


def under_way(
    connection: Connection, *, only_new: bool = False, company_id: UUID | None = None
) -> Sequence[Deletion]:
    """What is not over: rows are still there, held or not yet removed; with ``only_new`` those of
    which no run was through yet, with ``company_id`` that company's."""
    return _listed(connection, only_due=True, only_new=only_new, company_id=company_id)


def all_deletions(connection: Connection) -> Sequence[Deletion]:
    """Every company that was ever closed here, the first one first."""
    return _listed(connection, only_due=False, only_new=False, company_id=None)


def _listed(
    connection: Connection, *, only_due: bool, only_new: bool, company_id: UUID | None
) -> Sequence[Deletion]:
    conditions = {"only_due": only_due, "only_new": only_new, "company_id": company_id}
    with connection.cursor(row_factory=class_row(Deletion)) as cursor:
        return cursor.execute(_LISTED.encode(), conditions).fetchall()


def note_removed(
    connection: Connection, deletion: Deletion, table: str, part: Removed, now: dt.datetime
) -> None:
    """Write down what went, in the transaction in which it goes."""
    whole = removed(connection, deletion).get(table, NOTHING_REMOVED).and_also(part)
    told = {
        "table": table,
        "rows": whole.contents.rows,
        "digest": whole.contents.digest,
        "files": whole.files,
        "bytes": whole.file_bytes,
    }
    parameters = {"id": deletion.id, "table": table, "told": json.dumps([told]), "now": now}
    connection.execute(_ADD.encode(), parameters)


def note_run(
    connection: Connection,
    deletion: Deletion,
    *,
    got_on_at: dt.datetime | None,
    obstacle: str | None,
) -> None:
    """Write down how a run ended: whether it got on, and what kept it from more."""
    parameters = {"id": deletion.id, "now": got_on_at, "obstacle": obstacle}
    connection.execute(_RUN_IS_OVER.encode(), parameters)


def removed(connection: Connection, deletion: Deletion) -> dict[str, Removed]:
    """All that went so far, by table."""
    found: dict[str, Removed] = {}
    for row in connection.execute(_REMOVED.encode(), [deletion.id]).fetchall():
        table, rows, digest, files, file_bytes = map(str, row)
        part = Removed(TableContents(int(rows), digest), int(files), int(file_bytes))
        found[table] = found.get(table, NOTHING_REMOVED).and_also(part)
    return found


def certify(
    connection: Connection, deletion: Deletion, certificate: str, ended_at: dt.datetime | None
) -> None:
    """Keep the certificate; with ``ended_at`` nothing is left, and the slug is free again."""
    parameters = {
        "id": deletion.id,
        "certificate": json.dumps(certificate),
        "ended_at": ended_at,
    }
    connection.execute(_CERTIFY.encode(), parameters)
    if ended_at is not None:
        connection.execute(_LEAVE_DIRECTORY.encode(), [deletion.company_id])


def certificate_of(connection: Connection, deletion_id: UUID) -> str | None:
    """The newest certificate of a deletion; none before its first run was through."""
    row = connection.execute(_CERTIFICATE.encode(), [deletion_id]).fetchone()
    return None if row is None or row[0] is None else str(row[0])


def let_return(connection: Connection, company_id: UUID, now: dt.datetime) -> None:
    """Open the door to a company that is wholly gone, for it comes back."""
    connection.execute(_RETURN.encode(), [now, company_id])
