"""Who can do something in a company: chosen by scopes, whatever their role is called."""

from services.identity.scopes import ROLE_SCOPES, Scope
from storage.filters import CompanyRoleFilter, PersonFilter
from storage.interface import Store
from storage.tables.identity import Person


async def holders_of(store: Store, scope: Scope) -> list[Person]:
    """Everybody who is enabled and holds a scope, by a built-in role or by one of the company's."""
    own = {
        role.id
        for role in await store.company_roles.all(CompanyRoleFilter())
        if scope in role.scopes
    }
    return [
        person
        for person in await store.people.all(PersonFilter(is_enabled=True))
        if (person.role_id in own if person.role is None else scope in ROLE_SCOPES[person.role])
    ]
