"""One request: who asks, under which conditions, and the transaction that does its work.

The one runner of all operations. The transaction is opened after the body has been read; it
authenticates, checks the scope, replays or runs the operation, logs which patients were read and
commits before the answer leaves.
"""

import datetime as dt
import hashlib
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from litestar import Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException, InternalServerException

from app.answers import Render
from app.idempotency import KeyedRequest, answered_once
from app.limits import Limiter
from app.problems import ClientGone, problem_of
from app.settings import Settings
from services.guarded_http import Guard
from services.identity.authentication import (
    NotAuthenticated,
    Principal,
    authenticate_key,
    authenticate_session,
)
from services.identity.credentials import (
    KEY_PREFIX,
    SESSION_PREFIX,
    Credential,
    parse_credential,
)
from services.identity.oidc.flow import ProviderSignIn
from services.identity.origins import Origin, origin_of
from services.identity.scopes import Scope
from services.refusals import Fault, InvalidParameter, Refusal
from storage.errors import RowNotFound, TransactionConflict
from storage.files import FileVault
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor, IStorage, Store
from storage.signing import SigningKeys
from storage.tables.trail import AccessFields

Result = TypeVar("Result")
Operation = Callable[[Store], Awaitable[Result | Refusal]]
"""Work in one transaction. A refusal that it raises undoes it; one that it returns does not."""

SESSION_COOKIE = "wellkept_session"
IDEMPOTENCY_LIFETIME = dt.timedelta(hours=24)
LONGEST_IDEMPOTENCY_KEY = 255
ATTEMPTS = 5
_SAFE_METHODS = frozenset({"GET", "HEAD"})
_IDEMPOTENCY_KEY = re.compile(f"[ -~]{{1,{LONGEST_IDEMPOTENCY_KEY}}}")
_WHAT_A_KEY_IS = f"is 1 to {LONGEST_IDEMPOTENCY_KEY} printable ASCII characters"
_ENTITY_TAG = re.compile(r'"([0-9]{1,9})"')
_SEND_THE_ETAG = 'Send the ETag that you read as If-Match, as in: If-Match: "3"'
_REFUSALS_ON_RECORD = frozenset({403, 404})


@dataclass
class Platform:
    """What every request shares."""

    storage: IStorage
    limiter: Limiter
    vault: FileVault
    settings: Settings
    guard: Guard
    provider_sign_in: ProviderSignIn
    keys: SigningKeys | None

    @property
    def signing(self) -> SigningKeys:
        """What the installation signs with; a program that was given no keys signs nothing."""
        assert self.keys is not None, "this program was given no signing keys"
        return self.keys


