"""Payers, patients, claims and lines for Hypothesis to draw, under ids that companies share.

Values are few, so that they collide, and awkward, so that nothing survives by luck.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from sqlmodel import SQLModel

from storage.filters import ByClaim, ClaimFilter, PatientFilter, PayerFilter
from storage.tables.claims import (
    ClaimFields,
    ClaimLineFields,
    ContactInfo,
    PatientFields,
    PayerFields,
)
from storage.vocabulary.claims import ClaimStatus, ClaimType, PayerType

IDS = 5
"""How many ids there are for rows of all companies."""

DAY = dt.date(2025, 3, 3)

names = st.sampled_from(["", "Ann", "ANN", "NULL", 'say "hi"', "back\\slash", "{a,b}", "ä\n€", "'"])
few = st.sampled_from(["a", "ab", "b", "x"])
cents = st.sampled_from([0, 100, 10_000, -1])
places = st.integers(0, IDS - 1)
contacts = st.none() | st.builds(ContactInfo, phone=st.none() | few, address=st.none() | few)
days = st.integers(0, 3).map(lambda n: DAY + dt.timedelta(days=n))


@dataclass
class Place:
    """Stands for the id of the same number in the pool that all companies draw from."""

    number: int


def ids_of(value: object, pool: list[UUID]) -> Any:
    """What was drawn, with ids of the pool in it."""
    match value:
        case Place():
            return pool[value.number]
        case dict():
            return {name: ids_of(each, pool) for name, each in value.items()}
        case list():
            return [ids_of(each, pool) for each in value]
        case _:
            return value


some_id = places.map(Place)

PAYERS = st.fixed_dictionaries(
    {
        "name": names,
        "payer_identifier": few,
        "remittance_identifier": st.none() | few,
        "type": st.sampled_from(PayerType),
        "timely_filing_limit_days": st.sampled_from([30, 365, 180, 0]),
        "contact_info": contacts,
        "is_active": st.booleans(),
    }
)
PATIENTS = st.fixed_dictionaries(
    {
        "medical_record_number": few,
        "last_name": names,
        "first_name": names,
        "birth_date": days,
        "name_key": names,
    }
)
CLAIMS = st.fixed_dictionaries(
    {
        "claim_number": few,
        "patient_control_number": few,
        "type": st.just(ClaimType.PROFESSIONAL),
        "status": st.sampled_from(ClaimStatus),
        "patient_id": some_id,
        "patient_name_key": names,
        "subscriber_id": names,
        "rendering_provider_id": few,
        "billing_provider_id": few,
        "primary_payer_id": some_id,
        "secondary_payer_id": st.none() | some_id,
        "tertiary_payer_id": st.none() | some_id,
        "service_date": days,
        "diagnosis_codes": st.lists(names, max_size=3),
        "total_charge_cents": cents,
        "removed_line_ids": st.lists(some_id, max_size=2),
    }
)
LINES = st.fixed_dictionaries(
    {
        "claim_id": some_id,
        "line_number": st.integers(1, 3),
        "line_control_number": few,
        "service_date": days,
        "procedure_code": few,
        "modifiers": st.lists(few, max_size=2),
        "diagnosis_codes": st.lists(names, max_size=2),
        "units": st.sampled_from([Decimal(1), Decimal("2.5"), Decimal(0)]),
        "charge_cents": cents,
        "place_of_service": st.just("11"),
    }
)


@dataclass(frozen=True)
class Kind:
    """How one entity is drawn."""

    fields: type[SQLModel]
    contents: st.SearchStrategy[dict[str, Any]]
    filters: st.SearchStrategy[Any]
    harmless: tuple[str, ...]
    """Columns under no rule: an update of many rows at once may set them in any order."""


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


KINDS = {
    "payers": Kind(
        PayerFields,
        PAYERS,
        st.fixed_dictionaries(
            {
                "type": maybe(st.sampled_from(PayerType)),
                "is_active": maybe(st.booleans()),
                "payer_identifier": maybe(few),
            }
        ).map(lambda given: (PayerFilter, given)),
        ("name", "is_active", "contact_info"),
    ),
    "patients": Kind(
        PatientFields,
        PATIENTS,
        st.fixed_dictionaries(
            {"medical_record_number": maybe(few), "name_prefix": maybe(names)}
        ).map(lambda given: (PatientFilter, given)),
        ("last_name", "birth_date"),
    ),
    "claims": Kind(
        ClaimFields,
        CLAIMS,
        st.fixed_dictionaries(
            {
                "patient_id": maybe(some_id),
                "payer_id": maybe(some_id),
                "status": maybe(st.sampled_from(ClaimStatus)),
                "service_from": maybe(days),
                "service_until": maybe(days),
                "charge_at_least_cents": maybe(cents),
                "charge_at_most_cents": maybe(cents),
                "text": maybe(few),
                "ids": maybe(st.lists(some_id, max_size=3)),
            }
        ).map(lambda given: (ClaimFilter, given)),
        ("status", "diagnosis_codes", "removed_line_ids"),
    ),
    "claim_lines": Kind(
        ClaimLineFields,
        LINES,
        st.fixed_dictionaries(
            {"claim_id": maybe(some_id), "claim_ids": maybe(st.lists(some_id, max_size=3))}
        ).map(lambda given: (ByClaim, given)),
        ("procedure_code", "modifiers", "units"),
    ),
}

SEEDS: dict[str, list[dict[str, Any]]] = {
    "payers": [{"name": name, "payer_identifier": name, "type": PayerType.OTHER} for name in "xyz"],
    "patients": [
        {
            "medical_record_number": name,
            "last_name": name,
            "first_name": name,
            "birth_date": DAY,
            "name_key": name,
        }
        for name in "xyz"
    ],
    "claims": [
        {
            "claim_number": "x",
            "patient_control_number": "x",
            "type": ClaimType.DENTAL,
            "patient_id": Place(0),
            "patient_name_key": "x",
            "subscriber_id": "x",
            "rendering_provider_id": "x",
            "billing_provider_id": "x",
            "primary_payer_id": Place(0),
            "service_date": DAY,
            "diagnosis_codes": ["x"],
        }
    ],
    "claim_lines": [
        {
            "claim_id": Place(0),
            "line_number": 9,
            "line_control_number": "x",
            "service_date": DAY,
            "procedure_code": "x",
            "modifiers": [],
            "diagnosis_codes": [],
            "charge_cents": 5,
            "place_of_service": "11",
        }
    ],
}
"""What a company begins with: rows that others can refer to."""

entities = st.sampled_from(sorted(KINDS))
