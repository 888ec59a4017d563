"""Patients: the original kept none beside their claims, so they are derived of these, by the id
that the claims name; it becomes the medical record number."""

from collections.abc import Sequence

from services.claims.patients import name_key
from services.importing.conversions import Unusable, day, text
from services.importing.declaration import Draft, FieldRule, OriginalMap, Placed, Workplace
from storage.interface import Store
from storage.rows import CheckedRows
from storage.tables.claims import Patient, PatientFields

NAME = text(200)
_LONGEST = 100


def split_name(name: str) -> tuple[str, str]:
    """Last and first name, of ``Ada Quill`` or ``Quill, Ada``. Raises Unusable."""
    if "," in name:
        last, _, first = name.partition(",")
    else:
        first, _, last = name.rpartition(" ")
    last, first = last.strip(), first.strip()
    if not last or not first:
        raise Unusable("is not both a first and a last name", "write it as Quill, Ada")
    if max(len(last), len(first)) > _LONGEST:
        raise Unusable(f"has a part longer than {_LONGEST} characters", "shorten it")
    return last, first


def _complete(draft: Draft) -> None:
    values = draft.values
    try:
        last, first = split_name(values.pop("name"))
    except Unusable as fault:
        fault.pointer = "/patientName"
        raise
    values |= {
        "last_name": last,
        "first_name": first,
        "name_key": name_key(last, first),
    }


async def _write(store: Store, drafts: Sequence[Placed], _: Workplace) -> None:
    await store.patients.create_many(
        CheckedRows(PatientFields, [draft.values for draft in drafts]),
        ids=[draft.row_id for draft in drafts],
    )


PATIENTS = OriginalMap(
    name="claims.patients",
    row=Patient,
    fields=(
        FieldRule("id", "medical_record_number", text(80), is_required=True),
        FieldRule("patientName", "name", NAME, is_required=True),
        FieldRule("patientDOB", "birth_date", day, is_required=True),
    ),
    natural_key="medical_record_number",
    complete=_complete,
    write=_write,
)
