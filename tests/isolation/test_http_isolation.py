"""Every operation, called as one company with another's ids, and with each scope missing.

The operations are read off the OpenAPI document, so a new route is covered the day it is written.
"""

import datetime as dt
import re
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from litestar import Litestar

from app.openapi import handlers_of
from app.server import Routes
from app.settings import Settings
from services.identity.scopes import Scope
from storage.embedded import RoleAddresses
from storage.files import FileVault
from storage.files.local import LocalFileStore
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import Role
from tests.builders.clocks import FixedClock
from tests.builders.companies import make_key
from tests.builders.keys import KEYRING, SIGNING
from tests.builders.people import browser, make_person, sign_in
from tests.builders.tenant_rows import fingerprints
from tests.isolation.conftest import Furnished
from tests.isolation.routes import Request, Route, Slot, routes_of

pytestmark = pytest.mark.anyio

PUBLIC = {
    "begin_provider_sign_in",
    "choose_password",
    "complete_provider_sign_in",
    "complete_sign_in",
    "list_signing_keys",
    "live",
    "read_calendar_feed",
    "ready",
    "request_password_reset",
    "sign_in",
}
"""Operations that anybody may call."""
OWN = {
    "acknowledge_policy",
    "begin_provider_proof",
    "change_own_password",
    "complete_own_action",
    "confirm_second_factor",
    "download_own_policy",
    "end_session",
    "get_current_session",
    "get_own_action",
    "get_own_policy",
    "get_own_second_factor",
    "list_scopes",
    "get_notification_preferences",
    "list_notifications",
    "list_own_action_steps",
    "list_own_actions",
    "list_own_policies",
    "list_sessions",
    "mark_notification_read",
    "note_on_own_action",
    "set_notification_preferences",
    "offer_second_factor",
    "prove_identity",
    "renew_recovery_codes",
    "sign_out",
    "sign_out_everywhere",
    "start_own_action",
    "take_emergency_access",
}
"""Operations about the caller's own sign-in: any credential that holds may call them."""
UNDOCUMENTED = {"choose_password_page", "metrics", "reference", "reference_file"}
"""Routes that are no part of the interface, and public."""

VARYING = {"date", "x-request-id", "ratelimit-remaining", "ratelimit-reset"}
"""Headers that differ from one answer to the next."""

NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
"""Later than the examples in the schema, so that none of them lies in the future."""

ECHOING = {
    "make_claims_ready": "says of each claim that was put forward why it stays a draft",
    "create_batch": "says of each claim that was put forward why it is not part of the batch",
    "get_aging": "repeats the payer that the figures are narrowed to",
    "create_claim_file": "says of each claim that was put forward why it does not go along",
    "get_claim_statistics": "repeats the payer that the figures are narrowed to",
    "get_denial_analysis": "repeats the payer that the figures are narrowed to",
    "get_figures": "repeats the payer that the figures are narrowed to",
}
"""Operations whose success repeats an id that the caller gave, whether there is such a row or not,
and why."""

UNTRIED = {
    "create_audit_access": "is for a person of a role that none of the rows' people has",
    "begin_provider_proof": "it asks the company's provider; tests of proofs run one",
    "download_acknowledgement": "the file behind a row is no row; tests of answers read it back",
    "download_claim_file": "the file behind a row is no row; tests of sending read it back",
    "download_appeal_packet": "the file behind a row is no row; tests of packets read it back",
    "render_appeal_packet": "the file behind a row is no row; tests of packets read it back",
    "download_audited_evidence": "the file behind a row is no row; tests of audits read it back",
    "download_file": "the file behind a row is no row; tests of files read it back",
    "download_own_policy": "the file behind a row is no row; tests of policies read it back",
    "download_patient_statement": "the file behind a row is no row; tests of statements read it",
    "download_statement_run": "the files behind a run are no row; tests of runs read them back",
    "download_remittance": "the file behind a row is no row; tests of uploads read it back",
    "complete_own_action": "a person completes only actions that they were given",
    "get_own_action": "a person sees only actions that they were given",
    "list_own_action_steps": "a person sees only actions that they were given",
    "note_on_own_action": "a person notes on actions that they were given only",
    "start_own_action": "a person starts only actions that they were given",
    "mark_notification_read": "a person marks only notifications of their own",
    "end_session": "a person ends only sessions of their own",
    "revoke_calendar_feed": "a person revokes only feeds of their own",
    "sign_out": "after it the caller can ask nothing more",
    "sign_out_everywhere": "after it the caller can ask nothing more",
}
"""Operations that are not tried on a company's own rows, and why."""

