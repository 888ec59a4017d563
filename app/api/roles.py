"""Roles and scopes over HTTP."""

from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from app.answers import (
    Answer,
    PageAnswer,
    RowAnswer,
    created,
    decode_cursor,
    no_work,
    one,
    page,
    ready_made,
)
from app.api.parameters import Cursor, Limit
from app.api.routes import OWN
from app.call import Call
from services.identity import roles
from services.identity.roles import NewRole, RoleChanges
from services.identity.scopes import ROLE_SCOPES, Scope
from storage.vocabulary.identity import Role


class RoleAnswer(RowAnswer):
    """A role that the company defined."""

    name: str
    description: str | None
    scopes: list[str]


class BuiltInRoleAnswer(Answer):
    """A role that every company has, and the scopes that it is made of."""

    role: Role
    scopes: list[Scope]


class BuiltInRolesAnswer(Answer):
    """All of them."""

    items: list[BuiltInRoleAnswer]


class ScopeAnswer(Answer):
    """A scope, and what it lets one do."""

    scope: Scope
    meaning: str


class ScopesAnswer(Answer):
    """All of them."""

    items: list[ScopeAnswer]


class RoleController(Controller):
    """The company's own roles. Nobody defines, changes or gives one with scopes that they lack."""

    path = "/roles"
    tags = ("People",)

    @post(operation_id="create_role", scope=Scope.PEOPLE_MANAGE)
    async def create(self, request: Call, data: JSONBody[NewRole]) -> Response[RoleAnswer]:
        """Define a role."""
        return await request.run(
            lambda store: roles.create_role(store, data, granted_by=request.principal.scopes),
            created(RoleAnswer, "/api/v1/roles/{id}"),
        )

    @get(operation_id="list_roles", scope=Scope.PEOPLE_READ)
    async def browse(
        self, request: Call, limit: Limit = 50, cursor: Cursor = None
    ) -> Response[PageAnswer[RoleAnswer]]:
        """The company's own roles, newest first."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: roles.list_roles(store, limit=limit, after=after), page(RoleAnswer)
        )

    @get("/built-in", operation_id="list_built_in_roles", scope=Scope.PEOPLE_READ)
    async def built_in(self, request: Call) -> Response[BuiltInRolesAnswer]:
        """The roles that every company has."""
        return await request.run(no_work, lambda _: ready_made(_BUILT_IN))

    @get("/{role_id:uuid}", operation_id="get_role", scope=Scope.PEOPLE_READ)
    async def read(self, request: Call, role_id: FromPath[UUID]) -> Response[RoleAnswer]:
        """One of the company's own roles."""
        return await request.run(lambda store: roles.get_role(store, role_id), one(RoleAnswer))

    @patch("/{role_id:uuid}", operation_id="update_role", scope=Scope.PEOPLE_MANAGE)
    async def update(
        self, request: Call, role_id: FromPath[UUID], data: JSONBody[RoleChanges]
    ) -> Response[RoleAnswer]:
        """Change a role. What it allows holds from the next request on of all who hold it."""
        version = request.expected_version
        return await request.run(
            lambda store: roles.change_role(
                store,
                role_id,
                data,
                expected_version=version,
                granted_by=request.principal.scopes,
            ),
            one(RoleAnswer),
        )

    @delete("/{role_id:uuid}", operation_id="delete_role", scope=Scope.PEOPLE_MANAGE)
    async def remove(self, request: Call, role_id: FromPath[UUID]) -> Response[None]:
        """Remove a role that nobody holds."""
        version = request.expected_version
        return await request.run(
            lambda store: roles.delete_role(store, role_id, expected_version=version),
            lambda _: Response(None, status_code=204),
        )


class ScopeController(Controller):
    """What credentials and roles are made of."""

    path = "/scopes"
    tags = ("People",)

    @get(operation_id="list_scopes", scope=OWN)
    async def browse(self, request: Call) -> Response[ScopesAnswer]:
        """Every scope, and what it lets one do."""
        return await request.run(no_work, lambda _: ready_made(_SCOPES))


_BUILT_IN = BuiltInRolesAnswer(
    items=[
        BuiltInRoleAnswer(role=role, scopes=sorted(scopes)) for role, scopes in ROLE_SCOPES.items()
    ]
)
_SCOPES = ScopesAnswer(
    items=[ScopeAnswer(scope=scope, meaning=scope.meaning) for scope in sorted(Scope)]
)
