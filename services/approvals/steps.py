"""What a service says of a step that needs a second person."""

import datetime as dt
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from services.identity.scopes import Scope
from storage.interface import Store
from storage.tables.approvals import Approval
from storage.vocabulary.approvals import ApprovalKind, ThresholdRule

LIFETIME = dt.timedelta(days=7)
"""How long a request waits for a decision, unless its step says otherwise."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What would be approved, as it is now; its row is held until the transaction ends."""

    entity_id: UUID
    version: int
    amount_cents: int | None = None
    hands: Collection[UUID] = ()
    """Principals who had a hand in it without changing its row: its assignees, who brought it."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """When a step takes a second person, and how many of them."""

    rule: ThresholdRule
    amount_cents: int | None = None
    quorum: int = 1


async def _nothing_to_put_back(store: Store, approval: Approval, why: str) -> None:
    """The item was not touched when the request was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One kind of step. Its functions run in the transaction of the request or decision.

    ``subject`` holds the item and says what it is now. ``apply`` does what was approved, by the
    actor of the store, who is the last of those who approved it. ``put_back`` undoes what asking
    has done to the item, for a request that was closed otherwise.
    """

    kind: ApprovalKind
    title: str
    entity: str
    """The table whose rows it is about."""
    asking_scope: Scope
    deciding_scope: Scope
    default: Threshold
    is_fixed: bool = False
    """Whether the database itself wants the second person, so that no company can do without."""
    lifetime: dt.timedelta = LIFETIME
    subject: Callable[[Store, UUID], Awaitable[Subject]]
    apply: Callable[[Store, Approval], Awaitable[None]]
    put_back: Callable[[Store, Approval, str], Awaitable[None]] = field(
        default=_nothing_to_put_back
    )


Steps = Mapping[ApprovalKind, Step]
