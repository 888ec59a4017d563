"""Which person of the company somebody is whom its provider vouches for.

The provider's own name for them (issuer and subject) decides. The first time it is their address,
if the provider has verified it and the company lets its provider speak for that domain.
"""

from services.identity.emails import normalised_email
from services.identity.oidc.tokens import Identified
from storage.filters import PersonFilter, PersonIdentityFilter
from storage.identifiers import new_id
from storage.interface import Store
from storage.tables.identity import Person, PersonFields, PrincipalFields
from storage.tables.providers import IdentityProvider, PersonIdentityFields
from storage.vocabulary.identity import PrincipalKind

_LONGEST_NAME = 200


async def person_known_as(
    store: Store, provider: IdentityProvider, who: Identified
) -> Person | None:
    """The enabled person, held, whom the provider vouches for, linked or made if need be."""
    await store.wait_for_lock(f"identity/{who.issuer}/{who.subject}")
    known = await store.person_identities.all(
        PersonIdentityFilter(issuer=who.issuer, subject=who.subject)
    )
    if known:
        return _if_enabled(await store.people.lock(known[0].person_id))
    email = normalised_email(who.verified_email or "")
    if email is None or email.rpartition("@")[2] not in provider.email_domains:
        return None
    found = await store.people.lock_all(PersonFilter(email=email))
    person = _if_enabled(found[0]) if found else None
    if not found and provider.makes_people:
        person = await _made(store, provider, email, who.name or email)
    if person is None or await _has_another(store, person, who.issuer):
        return None
    await store.person_identities.create(
        PersonIdentityFields(person_id=person.id, issuer=who.issuer, subject=who.subject)
    )
    return person


def _if_enabled(person: Person) -> Person | None:
    return person if person.disabled_at is None else None


async def _has_another(store: Store, person: Person, issuer: str) -> bool:
    """Whether the provider knows the person as somebody else: an address that was given on."""
    linked = PersonIdentityFilter(person_id=person.id, issuer=issuer)
    return await store.person_identities.count(linked) > 0


async def _made(store: Store, provider: IdentityProvider, email: str, name: str) -> Person:
    """A new person, who has no password."""
    person_id = new_id()
    shown = "".join(each for each in name if each.isprintable()).strip()[:_LONGEST_NAME] or email
    await store.principals.create_many(
        [PrincipalFields(kind=PrincipalKind.PERSON, name=shown[:_LONGEST_NAME])], ids=[person_id]
    )
    fields = PersonFields(
        principal_id=person_id,
        email=email,
        name=shown[:_LONGEST_NAME],
        role=provider.new_role,
        role_id=provider.new_role_id,
    )
    await store.people.create_many([fields], ids=[person_id])
    return await store.people.get(person_id)
