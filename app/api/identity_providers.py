"""Identity providers over HTTP: which ones a company has, and signing in with them."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.datastructures import Cookie
from litestar.params import FromPath, JSONBody, QueryParameter

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
from app.api.routes import OWN, PUBLIC
from app.api.sessions import session_cookie
from app.call import Call
from services.identity.oidc import providers
from services.identity.oidc.away import LIFETIME
from services.identity.oidc.flow import Brought, Returned, Sent
from services.identity.oidc.proofs import Vouched
from services.identity.oidc.providers import NewProvider, ProviderChanges
from services.identity.scopes import Scope
from services.identity.signing_in import CodeDue, SignedIn
from storage.vocabulary.identity import Role

AWAY_COOKIE = "wellkept_sign_in"
SIGN_IN = "/api/v1/sign-in"
CALLBACK = f"{SIGN_IN}/callback"
"""Where providers send browsers back to, after the public address."""

OWN_PATH = r"^/(?![/\\])[!\"$-\[\]-~]*$(?!\n)"
"""A path of our own, whatever a browser makes of it: not another host's, without blanks, and
without the ``#`` that is added."""

ReturnTo = Annotated[
    str,
    QueryParameter(
        description="The page of ours to come back to.",
        min_length=1,
        max_length=500,
        pattern=OWN_PATH,
    ),
]
Brief = Annotated[str | None, QueryParameter(max_length=2000)]
State = Annotated[str | None, QueryParameter(name="state", max_length=2000)]


class ProviderAnswer(RowAnswer):
    """An identity provider, without its client's secret. See the body that brings one."""

    issuer: str
    client_id: str
    email_domains: list[str]
    is_enabled: bool
    is_required: bool
    break_glass_id: UUID | None
    makes_people: bool
    new_role: Role | None
    new_role_id: UUID | None
    second_factor_contexts: list[str]
    second_factor_methods: list[str]


class IdentityProviderController(Controller):
    """The company's identity providers, of which one at most is enabled. Whoever decides where
    people prove who they are can sign in as any of them: it takes every scope."""

    path = "/identity-providers"
    tags = ("Identity providers",)

    @post(operation_id="create_identity_provider", scope=Scope.COMPANY_MANAGE)
    async def create(self, request: Call, data: JSONBody[NewProvider]) -> Response[ProviderAnswer]:
        """Bring a provider. At the provider, register this service's callback address."""
        return await request.run(
            lambda store: providers.create_provider(
                store,
                data,
                granted_by=request.principal.scopes,
                guard=request.platform.guard,
            ),
            created(ProviderAnswer, "/api/v1/identity-providers/{id}"),
        )

    @get(operation_id="list_identity_providers", scope=Scope.COMPANY_READ)
    async def browse(
        self, request: Call, limit: Limit = 50, cursor: Cursor = None
    ) -> Response[PageAnswer[ProviderAnswer]]:
        """The company's providers, newest first."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: providers.list_providers(store, limit=limit, after=after),
            page(ProviderAnswer),
        )

    @get("/{provider_id:uuid}", operation_id="get_identity_provider", scope=Scope.COMPANY_READ)
    async def read(self, request: Call, provider_id: FromPath[UUID]) -> Response[ProviderAnswer]:
        """One provider."""
        return await request.run(
            lambda store: providers.get_provider(store, provider_id), one(ProviderAnswer)
        )

    @patch(
        "/{provider_id:uuid}",
        operation_id="update_identity_provider",
        scope=Scope.COMPANY_MANAGE,
    )
    async def update(
        self, request: Call, provider_id: FromPath[UUID], data: JSONBody[ProviderChanges]
    ) -> Response[ProviderAnswer]:
        """Change a provider; sign-ins that have begun end by what it says then."""
        version = request.expected_version
        return await request.run(
            lambda store: providers.change_provider(
                store,
                provider_id,
                data,
                expected_version=version,
                granted_by=request.principal.scopes,
            ),
            one(ProviderAnswer),
        )

    @delete(
        "/{provider_id:uuid}",
        operation_id="delete_identity_provider",
        scope=Scope.COMPANY_MANAGE,
    )
    async def remove(self, request: Call, provider_id: FromPath[UUID]) -> Response[None]:
        """Remove a provider. Sessions that it opened go on until they end."""
        version = request.expected_version
        return await request.run(
            lambda store: providers.delete_provider(
                store,
                provider_id,
                expected_version=version,
                granted_by=request.principal.scopes,
            ),
            lambda _: Response(None, status_code=204),
        )


class ProviderSignInController(Controller):
    """Signing in with the company's provider: two addresses that a browser is sent to."""

    path = "/sign-in"
    tags = ("Sessions",)

    @get(
        "/callback",
        operation_id="complete_provider_sign_in",
        scope=PUBLIC,
        status_code=302,
        also_refuses=(400, 401),
    )
    async def complete(
        self,
        request: Call,
        given_state: State = None,
        code: Brief = None,
        iss: Brief = None,
    ) -> Response[None]:
        """Where the provider sends the browser back to. It goes on to the page that was wanted,
        with `csrf_token` after the `#`; or with `continuation`, where a second factor is due; or
        with `proof=proven` or `proof=code_due` where somebody who is signed in proves it again."""
        request.platform.limiter.count_code(request.address)
        returned = await request.platform.provider_sign_in.complete(
            Brought(request.cookies.get(AWAY_COOKIE, ""), given_state or "", code, iss),
            origin=request.origin,
            request_id=request.request_id,
        )
        return _returned(returned)

    @get(
        "/{company:str}",
        operation_id="begin_provider_sign_in",
        scope=PUBLIC,
        status_code=302,
        also_refuses=(400,),
    )
    async def begin(
        self, request: Call, company: FromPath[str], return_to: ReturnTo = "/"
    ) -> Response[None]:
        """Go to the provider of the company with this slug."""
        request.platform.limiter.count_code(request.address)
        sent = await request.platform.provider_sign_in.begin(
            company, return_to=return_to, request_id=request.request_id
        )
        response = _redirect(sent.location)
        response.set_cookie(_away_cookie(sent.cookie, int(LIFETIME.total_seconds())))
        return response


