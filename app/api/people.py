"""People over HTTP."""

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from pydantic import Field, SecretStr

from app.answers import (
    JSON,
    Answer,
    PageAnswer,
    Render,
    RowAnswer,
    decode_cursor,
    encode,
    entity_tag,
    one,
    page,
)
from app.api.parameters import Cursor, Limit
from app.api.routes import OWN
from app.call import Call
from services.identity import mailed_links, passwords, people
from services.identity.people import NewPerson, PersonChanges
from services.identity.proving import WrongPassword, prove_password
from services.identity.scopes import Scope
from services.inputs import Input
from storage.filters import PersonFilter
from storage.interface import Store
from storage.tables.identity import Person
from storage.vocabulary.identity import Role

LOCATION = "/api/v1/people/{id}"


class PersonAnswer(RowAnswer):
    """Somebody who signs in, in a built-in ``role`` or in the company's own that ``role_id`` names.
    ``locked_until`` is set by wrong passwords; ``disabled_at`` by an administrator; with
    ``password_is_temporary`` they can only choose their own password."""

    email: str
    name: str
    role: Role | None
    role_id: UUID | None
    password_is_temporary: bool
    failed_sign_ins: int
    locked_until: dt.datetime | None
    disabled_at: dt.datetime | None
    second_factor_since: dt.datetime | None


class PersonToAdd(NewPerson):
    """Somebody to add to a company, in a built-in ``role`` or in the company's own that
    ``role_id`` names. They are mailed an invitation, unless ``with_one_time_password`` asks for one
    to hand over."""

    with_one_time_password: bool = False


class PersonWithPassword(Answer):
    """A person and the one-time password made for them, which is shown this once; null for whoever
    was invited."""

    person: PersonAnswer
    one_time_password: str | None


class PasswordChange(Input):
    """The password that one has, and the one to have: 12 to 128 characters of any kind."""

    current_password: Annotated[SecretStr, Field(min_length=1, max_length=1000)]
    new_password: Annotated[SecretStr, Field(min_length=1, max_length=1000)]


class _PersonAndPassword:
    """What ``PersonWithPassword`` is encoded from."""

    def __init__(self, person: Person, one_time_password: str | None) -> None:
        self.person = person
        self.one_time_password = one_time_password


