"""What a repository needs of the transaction that it works in."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

import psycopg

from storage.interface import Actor
from storage.postgres.claim_changes import ClaimChanges


class BoundTransaction(Protocol):
    """One transaction of one company, open and bound to it."""

    connection: psycopg.AsyncConnection[Any]
    """For what ``execute`` cannot do: a cursor that streams."""
    company_id: UUID
    actor: Actor
    patients_read: set[UUID | None]
    claim_changes: ClaimChanges

    @property
    def now(self) -> dt.datetime:
        """The time of the transaction."""

    async def plan_for_any_company(self) -> None:
        """Until the transaction ends, plan statements without what statistics say of the company:
        for who asks for many rows of one that they may not know."""

    async def execute(
        self, sql: str, parameters: Mapping[str, Any] | None = None
    ) -> psycopg.AsyncCursor[tuple[Any, ...]]:
        """Run one statement. Raises storage errors."""
