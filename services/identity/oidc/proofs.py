"""Proving again who one is at the provider, for whoever keeps no password with us.

The provider asks them anew; it must name the person whose session was sent there. What is due
beside that is their second factor: a code of ours where they have one. The provider's own counts
where the company accepts its word for it.
"""

from enum import Enum
from uuid import UUID

from services.identity.oidc.away import SIGNED_IN, ProviderSignInRefused
from services.identity.oidc.tokens import Identified
from services.identity.proving import note_proof
from services.identity.sessions import is_open
from storage.errors import RowNotFound
from storage.filters import ByPerson, PersonIdentityFilter
from storage.interface import Store
from storage.tables.identity import Person, PersonSession
from storage.tables.providers import IdentityProvider
from storage.tables.trail import AccessFields

_OPERATION = "prove_identity"


class Vouched(Enum):
    """What has come of it."""

    PROVEN = "proven"
    CODE_DUE = "code_due"


def has_second_factor(provider: IdentityProvider, who: Identified) -> bool:
    """Whether the provider says of a sign-in what the company takes for a second factor."""
    if who.context in provider.second_factor_contexts:
        return True
    return not who.methods.isdisjoint(provider.second_factor_methods)


async def vouched_for_session(
    store: Store, provider: IdentityProvider, session_id: UUID, who: Identified
) -> Vouched:
    """Note in a session that the provider has asked its person anew.

    A session whose second factor is the provider's is not proven by less. Raises
    ProviderSignInRefused.
    """
    person, session = await _held(store, session_id, who)
    store.actor = store.actor.named(person.id)
    is_accepted = has_second_factor(provider, who)
    if person.second_factor_since is not None:
        await store.person_sessions.update(
            session_id, {"vouched_at": store.now}, expected_version=session.version
        )
    elif session.has_provider_factor and not is_accepted:
        raise ProviderSignInRefused
    else:
        await note_proof(store, person, session_id, has_provider_factor=is_accepted)
    await store.api_log.create(
        AccessFields(
            request_id=store.actor.request_id,
            operation=_OPERATION,
            outcome=SIGNED_IN,
            patient_ids=[],
            record_id=person.id,
        )
    )
    return Vouched.PROVEN if person.second_factor_since is None else Vouched.CODE_DUE


async def _held(store: Store, session_id: UUID, who: Identified) -> tuple[Person, PersonSession]:
    """The person whom the provider names and their session that was sent there, both held.

    Nobody is linked or made by a proof. Raises ProviderSignInRefused.
    """
    known = await store.person_identities.all(
        PersonIdentityFilter(issuer=who.issuer, subject=who.subject)
    )
    if not known:
        raise ProviderSignInRefused
    try:
        person = await store.people.lock(known[0].person_id)
        session = await store.person_sessions.lock(session_id)
    except RowNotFound as error:
        raise ProviderSignInRefused from error
    if session.person_id != person.id or person.disabled_at is not None:
        raise ProviderSignInRefused
    if not is_open(session, store.now):
        raise ProviderSignInRefused
    return person, session


async def end_provider_factors(store: Store) -> None:
    """Have no open session count the provider's second factor any more: whoever needs one enrols
    one of ours, or signs in anew."""
    counting = await store.person_sessions.lock_all(
        ByPerson(is_open=True, has_provider_factor=True)
    )
    await store.person_sessions.update_many(
        {session.id: session.version for session in counting},
        {
            "has_provider_factor": [False] * len(counting),
            "proven_at": [None] * len(counting),
        },
    )