class PersonController(Controller):
    """The company's people. Nobody grants a role whose scopes they lack."""

    path = "/people"
    tags = ("People",)

    @post(operation_id="create_person", scope=Scope.PEOPLE_MANAGE)
    async def create(
        self, request: Call, data: JSONBody[PersonToAdd]
    ) -> Response[PersonWithPassword]:
        """Add a person, and mail them an invitation to choose a password, which holds for a week.

        Asked for a one-time password, the answer holds it, and nothing is mailed. E-mails wait
        where no mail server is set up.
        """
        if not data.with_one_time_password:
            return await request.run(
                lambda store: _invited(store, data, request), _with_password(None, status=201)
            )
        await request.authenticated()
        password = passwords.one_time_password()
        stored = await passwords.stored_password(password, is_temporary=True)
        return await request.run(
            lambda store: people.create_person(
                store, data, stored, granted_by=request.principal.scopes
            ),
            _with_password(password, status=201),
        )

    @get(operation_id="list_people", scope=Scope.PEOPLE_READ)
    async def browse(
        self,
        request: Call,
        role: FromQuery[Role | None] = None,
        role_id: FromQuery[UUID | None] = None,
        is_enabled: FromQuery[bool | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[PersonAnswer]]:
        """People, newest first."""
        conditions = PersonFilter(role=role, role_id=role_id, is_enabled=is_enabled)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: people.list_people(store, conditions, limit=limit, after=after),
            page(PersonAnswer),
        )

    @get("/{person_id:uuid}", operation_id="get_person", scope=Scope.PEOPLE_READ)
    async def read(self, request: Call, person_id: FromPath[UUID]) -> Response[PersonAnswer]:
        """One person."""
        return await request.run(
            lambda store: people.get_person(store, person_id), one(PersonAnswer)
        )

    @patch("/{person_id:uuid}", operation_id="update_person", scope=Scope.PEOPLE_MANAGE)
    async def update(
        self, request: Call, person_id: FromPath[UUID], data: JSONBody[PersonChanges]
    ) -> Response[PersonAnswer]:
        """Change a name or a role. Their sessions go on, with what the new role allows."""
        version = request.expected_version
        return await request.run(
            lambda store: people.change_person(
                store,
                person_id,
                data,
                expected_version=version,
                granted_by=request.principal.scopes,
            ),
            one(PersonAnswer),
        )

    @post(
        "/{person_id:uuid}/disable",
        operation_id="disable_person",
        scope=Scope.PEOPLE_MANAGE,
        status_code=200,
    )
    async def disable(self, request: Call, person_id: FromPath[UUID]) -> Response[PersonAnswer]:
        """End a person's sessions, flag the keys that they made, and let them sign in no more."""
        version = request.expected_version
        return await request.run(
            lambda store: people.disable_person(store, person_id, expected_version=version),
            one(PersonAnswer),
        )

    @post(
        "/{person_id:uuid}/end-sessions",
        operation_id="end_sessions_of_person",
        scope=Scope.PEOPLE_MANAGE,
        status_code=204,
    )
    async def end_sessions(self, request: Call, person_id: FromPath[UUID]) -> Response[None]:
        """End all of a person's sessions. Needs no If-Match: they can only end."""
        return await request.run(
            lambda store: people.end_sessions_of(store, person_id),
            lambda _: Response(None, status_code=204),
        )

    @post(
        "/{person_id:uuid}/enable",
        operation_id="enable_person",
        scope=Scope.PEOPLE_MANAGE,
        status_code=200,
    )
    async def enable(self, request: Call, person_id: FromPath[UUID]) -> Response[PersonAnswer]:
        """Let a person sign in again, and forget what they failed before."""
        version = request.expected_version
        return await request.run(
            lambda store: people.enable_person(
                store, person_id, expected_version=version, granted_by=request.principal.scopes
            ),
            one(PersonAnswer),
        )

    @post(
        "/{person_id:uuid}/invite",
        operation_id="invite_person",
        scope=Scope.PEOPLE_MANAGE,
        is_on_record=True,
        status_code=200,
    )
    async def invite(self, request: Call, person_id: FromPath[UUID]) -> Response[PersonAnswer]:
        """Mail another invitation to somebody who has not chosen a password; the first is void."""
        version = request.expected_version
        return await request.run(
            lambda store: mailed_links.invite_again(
                store,
                person_id,
                expected_version=version,
                granted_by=request.principal.scopes,
                public_url=request.platform.settings.public_url,
            ),
            one(PersonAnswer),
        )

    @post(
        "/{person_id:uuid}/reset-password",
        operation_id="reset_password",
        scope=Scope.PEOPLE_MANAGE,
        is_on_record=True,
        status_code=200,
    )
    async def reset_password(
        self, request: Call, person_id: FromPath[UUID]
    ) -> Response[PersonWithPassword]:
        """Replace a forgotten password by a one-time password, and end the person's sessions."""
        version = request.expected_version
        await request.authenticated()
        password = passwords.one_time_password()
        stored = await passwords.stored_password(password, is_temporary=True)
        return await request.run(
            lambda store: people.reset_password(
                store,
                person_id,
                stored,
                expected_version=version,
                granted_by=request.principal.scopes,
                except_session=request.principal.session_id,
            ),
            _with_password(password, status=200),
        )

    @put("/me/password", operation_id="change_own_password", scope=OWN, is_on_record=True)
    async def change_own_password(
        self, request: Call, data: JSONBody[PasswordChange]
    ) -> Response[PersonAnswer]:
        """Choose one's own password; one's other sessions end.

        The current password stands where other changes have If-Match. A wrong one counts like a
        failed sign-in.
        """
        current = data.current_password.get_secret_value()
        new = data.new_password.get_secret_value()
        async with request.transaction() as (store, principal):
            session_id = principal.require_session()
            person = await people.get_person(store, principal.id)
        passwords.check_password(new, current=current, email=person.email)
        if not await prove_password(
            request.platform.storage,
            principal.company_id,
            person,
            current,
            request_id=request.request_id,
        ):
            raise WrongPassword
        stored = await passwords.stored_password(new, is_temporary=False)
        return await request.run(
            lambda store: people.change_own_password(store, person, stored, session_id=session_id),
            one(PersonAnswer),
        )


async def _invited(store: Store, new: NewPerson, request: Call) -> Person:
    person = await people.create_person(store, new, None, granted_by=request.principal.scopes)
    await mailed_links.invite(store, person, public_url=request.platform.settings.public_url)
    return person


def _with_password(password: str | None, *, status: int) -> Render[Person]:
    bears_secret = {} if password is None else {"Cache-Control": "no-store"}

    def render(person: Person) -> Response[Any]:
        return Response(
            encode(PersonWithPassword, _PersonAndPassword(person, password)),
            media_type=JSON,
            status_code=status,
            headers={
                "Location": LOCATION.replace("{id}", str(person.id)),
                "ETag": entity_tag(person.version),
                **bears_secret,
            },
        )

    return render