ORDER = ["GET", "POST", "PUT", "PATCH", "DELETE"]
"""In which a company's rows last longest."""

MALFORMED = {400, 405, 413, 415}
"""What a request of the right form is never answered with."""

_MADE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z|BATCH-\d+")
"""Ids, moments and numbers of what was made just now."""


@pytest.fixture
async def app(routes: Routes, addresses: RoleAddresses, tmp_path: Path) -> AsyncIterator[Litestar]:
    """The application, without a limit that the walk would meet."""
    storage = PostgresStorage(addresses.app, clock=FixedClock(NOW), keyring=KEYRING)
    await storage.open()
    settings = Settings(rate_per_address="1000000/minute", rate_per_principal="1000000/minute")
    vault = FileVault(LocalFileStore(tmp_path / "files"))
    yield routes.serving(settings, storage, vault, signing=SIGNING)
    await storage.close()


def storage_of(app: Litestar) -> PostgresStorage:
    storage = app.state.platform.storage
    assert isinstance(storage, PostgresStorage)
    return storage


async def callers(app: Litestar, company: Furnished) -> AsyncIterator[httpx.AsyncClient]:
    """A key with every scope, then a signed-in administrator."""
    async with browser(app) as client:
        client.headers.update(company.company.headers)
        yield client
    person = await make_person(storage_of(app), company.company, Role.ADMINISTRATOR)
    async with browser(app) as client:
        await sign_in(client, person)
        yield client


async def send(
    client: httpx.AsyncClient, request: Request, headers: Mapping[str, str] | None = None
) -> httpx.Response:
    return await client.request(
        request.method,
        request.path,
        params=dict(request.query),
        headers={**request.headers, **(headers or {})},
        content=request.content,
    )


def absent(row_id: UUID) -> UUID:
    """An id that no row has, beside one that a row has: the same place in every list."""
    return UUID(int=row_id.int ^ 1)


def ways_to_ask(route: Route, ours: Furnished, theirs: Furnished) -> Iterator[dict[Slot, UUID]]:
    """Their ids for some slots: for each alone, beside our own ids for the others, and for all."""
    own, foreign = route.ids(ours.ids), route.ids(theirs.ids)
    for slot in route.slots:
        needed = {other: own[other] for other in route.slots if other[0] != "query"}
        yield needed | {slot: foreign[slot]}
    if foreign:
        yield foreign


def shown(answer: httpx.Response, given: Collection[UUID]) -> tuple[int, dict[str, str], str]:
    """What an answer shows of whether there is such a row."""
    headers = {name: value for name, value in answer.headers.items() if name not in VARYING}
    text = answer.text
    if answer.is_success:
        for row_id in given:
            text = text.replace(str(row_id), "<given>")
    if answer.status_code == httpx.codes.CREATED:
        headers["location"] = _MADE.sub("<made>", headers.get("location", ""))
        text = _MADE.sub("<made>", text)
    return answer.status_code, headers, text


