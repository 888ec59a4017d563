"""Records that come from another installation: the files, and what became of each record."""

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from storage.rows import (
    AppendOnlyRow,
    TenantRow,
    belongs_to,
    bytes_column,
    cents_column,
    check,
    choice_column,
    index,
    key_column,
    moment_column,
    text_column,
    texts_column,
    unique,
)
from storage.vocabulary.importing import ImportOutcome, ImportStatus

LONGEST_RECORD = 16_000_000
"""Characters of one record."""


class DataImportFields(SQLModel):
    source: str = text_column(80)
    status: ImportStatus = choice_column(ImportStatus, default=ImportStatus.RECEIVED)
    is_trial: bool = Field(default=False, sa_type=sa.Boolean)
    retries_id: UUID | None = key_column(default=None)
    steward_person_id: UUID | None = key_column(default=None)
    record_count: int = Field(default=0, sa_type=sa.BigInteger)
    done_count: int = Field(default=0, sa_type=sa.BigInteger)
    refusal: str | None = text_column(500, default=None)
    finished_at: dt.datetime | None = moment_column(default=None)


class DataImport(DataImportFields, TenantRow, table=True):
    """Records of one ``source``, an installation that a company moves over from.

    ``done_count`` says how many of its records were gone through, in the phase that it is in.
    ``retries_id`` is the import whose quarantined record this one tries again. What names a person
    who is not here is given to the steward.
    """

    __tablename__ = "data_imports"
    __table_args__ = (
        belongs_to("data_imports", "retries_id"),
        belongs_to("people", "steward_person_id"),
        index("data_imports", "status", "id"),
        index("data_imports", "retries_id", where="retries_id IS NOT NULL"),
        check("refused_has_a_reason", "(status = 'refused') = (refusal IS NOT NULL)"),
    )


class ImportFileFields(SQLModel):
    import_id: UUID = key_column()
    file_id: UUID = key_column()
    ordinal: int = Field(sa_type=sa.Integer)
    name: str = text_column(255)


class ImportFile(ImportFileFields, AppendOnlyRow, table=True):
    """A file of an import, kept as it came."""

    __tablename__ = "import_files"
    __table_args__ = (
        belongs_to("data_imports", "import_id"),
        belongs_to("stored_files", "file_id"),
        unique("import_files", "import_id", "ordinal"),
        index("import_files", "file_id"),
    )


class ImportMapFields(SQLModel):
    import_id: UUID = key_column()
    name: str = text_column(80)
    rank: int = Field(sa_type=sa.Integer)
    is_checked: bool = Field(default=False, sa_type=sa.Boolean)
    written_at: dt.datetime | None = moment_column(default=None)
    unknown_fields: list[str] = texts_column(default_factory=list)


class ImportMap(ImportMapFields, TenantRow, table=True):
    """One map of an import; ``written_at`` is of the transaction that wrote all of it."""

    __tablename__ = "import_maps"
    __table_args__ = (
        belongs_to("data_imports", "import_id"),
        unique("import_maps", "import_id", "name"),
    )


class ImportRecordFields(SQLModel):
    import_id: UUID = key_column()
    source: str = text_column(80)
    map_name: str = text_column(80)
    legacy_key: str = text_column(200, searched=True)
    ordinal: int = Field(sa_type=sa.BigInteger)
    outcome: ImportOutcome = choice_column(ImportOutcome)
    content: str = text_column(LONGEST_RECORD)
    sha256: bytes = bytes_column()
    amount_cents: int = cents_column(default=0)
    part_count: int = Field(default=0, sa_type=sa.Integer)
    target_id: UUID | None = key_column(default=None)
    patient_id: UUID | None = key_column(default=None)
    natural_key: str | None = text_column(200, searched=True, default=None)
    name: str | None = text_column(200, default=None)
    reason: str | None = text_column(500, default=None)
    field: str | None = text_column(200, default=None)
    remedy: str | None = text_column(500, default=None)
    notes: list[str] = texts_column(default_factory=list)


class ImportRecord(ImportRecordFields, AppendOnlyRow, table=True):
    """One record as it came, with what becomes of it and why.

    ``natural_key`` is what the row of a placed one is known by, whichever id it has.

    ``target_id`` is the row that stands for it, ``amount_cents`` its money, ``part_count`` how many
    rows it makes beside that one, ``notes`` what was rounded or differs from before. What was tried
    again has a later record under the same key.
    """

    __tablename__ = "import_records"
    __table_args__ = (
        belongs_to("data_imports", "import_id"),
        unique("import_records", "import_id", "map_name", "ordinal"),
        index("import_records", "source", "map_name", "legacy_key", "id"),
        index(
            "import_records",
            "natural_key",
            "import_id",
            "map_name",
            where="natural_key IS NOT NULL",
        ),
        index("import_records", "name", "import_id", "map_name", where="name IS NOT NULL"),
        check("hash_is_sha256", "octet_length(sha256) = 32"),
        check(
            "quarantined_has_a_reason",
            "(outcome = 'quarantined') = (reason IS NOT NULL)",
        ),
    )
