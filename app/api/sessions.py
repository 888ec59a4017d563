"""Signing in and out over HTTP."""

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, delete, get, post, put
from litestar.datastructures import Cookie
from litestar.exceptions import HTTPException
from litestar.params import FromPath, JSONBody
from pydantic import Field, SecretStr

from app.answers import (
    JSON,
    Answer,
    PageAnswer,
    Render,
    RowAnswer,
    decode_cursor,
    no_work,
    page,
    ready_made,
)
from app.api.parameters import Cursor, Limit
from app.api.routes import OWN, PUBLIC
from app.call import SESSION_COOKIE, Call
from services.identity import sessions
from services.identity.authentication import PROOF_LIFETIME, Principal
from services.identity.emails import normalised_email
from services.identity.people import get_person
from services.identity.proving import Proof, ProofRefused, prove_all
from services.identity.recovery_codes import LONGEST as LONGEST_CODE
from services.identity.sessions import OpenedSession
from services.identity.signing_in import (
    CodeDue,
    SignedIn,
    SignIn,
    complete_sign_in,
    sign_in,
)
from services.inputs import Input
from storage.vocabulary.identity import PrincipalKind

CURRENT = "/api/v1/sessions/current"


class Credentials(Input):
    """The company's slug, and the person's e-mail address and password."""

    company: Annotated[str, Field(min_length=1, max_length=63)]
    email: Annotated[str, Field(min_length=1, max_length=254)]
    password: Annotated[SecretStr, Field(min_length=1, max_length=1000)]


class Code(Input):
    """What goes on with a sign-in: its ``continuation``, and the code that the app shows now or a
    recovery code."""

    continuation: Annotated[SecretStr, Field(min_length=1, max_length=100)]
    code: Annotated[SecretStr, Field(min_length=1, max_length=LONGEST_CODE)]


class ProofGiven(Input):
    """The password, and for whoever has a second factor a code that has not served yet. Without a
    password, the provider has vouched anew within five minutes: see `provider-proof`."""

    password: Annotated[SecretStr, Field(min_length=1, max_length=1000)] | None = None
    code: Annotated[SecretStr, Field(min_length=1, max_length=LONGEST_CODE)] | None = None


class WhoAnswer(Answer):
    """Who one is. With ``must_choose_password`` or ``must_enrol_second_factor`` nothing but that is
    allowed, and ``scopes`` is empty; ``session_id`` is null for an API key."""

    principal_id: UUID
    kind: PrincipalKind
    name: str
    scopes: list[str]
    session_id: UUID | None
    must_choose_password: bool
    must_enrol_second_factor: bool


class SignedInAnswer(Answer):
    """A new session. Every change by its cookie sends ``csrf_token`` as X-CSRF-Token."""

    who: WhoAnswer
    csrf_token: str
    expires_at: dt.datetime


class CodeDueAnswer(Answer):
    """Not signed in yet: send ``continuation`` with a code of the second factor before
    ``expires_at``."""

    continuation: str
    expires_at: dt.datetime


class ProofAnswer(Answer):
    """Until ``holds_until`` this session may sign."""

    proven_at: dt.datetime
    holds_until: dt.datetime


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

    @post(operation_id="sign_in", scope=PUBLIC, also_answers=(202,))
    async def sign_in(
        self, request: Call, data: JSONBody[Credentials]
    ) -> Response[SignedInAnswer | CodeDueAnswer]:
        """Sign in. The session is in the cookie; whatever is wrong is refused alike.

        Whoever has a second factor is not signed in yet: the answer is a 202 with what goes on
        with a code. The body must say that it is JSON: a form of another site cannot, so nobody is
        signed in as somebody else by visiting a page.
        """
        refuse_forms(request)
        request.platform.limiter.count_sign_in(
            address=request.address,
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
        return _code_due(signed_in) if isinstance(signed_in, CodeDue) else _signed_in(signed_in)

    @post("/second-factor", operation_id="complete_sign_in", scope=PUBLIC)
    async def complete(self, request: Call, data: JSONBody[Code]) -> Response[SignedInAnswer]:
        """Go on with a sign-in by a code of the second factor, within five minutes.

        A wrong code counts like a wrong password. A code serves once; so does a recovery code.
        """
        refuse_forms(request)
        request.platform.limiter.count_code(request.address)
        return _signed_in(
            await complete_sign_in(
                request.platform.storage,
                data.continuation.get_secret_value(),
                data.code.get_secret_value(),
                origin=request.origin,
                request_id=request.request_id,
            )
        )

    @get("/current", operation_id="get_current_session", scope=OWN)
    async def who(self, request: Call) -> Response[WhoAnswer]:
        """Who one is, and what one may do: for a session or an API key."""
        return await request.run(no_work, lambda _: ready_made(_who(request.principal)))

    @put("/current/proof", operation_id="prove_identity", scope=OWN, is_on_record=True)
    async def prove(self, request: Call, data: JSONBody[ProofGiven]) -> Response[ProofAnswer]:
        """Prove again who one is: for five minutes this session may then sign.

        The code is one that has not served before, not even to sign in. What is wrong counts like
        a failed sign-in.
        """
        async with request.transaction() as (store, principal):
            session_id = principal.require_session()
            person = await get_person(store, principal.id)
        password = None if data.password is None else data.password.get_secret_value()
        code = None if data.code is None else data.code.get_secret_value()
        if not await prove_all(
            request.platform.storage,
            principal.company_id,
            person,
            Proof(password, code),
            session_id=session_id,
            request_id=request.request_id,
        ):
            raise ProofRefused
        return await request.run(no_work, lambda _: ready_made(_proof(request.principal)))

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


def refuse_forms(request: Call) -> None:
    """What is not said to be JSON could be a form of another site. Raises 415."""
    if request.content_type[0] != JSON:
        raise HTTPException(status_code=415)


def _who(principal: Principal) -> WhoAnswer:
    return WhoAnswer(
        principal_id=principal.id,
        kind=principal.kind,
        name=principal.name,
        scopes=sorted(principal.scopes),
        session_id=principal.session_id,
        must_choose_password=principal.must_choose_password,
        must_enrol_second_factor=principal.must_enrol_second_factor,
    )


def _proof(principal: Principal) -> ProofAnswer:
    assert principal.proven_at is not None
    return ProofAnswer(
        proven_at=principal.proven_at, holds_until=principal.proven_at + PROOF_LIFETIME
    )


def _code_due(due: CodeDue) -> Response[Any]:
    answer = CodeDueAnswer(continuation=due.token.secret.text, expires_at=due.token.expires_at)
    response = ready_made(answer, status=202)
    response.headers["Cache-Control"] = "no-store"
    return response


def _signed_in(signed_in: SignedIn) -> Response[Any]:
    opened = signed_in.opened
    who = _who(signed_in.principal)
    response = ready_made(
        SignedInAnswer(who=who, csrf_token=opened.csrf.text, expires_at=opened.session.expires_at),
        status=201,
    )
    response.headers["Location"] = CURRENT
    response.headers["Cache-Control"] = "no-store"
    response.set_cookie(session_cookie(opened))
    return response


def session_cookie(opened: OpenedSession) -> Cookie:
    """What a browser shows from then on; it forgets it when the session ends at the latest."""
    lifetime = opened.session.expires_at - opened.session.created_at
    return _cookie(opened.credential.text, int(lifetime.total_seconds()))


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
