"""Every change about a patient says so, whatever table it is in."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlmodel import SQLModel

from storage.rows import TenantRow
from storage.security import tenant_tables


def tied(tables: Mapping[str, sa.Table]) -> set[str]:
    """Tables whose rows say themselves whom they are about."""
    columns = {"patient_id", "claim_id"}
    return {name for name, table in tables.items() if columns & set(table.c.keys())} | {"patients"}


def leading_to_patients(tables: Mapping[str, sa.Table]) -> set[str]:
    """Tables that refer to patients, or to what is about one. Not by way of a file: it names
    whom it is about by itself, and a remittance is about many."""
    found = {"patients"}
    while True:
        more = {
            name
            for name, table in tables.items()
            if any(
                key.referred_table.name in found - {"stored_files"}
                for key in table.foreign_key_constraints
            )
        }
        if more <= found:
            return found
        found |= more


def test_what_leads_to_a_patient_names_the_patient_or_the_claim() -> None:
    tables = {name: SQLModel.metadata.tables[name] for name in tenant_tables()}
    mutable = {name for name, row in tenant_tables().items() if issubclass(row, TenantRow)}
    assert leading_to_patients(tables) & mutable <= tied(tables)
