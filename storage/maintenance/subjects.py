"""Whom and what a row is about that names another by ``entity`` and ``entity_id``: what a legal
hold on a patient or a record keeps of events, messages and notifications.

Where it cannot be told whom a row is about (a remittance has many patients, and they stand in its
file), a hold on any patient keeps it.
"""

from collections.abc import Iterator
from functools import cache

import sqlalchemy as sa
from sqlmodel import SQLModel

import storage.tables  # noqa: F401 -- fills the metadata

ABOUT_NOBODY = frozenset({"api_keys", "mailboxes", "people", "webhook_endpoints"})
"""Tables whose rows are about no patient."""

_OF_THE_HELD = """EXISTS (
    SELECT FROM {table} AS named {join}
    WHERE named.company_id = hold.company_id AND named.id = {name}.entity_id
      AND {whose}.patient_id = hold.patient_id
)"""

_WAS_OF_THE_HELD = """EXISTS (
    SELECT FROM audit_log AS change
    WHERE change.company_id = hold.company_id AND change.entity_id = {name}.entity_id
      AND (change.patient_id = hold.patient_id OR change.former_patient_id = hold.patient_id)
)"""

_THROUGH_ITS_CLAIM = (
    "JOIN claims AS claim ON claim.company_id = named.company_id AND claim.id = named.claim_id"
)


@cache
def about_the_held(name: str) -> str:
    """The condition, in SQL, that the row called ``name`` is about what ``hold`` is on."""
    cases = " ".join(f"WHEN '{table}' THEN {test}" for table, test in _tests(name))
    nobody = ", ".join(f"'{table}'" for table in sorted(ABOUT_NOBODY))
    return (
        f"{name}.entity_id IN (hold.record_id, hold.patient_id)"
        f" OR hold.patient_id IS NOT NULL AND (CASE {name}.entity {cases}"
        f" ELSE {name}.entity NOT IN ({nobody}) END OR {_WAS_OF_THE_HELD.format(name=name)})"
    )


def is_about_a_patient(table: sa.Table) -> bool:
    """Whether a table's rows each have their patient, by themselves or through their claim."""
    return table.name == "patients" or bool({"patient_id", "claim_id"} & set(table.c.keys()))


def _tests(name: str) -> Iterator[tuple[str, str]]:
    """For each table whose rows have a patient: the condition that it is the held one."""
    yield "patients", f"{name}.entity_id = hold.patient_id"
    for table in SQLModel.metadata.sorted_tables:
        if table.name == "patients" or not is_about_a_patient(table):
            continue
        is_tied = "patient_id" in table.c
        join, whose = ("", "named") if is_tied else (_THROUGH_ITS_CLAIM, "claim")
        yield table.name, _OF_THE_HELD.format(table=table.name, join=join, name=name, whose=whose)