class Call(Request[Any, Any, State]):
    """A request and the runner of its operation."""

    @property
    def platform(self) -> Platform:
        platform = self.app.state.platform
        assert isinstance(platform, Platform)
        return platform

    @property
    def request_id(self) -> UUID:
        """Made by the program for every request; rows and logs carry it."""
        state = self.scope["state"]
        request_id = state.get("request_id")
        if request_id is None:
            request_id = state["request_id"] = new_id()
        assert isinstance(request_id, UUID)
        return request_id

    @property
    def address(self) -> str:
        """Where the request comes from, for limits."""
        return self.client.host if self.client else "local"

    @property
    def origin(self) -> Origin:
        """Roughly from what and where the request comes."""
        return origin_of(self.headers.get("user-agent"), self.address)

    @property
    def principal(self) -> Principal:
        """Who asks; known once the transaction has begun."""
        principal = self.state["principal"]
        assert isinstance(principal, Principal)
        return principal

    @property
    def _emergency_access_id(self) -> UUID | None:
        """The emergency access that the caller reads with, if it is known who that is."""
        principal = self.scope["state"].get("principal")
        return None if principal is None else principal.emergency_access_id

    @property
    def operation_name(self) -> str:
        """The stable name of the route: ``operation_id`` of the OpenAPI document."""
        return str(self.route_handler.opt["operation"])

    @property
    def _is_on_record(self) -> bool:
        """Whether the request is logged whatever it reads: a password is chosen, rows leave."""
        return self._is_export or bool(self.route_handler.opt.get("is_on_record", False))

    @property
    def _record_id(self) -> UUID | None:
        """The record that the path names: the first, unless the route says which."""
        name = self.route_handler.opt.get("record")
        if name is not None:
            chosen = self.path_params.get(name)
            return chosen if isinstance(chosen, UUID) else None
        ids = (each for each in self.path_params.values() if isinstance(each, UUID))
        return next(ids, None)

    @property
    def _is_export(self) -> bool:
        """Whether rows leave as a file: that they did is on disk before they do."""
        return bool(self.route_handler.opt.get("is_export", False))

    @property
    def expected_version(self) -> int:
        """The version that If-Match names.

        Raises 428 where it is missing, 412 for a weak tag, which never matches (RFC 9110, 13.1.1),
        and 400 for anything but one entity tag that this API gave.
        """
        text = self.headers.get("if-match")
        if text is None:
            raise HTTPException(status_code=428, detail=_SEND_THE_ETAG)
        if text.startswith("W/"):
            raise HTTPException(status_code=412, detail=_SEND_THE_ETAG)
        found = _ENTITY_TAG.fullmatch(text.strip())
        if found is None:
            raise HTTPException(status_code=400, detail=_SEND_THE_ETAG)
        return int(found[1])

    async def run(self, operation: Operation[Result], render: Render[Result]) -> Response[Any]:
        """Do the work in one transaction and answer with its result.

        A serialization failure or deadlock runs the operation again. A POST with an
        Idempotency-Key is answered as it was the first time.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._attempt(operation, render)
            except TransactionConflict:
                if attempt == ATTEMPTS:
                    raise
        raise AssertionError

    async def _attempt(self, operation: Operation[Result], render: Render[Result]) -> Response[Any]:
        def answer(result: Result | Refusal) -> Response[Any]:
            if isinstance(result, Refusal):
                return problem_of(result).response()
            return render(result)

        async with self.transaction() as (store, principal):
            key = self._idempotency_key()
            if key is None:
                response = answer(await operation(store))
            else:
                request = KeyedRequest(principal, self.operation_name, key, self._fingerprint)
                response = await answered_once(store, request, operation, answer)
            await self._log_access(store, response.status_code or 200)
        return response

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The body as it comes. Raises ClientGone where it breaks off, and 413."""
        is_first = self.is_connected
        try:
            async for chunk in super().stream():
                yield chunk
        except InternalServerException as error:
            if is_first:
                raise ClientGone from error
            raise

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[tuple[Store, Principal]]:
        """A transaction of the asking principal's company, with its scope for this route checked.

        A refusal for want of a right or a row is on record before it is answered. Raises
        NotAuthenticated, MissingScope, CsrfRefused and what the limiter raises.
        """
        credential, is_session = self.credential()
        actor = Actor(SYSTEM_ACTOR_ID, self.request_id)
        is_change = self.method not in _SAFE_METHODS
        try:
            async with self.platform.storage.transaction(
                credential.company_id, actor, durable=is_change or self._is_export
            ) as store:
                principal = await (
                    authenticate_session(
                        store,
                        credential.secret_sha256,
                        csrf_token=self.headers.get("x-csrf-token"),
                        is_change=is_change,
                    )
                    if is_session
                    else authenticate_key(store, credential.secret_sha256)
                )
                store.actor = actor.named(principal.id)
                self._admit(principal)
                yield store, principal
        except NotAuthenticated as refusal:
            if refusal.attempted_by is not None:
                await self._log_refusal(credential.company_id, refusal.attempted_by, 401)
            raise
        except (Refusal, RowNotFound) as refusal:
            status = problem_of(refusal).status
            if status in _REFUSALS_ON_RECORD and "principal" in self.state:
                principal = self.principal
                await self._log_refusal(principal.company_id, principal.id, status)
            raise

    def _admit(self, principal: Principal) -> None:
        """Count the request once, and check that it is one that the principal may make."""
        state = self.scope["state"]
        state["principal"] = principal
        if "allowance" not in state:
            state["allowance"] = self.platform.limiter.count_principal(principal.id)
        scope = self.route_handler.opt["scope"]
        if scope is not None:
            principal.require(Scope(scope))
        self._refuse_unknown_parameters()
        self._refuse_media_type()

    def credential(self) -> tuple[Credential, bool]:
        """The credential that the request carries and whether it is a session's.

        Raises NotAuthenticated.
        """
        header = self.headers.get("authorization")
        if header is not None:
            kind, _, text = header.partition(" ")
            found = parse_credential(KEY_PREFIX, text.strip()) if kind.lower() == "bearer" else None
            if found is None:
                raise NotAuthenticated
            return found, False
        cookie = self.cookies.get(SESSION_COOKIE)
        session = parse_credential(SESSION_PREFIX, cookie) if cookie is not None else None
        if session is None:
            raise NotAuthenticated
        return session, True

    async def authenticated(self) -> None:
        """Only find out whether the caller may use this route (before a fault is explained)."""
        async with self.transaction():
            pass

    def _refuse_unknown_parameters(self) -> None:
        known = self.route_handler.opt["parameters"]
        unknown = [name for name in self.query_params if name not in known]
        if unknown:
            raise InvalidParameter(
                [Fault(f"/{n[:100]}", "is not a parameter here") for n in unknown]
            )

    def _refuse_media_type(self) -> None:
        """A body is what its route takes, and says so; unlabelled bytes are octets (RFC 9110,
        8.3). Raises 415."""
        accepted = self.route_handler.opt["media_types"]
        label = self.headers.get("content-type", "application/octet-stream")
        given = label.partition(";")[0].strip().lower()
        if accepted and given not in accepted:
            raise HTTPException(status_code=415, detail=f"Send it as {accepted[0]}.")

    def _idempotency_key(self) -> str | None:
        key = self.headers.get("idempotency-key")
        if key is None or self.method != "POST":
            return None
        if _IDEMPOTENCY_KEY.fullmatch(key) is None:
            raise InvalidParameter([Fault("/Idempotency-Key", _WHAT_A_KEY_IS)])
        return key

    async def _log_access(self, store: Store, status: int) -> None:
        patients = sorted(p for p in store.patients_read if p is not None)
        is_read = bool(patients) or None in store.patients_read
        if is_read or self._is_on_record or status in _REFUSALS_ON_RECORD:
            await store.api_log.create(self._access(status, patients))

    async def _log_refusal(self, company_id: UUID, principal_id: UUID, status: int) -> None:
        """What was refused is on record before it is answered, in a transaction of its own."""
        actor = Actor(principal_id, self.request_id)
        async with self.platform.storage.transaction(company_id, actor) as store:
            await store.api_log.create(self._access(status, []))

    def _access(self, status: int, patients: list[UUID]) -> AccessFields:
        return AccessFields(
            request_id=self.request_id,
            operation=self.operation_name,
            outcome=status,
            patient_ids=patients,
            record_id=None if status == 404 else self._record_id,  # noqa: PLR2004 -- none of ours
            emergency_access_id=self._emergency_access_id,
        )

    async def _fingerprint(self) -> bytes:
        """What makes two requests the same one: method, address, condition and body."""
        digest = hashlib.sha256()
        condition = self.headers.get("if-match", "")
        for text in (self.method, self.url.path, self.url.query, condition):
            part = text.encode()
            digest.update(len(part).to_bytes(8, "big") + part)
        spooled = self.state.get("spooled_sha256")
        digest.update(spooled if spooled is not None else await self.body())
        return digest.digest()
