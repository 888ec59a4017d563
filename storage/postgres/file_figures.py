"""Which rows refer to files: asked of every foreign key that leads to ``stored_files``."""

from collections.abc import Iterator, Sequence
from functools import cache
from uuid import UUID

from sqlmodel import SQLModel

from storage.postgres.bound import BoundTransaction


def _references() -> Iterator[tuple[str, str]]:
    """Each table that refers to files, and the column by which it does."""
    for table in SQLModel.metadata.sorted_tables:
        for key in sorted(table.foreign_key_constraints, key=lambda key: str(key.name)):
            if key.referred_table.name == "stored_files":
                yield from ((table.name, name) for name in key.column_keys if name != "company_id")


@cache
def referring() -> str:
    """The statement: the name of each table that has a row which names the file."""
    parts = (
        f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table}"  # noqa: S608 -- names of ours
        f" WHERE company_id = %(company_id)s AND {column} = %(file_id)s)"
        for table, column in _references()
    )
    return " UNION ".join(parts) + " ORDER BY 1"


@cache
def files_of() -> str:
    """The statement: the files that rows with some ids name."""
    parts = (
        f"SELECT {column} FROM {table} WHERE company_id = %(company_id)s"  # noqa: S608
        f" AND id = ANY (%(ids)s::uuid[]) AND {column} IS NOT NULL"
        for table, column in _references()
    )
    return " UNION ".join(parts)


_BEHIND_RECORDS = """
SELECT text.file_id
FROM policy_texts AS text
JOIN policy_versions AS version
  ON version.company_id = %(company_id)s AND version.text_id = text.id
JOIN policy_approvals AS approval
  ON approval.company_id = %(company_id)s AND approval.policy_version_id = version.id
WHERE text.company_id = %(company_id)s AND text.file_id = ANY (%(file_ids)s::uuid[])
UNION
SELECT evidence.file_id
FROM compliance_evidence AS evidence
WHERE evidence.company_id = %(company_id)s AND evidence.file_id = ANY (%(file_ids)s::uuid[])
  AND evidence.id IN (
      SELECT unnest(attestation.evidence_ids)
      FROM compliance_attestations AS attestation
      WHERE attestation.company_id = %(company_id)s
  )
"""


class PostgresFileFigures:
    """See ``storage.interface.FileFigures``."""

    def __init__(self, store: BoundTransaction) -> None:
        self._store = store

    async def referring(self, file_id: UUID) -> list[str]:
        parameters = {"company_id": self._store.company_id, "file_id": file_id}
        cursor = await self._store.execute(referring(), parameters)
        return [str(name) for (name,) in await cursor.fetchall()]

    async def files_of(self, record_ids: Sequence[UUID]) -> list[UUID]:
        parameters = {"company_id": self._store.company_id, "ids": list(record_ids)}
        cursor = await self._store.execute(files_of(), parameters)
        return [file_id for (file_id,) in await cursor.fetchall()]

    async def behind_records(self, file_ids: Sequence[UUID]) -> list[UUID]:
        parameters = {"company_id": self._store.company_id, "file_ids": list(file_ids)}
        cursor = await self._store.execute(_BEHIND_RECORDS, parameters)
        return [file_id for (file_id,) in await cursor.fetchall()]
