"""Deleting rows that can change: like every change of them it is on record."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import SQLModel

from storage.identifiers import OPERATOR_ACTOR_ID, new_id, new_ids
from storage.maintenance.partition_upkeep import Owner
from storage.postgres.changing import delete_many


def delete_with_trail(
    owner: Owner, row: type[SQLModel], company_id: UUID, ids: Sequence[UUID]
) -> int:
    """Delete some rows of the company that the transaction is bound to; returns how many."""
    parameters = {
        "company_id": company_id,
        "ids": list(ids),
        "trail_ids": new_ids(len(ids)),
        "now": owner.now,
        "actor_id": OPERATOR_ACTOR_ID,
        "request_id": new_id(),
    }
    return owner.connection.execute(delete_many(row).encode(), parameters).rowcount
