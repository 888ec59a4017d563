"""``users``, and whom records of other maps name.

Nobody is made by an import: a user over there is somebody here who has the same e-mail address, or
waits until there is one. Who is named otherwise is looked up by address, then by name; what is left
goes to the import's steward.
"""

from collections.abc import Sequence

from services.importing.conversions import coded
from services.importing.declaration import (
    Draft,
    FieldRule,
    OriginalMap,
    Placed,
    Reference,
    Wanted,
    Workplace,
)
from storage.interface import Store
from storage.tables.identity import Person

PERSON = Reference("users", Person, ("email", "name"), has_steward=True)
_ADDRESS = coded(r"^[^\s@]+@[^\s@]+$", 254)
_SOMEBODY = Reference("people", Person, ("email",))


def _normalised(value: object) -> str:
    return str(_ADDRESS(value)).lower()


def _complete(draft: Draft) -> None:
    values = draft.values
    draft.wanted.append(Wanted(_SOMEBODY, (values["email"],), "/email", values, "person_id"))


async def _write(_: Store, drafts: Sequence[Placed], __: Workplace) -> None:
    """Whoever is found is merged, and whoever is not waits."""
    assert not drafts


USERS = OriginalMap(
    name="users",
    row=Person,
    fields=(FieldRule("email", "email", _normalised, is_required=True),),
    natural_key="email",
    complete=_complete,
    known=frozenset({"name", "firstName", "lastName", "role", "createdAt", "updatedAt"}),
    write=_write,
)
