"""The minimal patient registry that claims stand on."""

import dataclasses
import datetime as dt
import unicodedata
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.company_calendar import company_today
from services.inputs import ONE_LINE, Identifier, Input, left_out
from services.refusals import Fault, InvalidInput, InvalidParameter
from storage.errors import VersionConflict
from storage.filters import ClaimFilter, PatientFilter
from storage.interface import Page, Store
from storage.tables.addresses import PostalAddress
from storage.tables.claims import Patient, PatientFields
from storage.vocabulary.parties import Sex

LONGEST_NAME_KEY = 210
EARLIEST_BIRTH = dt.date(1850, 1, 1)

PersonName = Annotated[str, Field(min_length=1, max_length=100, pattern=ONE_LINE)]
BirthDate = Annotated[dt.date, Field(ge=EARLIEST_BIRTH)]

_SAME_TO_A_READER = str.maketrans({",": " ", "’": "'", "ʼ": "'", "‐": "-", "‑": "-", "–": "-"})


class NewPatient(Input):
    """A patient to register. The medical record number is the company's own."""

    medical_record_number: Identifier
    last_name: PersonName
    first_name: PersonName
    birth_date: BirthDate
    sex: Sex | None = None
    address: PostalAddress | None = None


class PatientChanges(Input):
    """What to change; what is left out stays."""

    medical_record_number: Identifier = left_out()
    last_name: PersonName = left_out()
    first_name: PersonName = left_out()
    birth_date: BirthDate = left_out()
    sex: Sex | None = None
    address: PostalAddress | None = None


_UNSEEN = frozenset({"Mn", "Cc"})
"""Categories of what no reader tells apart: accents, and what is no character."""


def search_key(text: str) -> str:
    """Text as names and numbers are compared: capitals, without accents, commas or double spaces.

    ``Søren`` keeps its stroke, for it is a letter and no accent. Cut after 210 characters.
    """
    plain = text.translate(_SAME_TO_A_READER)
    if not (plain.isascii() and plain.isprintable()):
        decomposed = unicodedata.normalize("NFKD", plain)
        plain = "".join(each for each in decomposed if unicodedata.category(each) not in _UNSEEN)
    return " ".join(plain.upper().split())[:LONGEST_NAME_KEY]


def name_key(last_name: str, first_name: str) -> str:
    """``QUILL ADA``: what a prefix search for a name looks at."""
    return search_key(f"{last_name} {first_name}")


async def create_patient(store: Store, new: NewPatient) -> Patient:
    """Register a patient. Raises DuplicateValue for a known record number, InvalidInput."""
    await _refuse_unborn(store, new.birth_date)
    return await store.patients.create(
        PatientFields(**dict(new), name_key=name_key(new.last_name, new.first_name))
    )


async def get_patient(store: Store, patient_id: UUID) -> Patient:
    """Raises RowNotFound."""
    return await store.patients.get(patient_id)


async def list_patients(
    store: Store, conditions: PatientFilter, *, limit: int, after: UUID | None
) -> Page[Patient]:
    """Patients, newest first; ``name_prefix`` as somebody types it."""
    if conditions.name_prefix is not None:
        conditions = dataclasses.replace(
            conditions, name_prefix=searchable(conditions.name_prefix, "/name_prefix")
        )
    return await store.patients.list(conditions, limit=limit, after=after)


async def update_patient(
    store: Store, patient_id: UUID, changes: PatientChanges, *, expected_version: int
) -> Patient:
    """Change a patient; a new name reaches the search of the patient's claims as well.

    Raises RowNotFound, VersionConflict, DuplicateValue, InvalidInput.
    """
    given = changes.given()
    if changes.birth_date is not None:
        await _refuse_unborn(store, changes.birth_date)
    held = await store.patients.lock(patient_id)
    if held.version != expected_version:
        raise VersionConflict("patients")
    key = name_key(changes.last_name or held.last_name, changes.first_name or held.first_name)
    if key != held.name_key:
        given["name_key"] = key
        await _rename_in_claims(store, patient_id, key)
    return await store.patients.update(patient_id, given, expected_version=expected_version)


def searchable(text: str, pointer: str) -> str:
    """The key of what somebody types. Raises InvalidParameter where nothing is left of it."""
    key = search_key(text)
    if not key:
        raise InvalidParameter([Fault(pointer, "holds nothing to look for")])
    return key


async def _rename_in_claims(store: Store, patient_id: UUID, key: str) -> None:
    claims = await store.claims.lock_all(ClaimFilter(patient_id=patient_id))
    await store.claims.update_many(
        {claim.id: claim.version for claim in claims}, {"patient_name_key": [key] * len(claims)}
    )


async def _refuse_unborn(store: Store, birth_date: dt.date) -> None:
    if birth_date > await company_today(store):
        raise InvalidInput([Fault("/birth_date", "lies in the future")])
