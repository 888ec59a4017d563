"""Conditions on imports and their records."""

from dataclasses import dataclass
from uuid import UUID

from storage.filters.conditions import Filter, where
from storage.vocabulary.importing import ImportOutcome, ImportStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class DataImportFilter(Filter):
    status: ImportStatus | None = where("status")
    source: str | None = where("source")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByImport(Filter):
    import_id: UUID | None = where("import_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRecordFilter(Filter):
    import_id: UUID | None = where("import_id")
    map_name: str | None = where("map_name")
    outcome: ImportOutcome | None = where("outcome")
    outcomes: list[ImportOutcome] | None = where("outcome", operator="in")
    ordinal_from: int | None = where("ordinal", operator=">=")
    ordinal_to: int | None = where("ordinal", operator="<=")
