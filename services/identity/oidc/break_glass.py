"""The one way in beside a required provider: an administrator who is named, by password and code.

Without it a provider that is down, or was set up wrongly, would lock the whole company out.
"""

from dataclasses import dataclass
from typing import ClassVar

from services.refusals import Refusal
from storage.filters import IdentityProviderFilter
from storage.interface import Store
from storage.tables.identity import Person
from storage.vocabulary.identity import Role


@dataclass
class BreakGlassNeeded(Refusal):
    """Nobody could get in any more while the provider is down."""

    title: ClassVar[str] = "The person is the way in beside the required identity provider"

    @property
    def detail(self) -> str:
        return "Name another administrator for that first."


def can_break_glass(person: Person) -> bool:
    """Whether somebody can get in by themselves, and then mend everything."""
    return (
        person.role is Role.ADMINISTRATOR
        and person.disabled_at is None
        and person.password_hash is not None
        and person.second_factor_since is not None
    )


async def keep_break_glass(store: Store, person: Person) -> None:
    """Raises BreakGlassNeeded where ``person`` is the way in beside a required provider."""
    named = IdentityProviderFilter(is_required=True, break_glass_id=person.id)
    if await store.identity_providers.count(named):
        raise BreakGlassNeeded


async def may_use_password(store: Store, person: Person | None) -> bool:
    """Whether the company lets somebody sign in by password: no, where its provider is required."""
    required = await store.identity_providers.all(IdentityProviderFilter(is_required=True))
    return all(person is not None and each.break_glass_id == person.id for each in required)