async def test_no_operation_tells_of_another_companys_rows(
    app: Litestar, addresses: RoleAddresses, ours: Furnished, theirs: Furnished
) -> None:
    before = fingerprints(addresses.owner, theirs.id)
    secret = {row_id for ids in theirs.ids.values() for row_id in ids}
    leaks: list[str] = []
    walked: set[str] = set()
    async for client in callers(app, ours):
        for route in routes_of(app):
            for chosen in ways_to_ask(route, ours, theirs):
                beside = {s: absent(i) if i in secret else i for s, i in chosen.items()}
                foreign = await send(client, route.request(chosen))
                nothing = await send(client, route.request(beside))
                walked.add(route.operation)
                answers = shown(foreign, chosen.values()), shown(nothing, beside.values())
                if answers[0] != answers[1]:
                    leaks.append(f"{route} {chosen} differs: {answers}")
                if route.operation not in ECHOING or not foreign.is_success:
                    told = [row_id for row_id in secret if str(row_id) in foreign.text]
                    leaks += [f"{route} {chosen} tells {row_id}" for row_id in told]
                if foreign.status_code in MALFORMED or foreign.is_server_error:
                    leaks.append(f"{route} {chosen} proves nothing: {foreign.text}")
    assert leaks == []
    assert walked == {route.operation for route in routes_of(app) if route.slots}
    assert fingerprints(addresses.owner, theirs.id) == before


async def test_requests_of_the_walk_reach_the_rows_of_their_own_company(
    app: Litestar, spare: Furnished
) -> None:
    """Were the requests wrong in themselves, being refused would prove nothing."""
    person = await make_person(storage_of(app), spare.company, Role.ADMINISTRATOR)
    unfit: list[str] = []
    async with browser(app) as client:
        await sign_in(client, person)
        for route in sorted(routes_of(app), key=lambda route: ORDER.index(route.method)):
            if route.is_public or route.operation in UNTRIED:
                continue
            answer = await send(client, route.request(route.ids(spare.ids)))
            is_misread = answer.status_code in (*MALFORMED, httpx.codes.NOT_FOUND)
            is_invalid = answer.is_client_error and answer.json()["type"].endswith("/invalid-input")
            if is_misread or is_invalid or answer.is_server_error:
                unfit.append(f"{route}: {answer.status_code} {answer.text}")
    assert unfit == [], "give its body an example in the schema that is valid"


async def test_each_operation_needs_its_scope(app: Litestar, ours: Furnished) -> None:
    keys = {
        scope: await make_key(
            storage_of(app), ours.id, scopes=tuple(each for each in Scope if each != scope)
        )
        for scope in Scope
    }
    wrong: list[str] = []
    async with browser(app) as client:
        for route in routes_of(app):
            if route.scope is None:
                continue
            key, _ = keys[Scope(route.scope)]
            client.headers["Authorization"] = f"Bearer {key}"
            answer = await send(client, route.request(route.ids(ours.ids)))
            refused = (answer.status_code, answer.json().get("type"), answer.json().get("scope"))
            if refused != (403, "/problems/missing-scope", route.scope):
                wrong.append(f"{route}: {refused}")
    assert wrong == []


async def test_each_operation_needs_a_credential_that_holds(
    app: Litestar, ours: Furnished, theirs: Furnished
) -> None:
    secret = ours.company.key[25:]
    credentials = [
        None,
        "Bearer ",
        "Bearer wk_unknown",
        f"Bearer {ours.company.key}x",
        f"Bearer {theirs.company.key[:25]}{secret}",
        f"Basic {ours.company.key}",
    ]
    wrong: list[str] = []
    async with browser(app) as client:
        for route in routes_of(app):
            if route.is_public:
                continue
            for credential in credentials:
                headers = {} if credential is None else {"Authorization": credential}
                answer = await send(client, route.request(route.ids(ours.ids)), headers)
                if answer.status_code != httpx.codes.UNAUTHORIZED:
                    wrong.append(f"{route} with {credential}: {answer.status_code}")
    assert wrong == []


async def test_what_is_public_is_listed_here(app: Litestar) -> None:
    routes = routes_of(app)
    assert {route.operation for route in routes if route.is_public} == PUBLIC
    assert {route.operation for route in routes if not route.scope} - PUBLIC == OWN
    documented = {route.operation for route in routes}
    assert {str(each.operation_id) for each in handlers_of(app)} - documented == UNDOCUMENTED
