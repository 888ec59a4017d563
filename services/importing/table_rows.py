"""Rows of the original's half-migrated tables as records of its maps: other names for the same
fields, dollars where the maps have cents, and what had no column inside ``metadata``. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from types import MappingProxyType

from msgspec.structs import replace

from services.importing.json_stream import Json, SourceRecord

_SNAKE = re.compile(r"(?<=[a-zA-Z0-9])_([a-z0-9])")
_MOST_SETS_OF_NAMES = 1_000
_AS_IT_IS = frozenset({"timely_filing_limit_days"})
"""The one field of a map that is written like a column."""


@dataclass(frozen=True)
class TableForm:
    """How the rows of a map's table differ from its records, after ``snake_case`` has become
    ``camelCase``. ``dollars`` are columns that hold dollars where the map has cents, and so does
    what came as a text, for it is a decimal: what is called as in the map, and is a number, is in
    cents, whatever stands beside it. ``numbers`` are those that come as texts, for they hold
    decimals."""

    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    dollars: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    holds: str | None = None
    """The column whose object holds fields that have no column of their own."""


_PLAIN = TableForm()
_FORMS: Mapping[str, TableForm] = {
    "payers": TableForm({"timelyFilingLimitDays": "timely_filing_limit_days"}),
    "claims": TableForm(
        {
            "claimType": "type",
            "claimStatus": "status",
            "payerId": "primaryPayerId",
            "totalCharges": "totalChargeAmount",
            "adjustments": "totalAdjustmentAmount",
            "processedAt": "adjudicatedAt",
            "rejectionReason": "denialReason",
        },
        dollars=frozenset({"totalCharges"}),
        holds="metadata",
    ),
    "claimLineItems": TableForm(
        {"diagnosisCodePointers": "diagnosisCodes"},
        dollars=frozenset({"chargeAmount"}),
        numbers=frozenset({"units"}),
    ),
    "batches": TableForm(dollars=frozenset({"totalChargeAmount"})),
    "appeals": TableForm(dollars=frozenset({"resolutionAmount"})),
    "eras": TableForm(dollars=frozenset({"paymentAmount"})),
    "mipsSubmissions": TableForm(numbers=frozenset({"score"})),
    "complianceReports": TableForm(numbers=frozenset({"overallComplianceRate"})),
}

TABLES: Mapping[str, str] = {
    "insurance_payers": "payers",
    "insurance_claims": "claims",
    "claim_line_items": "claimLineItems",
    "claim_batches": "batches",
    "claim_appeals": "appeals",
    "claim_eras": "eras",
    "compliance_requirements": "complianceRequirements",
    "compliance_attestations": "attestations",
    "regulatory_audits": "audits",
    "mips_submissions": "mipsSubmissions",
    "policy_documents": "policyDocuments",
    "compliance_risk_assessments": "riskAssessments",
    "risk_assessments": "riskAssessments",
    "compliance_reports": "complianceReports",
}
"""The map whose records the rows of a table are."""


def under_its_map(record: SourceRecord) -> SourceRecord:
    """A record under the name of its map, where it came under that of the table."""
    name = TABLES.get(record.map_name)
    return record if name is None else replace(record, map_name=name)


def as_record(map_name: str, record: SourceRecord) -> SourceRecord:
    """A record in the map's own form, whichever it came in; its text stays as it came."""
    value = record.value
    if not isinstance(value, dict):
        return record
    form = _FORMS.get(map_name, _PLAIN)
    is_row = _are_columns(map_name, tuple(value))
    if not is_row and not any(isinstance(value.get(name), str) for name in form.dollars):
        return record
    return replace(record, value=_of_row(form, value))


@lru_cache(maxsize=_MOST_SETS_OF_NAMES)
def _are_columns(map_name: str, names: tuple[str, ...]) -> bool:
    """Whether a table has given names; most records of a map have the same."""
    columns = _FORMS.get(map_name, _PLAIN).columns
    return any(name in columns or ("_" in name and name not in _AS_IT_IS) for name in names)


def _of_row(form: TableForm, row: Mapping[str, Json]) -> dict[str, Json]:
    made: dict[str, Json] = {}
    for name, value in row.items():
        column = _camel(name)
        is_said = column != name or column in form.columns or isinstance(value, str)
        if column in form.dollars and is_said:
            found: Json = _cents(value)
        elif column in form.numbers:
            found = _number(value)
        else:
            found = _fields(value)
        made[form.columns.get(column, column)] = found
    held = made.pop(form.holds, None) if form.holds is not None else None
    return (held if isinstance(held, dict) else {}) | made


def _camel(name: str) -> str:
    """A column's name as the maps write it."""
    return name if name in _AS_IT_IS else _SNAKE.sub(lambda found: found[1].upper(), name)


def _fields(value: Json) -> Json:
    """What a column of JSON holds, its names as the maps write them."""
    if isinstance(value, dict):
        return {_camel(name): _fields(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_fields(inner) for inner in value]
    return value


def _number(value: Json) -> Json:
    """A decimal that came as a text; what is none stays, for its conversion to refuse."""
    exact = _decimal(value) if isinstance(value, str) else None
    return value if exact is None else _plain(exact)


def _cents(value: Json) -> Json:
    """Dollars in cents; what is no number stays, for its conversion to refuse."""
    exact = _decimal(value)
    return value if exact is None else _plain(exact * 100)


def _plain(exact: Decimal) -> int | float:
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def _decimal(value: Json) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        exact = Decimal(value if isinstance(value, str) else repr(value))
    except InvalidOperation:
        return None
    return exact if exact.is_finite() and abs(exact) < _MOST else None


_MOST = Decimal(10) ** 15
