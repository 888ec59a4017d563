"""Which files the standing legal holds keep."""

from dataclasses import dataclass
from uuid import UUID

from storage.filters import LegalHoldFilter
from storage.interface import Store
from storage.tables.files import StoredFile
from storage.vocabulary.files import FilePurpose

ABOUT_MANY = frozenset({FilePurpose.REMITTANCE, FilePurpose.IMPORT, FilePurpose.STATEMENT_RUN})
"""Whose patients stand in the content alone: a hold on any patient keeps them all."""


@dataclass(frozen=True)
class Holds:
    """What the holds that stand are on."""

    is_on_everything: bool
    patients: frozenset[UUID]
    files: frozenset[UUID]
    """Files that are held themselves, or that a held record refers to."""

    def keeps(self, file: StoredFile) -> bool:
        """Whether a file must stay, whatever its retention."""
        return (
            self.is_on_everything
            or file.id in self.files
            or file.patient_id in self.patients
            or bool(self.patients and file.purpose in ABOUT_MANY)
        )


async def standing_holds(store: Store) -> Holds:
    """The holds of the company; none is placed meanwhile by whoever holds RETENTION_LOCK."""
    holds = await store.legal_holds.all(LegalHoldFilter(is_standing=True))
    records = [each.record_id for each in holds if each.record_id is not None]
    files = await store.file_figures.files_of(records) if records else []
    patients = frozenset(each.patient_id for each in holds if each.patient_id is not None)
    on_everything = any(each.patient_id is None and each.record_id is None for each in holds)
    return Holds(on_everything, patients, frozenset([*records, *files]))