class ProviderProofAnswer(Answer):
    """Where to send the browser, which the answer gives a cookie to come back with."""

    location: str


class ProviderProofController(Controller):
    """Proving again who one is, for whoever signs in with the company's provider."""

    path = "/sessions/current/provider-proof"
    tags = ("Sessions",)

    @post(
        operation_id="begin_provider_proof",
        scope=OWN,
        status_code=200,
        is_on_record=True,
        also_refuses=(404,),
    )
    async def begin(
        self, request: Call, return_to: ReturnTo = "/"
    ) -> Response[ProviderProofAnswer]:
        """Begin to prove again who one is at the company's provider, which asks anew.

        The browser comes back to `return_to` with `#proof=proven`: for five minutes this session
        may then sign. Or with `#proof=code_due`, for whoever has a second factor here: then a code
        to `PUT /sessions/current/proof`, without a password, within five minutes.
        """
        async with request.transaction() as (store, principal):
            session_id = principal.require_session()
            actor = store.actor
        sent = await request.platform.provider_sign_in.begin_proof(
            principal.company_id, actor, session_id, return_to=return_to
        )
        return await request.run(no_work, lambda _: _sent(sent))


def _sent(sent: Sent) -> Response[Any]:
    response = ready_made(ProviderProofAnswer(location=sent.location))
    response.headers["Cache-Control"] = "no-store"
    response.set_cookie(_away_cookie(sent.cookie, int(LIFETIME.total_seconds())))
    return response


def _returned(returned: Returned) -> Response[Any]:
    match returned.outcome:
        case CodeDue(token=token):
            response = _redirect(f"{returned.return_to}#continuation={token.secret.text}")
        case Vouched() as vouched:
            response = _redirect(f"{returned.return_to}#proof={vouched.value}")
        case SignedIn(opened=opened):
            response = _redirect(f"{returned.return_to}#csrf_token={opened.csrf.text}")
            response.set_cookie(session_cookie(opened))
    response.set_cookie(_away_cookie("", 0))
    return response


def _redirect(location: str) -> Response[Any]:
    headers = {"Location": location, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return Response(None, status_code=302, headers=headers)


def _away_cookie(value: str, max_age: int) -> Cookie:
    """Lax, for the provider sends the browser back from another site."""
    return Cookie(
        AWAY_COOKIE,
        value=value,
        max_age=max_age,
        path=SIGN_IN,
        httponly=True,
        secure=True,
        samesite="lax",
    )
