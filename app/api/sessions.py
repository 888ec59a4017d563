"""Signing in and out over HTTP."""

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, delete, get, post
from litestar.datastructures import Cookie
from litestar.exceptions import HTTPException
from litestar.params import FromPath, JSONBody
from pydantic import BaseModel, Field, SecretStr

from app.answers import JSON, Answer, PageAnswer, Render, RowAnswer, decode_cursor, page
from app.api.parameters import Cursor, Limit
from app.api.routes import OWN, PUBLIC
from app.call import SESSION_COOKIE, Call
from services.identity import sessions
from services.identity.authentication import Principal
from services.identity.emails import normalised_email
from services.identity.signing_in import SignedIn, SignIn, sign_in
from services.inputs import Input
from storage.tables.identity import PersonSession
from storage.vocabulary.identity import PrincipalKind

CURRENT = "/api/v1/sessions/current"


class Credentials(Input):
    """The company's slug, and the person's e-mail address and password."""

    company: Annotated[str, Field(min_length=1, max_length=63)]
    email: Annotated[str, Field(min_length=1, max_length=254)]
    password: Annotated[SecretStr, Field(min_length=1, max_length=1000)]


class WhoAnswer(Answer):
    """Who one is. With ``must_choose_password`` nothing but that is allowed, and ``scopes`` is
    empty; ``session_id`` is null for an API key."""

    principal_id: UUID
    kind: PrincipalKind
    name: str
    scopes: list[str]
    session_id: UUID | None
    must_choose_password: bool


class SignedInAnswer(Answer):
    """A new session. Every change by its cookie sends ``csrf_token`` as X-CSRF-Token."""

    who: WhoAnswer
    csrf_token: str
    expires_at: dt.datetime


class SessionAnswer(RowAnswer):
    """One signed-in browser; it ends at ``expires_at``, or at ``idle_until`` unless it is used.
    ``browser`` and ``network`` say roughly from what and where it signed in."""

    expires_at: dt.datetime
    last_seen_at: dt.datetime
    idle_until: dt.datetime
    browser: str | None
    network: str | None


class SessionController(Controller):
    """Sessions of people, and who one is."""

    path = "/sessions"
    tags = ("Sessions",)

    @post(operation_id="sign_in", scope=PUBLIC)
    async def sign_in(self, request: Call, data: JSONBody[Credentials]) -> Response[SignedInAnswer]:
        """Sign in. The session is in the cookie; whatever is wrong is refused alike.

        The body must say that it is JSON: a form of another site cannot, so nobody is signed in
        as somebody else by visiting a page.
        """
        if request.content_type[0] != JSON:
            raise HTTPException(status_code=415)
        request.platform.limiter.count_sign_in(
            address=request.client.host if request.client else "local",
            company_slug=data.company,
            email=normalised_email(data.email) or data.email,
        )
        signed_in = await sign_in(
            request.platform.storage,
            SignIn(
                data.company, data.email, data.password.get_secret_value(), origin=request.origin
            ),
            request_id=request.request_id,
        )
        return _signed_in(signed_in)

    @get("/current", operation_id="get_current_session", scope=OWN)
    async def who(self, request: Call) -> Response[WhoAnswer]:
        """Who one is, and what one may do: for a session or an API key."""
        return await request.run(_nothing, lambda _: _answer(_who(request.principal)))

    @delete("/current", operation_id="sign_out", scope=OWN, is_on_record=True)
    async def sign_out(self, request: Call) -> Response[None]:
        """Sign out."""
        return await request.run(
            lambda store: sessions.end_session(
                store, request.principal.require_session(), person_id=request.principal.id
            ),
            _ended(forget_cookie=True),
        )

    @delete(operation_id="sign_out_everywhere", scope=OWN)
    async def sign_out_everywhere(self, request: Call) -> Response[None]:
        """End all of one's sessions, this one too. Needs no If-Match: they can only end."""
        return await request.run(
            lambda store: sessions.end_sessions(store, _person_id(request.principal)),
            _ended(forget_cookie=True),
        )

    @get(operation_id="list_sessions", scope=OWN)
    async def browse(
        self, request: Call, limit: Limit = 50, cursor: Cursor = None
    ) -> Response[PageAnswer[SessionAnswer]]:
        """One's own sessions that have not ended, newest first."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: sessions.list_sessions(
                store, request.principal.id, limit=limit, after=after
            ),
            page(SessionAnswer),
        )

    @delete("/{session_id:uuid}", operation_id="end_session", scope=OWN)
    async def end(self, request: Call, session_id: FromPath[UUID]) -> Response[None]:
        """End one of one's own sessions. Needs no If-Match: it can only end."""
        return await request.run(
            lambda store: sessions.end_session(store, session_id, person_id=request.principal.id),
            _ended(forget_cookie=False),
        )


def _person_id(principal: Principal) -> UUID:
    """Raises PersonNeeded."""
    principal.require_session()
    return principal.id


async def _nothing(_: object) -> None:
    return None


def _who(principal: Principal) -> WhoAnswer:
    return WhoAnswer(
        principal_id=principal.id,
        kind=principal.kind,
        name=principal.name,
        scopes=sorted(principal.scopes),
        session_id=principal.session_id,
        must_choose_password=principal.must_choose_password,
    )


def _signed_in(signed_in: SignedIn) -> Response[Any]:
    person, opened = signed_in.person, signed_in.opened
    is_temporary = person.password_is_temporary
    who = WhoAnswer(
        principal_id=person.id,
        kind=PrincipalKind.PERSON,
        name=person.name,
        scopes=[] if is_temporary else sorted(signed_in.scopes),
        session_id=opened.session.id,
        must_choose_password=is_temporary,
    )
    response = _answer(
        SignedInAnswer(who=who, csrf_token=opened.csrf.text, expires_at=opened.session.expires_at),
        status=201,
    )
    response.headers["Location"] = CURRENT
    response.headers["Cache-Control"] = "no-store"
    response.set_cookie(_cookie(opened.credential.text, _lifetime_seconds(opened.session)))
    return response


def _lifetime_seconds(session: PersonSession) -> int:
    return int((session.expires_at - session.created_at).total_seconds())


def _answer(answer: BaseModel, *, status: int = 200) -> Response[Any]:
    return Response(answer.model_dump_json().encode(), media_type=JSON, status_code=status)


def _ended(*, forget_cookie: bool) -> Render[None]:
    def render(_: None) -> Response[None]:
        response = Response(None, status_code=204)
        if forget_cookie:
            response.set_cookie(_cookie("", 0))
        return response

    return render


def _cookie(value: str, max_age: int) -> Cookie:
    """Never readable by scripts, never sent in the clear, never sent along from other sites."""
    return Cookie(
        SESSION_COOKIE,
        value=value,
        max_age=max_age,
        httponly=True,
        secure=True,
        samesite="strict",
    )
