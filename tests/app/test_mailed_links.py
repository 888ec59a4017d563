"""Invitations and forgotten passwords: links that are mailed, over HTTP."""

import asyncio
import base64
import datetime as dt
import hashlib
import re
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar import Litestar

from app.server import Routes
from app.settings import Settings
from services.identity.one_time_tokens import issue_token
from services.identity.scopes import Scope
from services.outbox.delivering import deliver_due
from services.outbox.emails import LINE, SEALED_PAYLOAD, EmailContent
from services.outbox.mail_carrier import MailCarrier
from services.outbox.mail_server import mail_server
from storage.embedded import RoleAddresses
from storage.files import FileVault
from storage.filters import AuditFilter, OutboxFilter, PersonFilter
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage
from storage.tables.providers import IdentityProviderFields
from storage.vocabulary.identity import Role, TokenPurpose
from storage.vocabulary.outbox import Channel
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests, make_key
from tests.builders.keys import KEYRING
from tests.builders.mail_servers import Inbox, mail_server_of
from tests.builders.people import PASSWORD, PersonForTests, browser, make_person, sign_in

pytestmark = pytest.mark.anyio

PEOPLE = "/api/v1/people"
SESSIONS = "/api/v1/sessions"
CURRENT = "/api/v1/sessions/current"
RESETS = "/api/v1/password-resets"
CHOICES = "/api/v1/password-choices"
NEW_PASSWORD = "another one for tests"
SITE = "https://wellkept.example"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def application(routes: Routes, storage: PostgresStorage, vault: FileVault) -> Litestar:
    return routes.serving(Settings(public_url=f"{SITE}/"), storage, vault)


@pytest.fixture
async def person(storage: PostgresStorage, company: CompanyForTests) -> PersonForTests:
    return await make_person(storage, company)


@pytest.fixture
async def page(application: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(application) as client:
        yield client


def newcomer() -> dict[str, str]:
    return {"email": f"ada-{new_id().hex[-12:]}@example.org", "name": "Ada", "role": "viewer"}


async def letters(
    storage: PostgresStorage, company: CompanyForTests, to: str
) -> list[tuple[str, str]]:
    """The e-mails to an address, oldest first: purpose and text."""
    async with storage.transaction(company.id, company.actor) as store:
        found = await store.outbox_messages.all(OutboxFilter())
        return [
            (message.purpose, content.text)
            for message in found
            if message.recipient == to and message.sealed_payload is not None
            for content in (
                msgspec.json.decode(
                    await store.secrets.open(SEALED_PAYLOAD, message.id, message.sealed_payload),
                    type=EmailContent,
                ),
            )
        ]


def token_in(text: str) -> str:
    (token,) = re.findall(rf"^{re.escape(SITE)}/choose-password#(\S+)$", text, re.MULTILINE)
    assert isinstance(token, str)
    return token


async def last_token(storage: PostgresStorage, company: CompanyForTests, to: str) -> str:
    _, text = (await letters(storage, company, to))[-1]
    return token_in(text)


async def forget(client: httpx.AsyncClient, person: PersonForTests) -> None:
    body = {"company": person.company.slug, "email": person.email}
    assert (await client.post(RESETS, json=body)).status_code == 202


async def choose(
    client: httpx.AsyncClient, token: str, password: str = NEW_PASSWORD
) -> httpx.Response:
    return await client.post(CHOICES, json={"token": token, "new_password": password})


async def signs_in(
    client: httpx.AsyncClient, company: CompanyForTests, email: str, password: str
) -> int:
    body = {"company": company.slug, "email": email, "password": password}
    return (await client.post(SESSIONS, json=body)).status_code


async def test_a_new_person_is_mailed_a_link_by_which_they_choose_their_password(
    client: httpx.AsyncClient,
    page: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
) -> None:
    ada = newcomer()
    created = await client.post(PEOPLE, json=ada, headers={"Idempotency-Key": "once"})
    again = await client.post(PEOPLE, json=ada, headers={"Idempotency-Key": "once"})
    assert created.status_code == 201
    assert created.json()["one_time_password"] is None
    assert again.json() == created.json()
    ((purpose, text),) = await letters(storage, company, ada["email"])
    assert purpose == "invitation"
    assert company.slug in text
    assert (await choose(page, token_in(text))).status_code == 204
    assert await signs_in(page, company, ada["email"], NEW_PASSWORD) == 201
    assert not (await page.get(CURRENT)).json()["must_choose_password"]


async def require_provider(
    storage: PostgresStorage, company: CompanyForTests, keeper: PersonForTests
) -> None:
    async with storage.transaction(company.id, company.actor) as store:
        await store.identity_providers.create(
            IdentityProviderFields(
                issuer="https://login.example",
                client_id="wellkept",
                client_secret=b"",
                email_domains=["example.org"],
                is_enabled=True,
                is_required=True,
                break_glass_id=keeper.id,
            )
        )


async def test_a_company_that_requires_its_provider_invites_people_to_sign_in_there(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    await require_provider(
        storage, company, await make_person(storage, company, Role.ADMINISTRATOR)
    )
    ada = newcomer()
    created = await client.post(PEOPLE, json=ada)
    assert created.status_code == 201
    url, unchanged = f"{created.headers['Location']}/invite", {"If-Match": '"1"'}
    assert (await client.post(url, headers=unchanged)).status_code == 200
    for purpose, text in await letters(storage, company, ada["email"]):
        assert purpose == "invitation"
        assert f"\n{SITE}/api/v1/sign-in/{company.slug}\n" in text
        assert "choose-password" not in text


async def test_where_the_provider_is_required_only_the_way_round_it_resets_a_password(
    page: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    person: PersonForTests,
) -> None:
    keeper = await make_person(storage, company, Role.ADMINISTRATOR)
    await forget(page, person)
    earlier = await last_token(storage, company, person.email)
    await require_provider(storage, company, keeper)
    await forget(page, person)
    assert len(await letters(storage, company, person.email)) == 1
    refused = await choose(page, earlier)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/link-over")
    await forget(page, keeper)
    chosen = await choose(page, await last_token(storage, company, keeper.email))
    assert chosen.status_code == 204


async def test_whoever_has_not_chosen_a_password_cannot_sign_in(
    client: httpx.AsyncClient, page: httpx.AsyncClient, company: CompanyForTests
) -> None:
    ada = newcomer()
    await client.post(PEOPLE, json=ada)
    assert await signs_in(page, company, ada["email"], NEW_PASSWORD) == 401


async def test_an_invited_administrator_enrols_a_second_factor_next(
    client: httpx.AsyncClient,
    page: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
) -> None:
    ada = {**newcomer(), "role": "administrator"}
    await client.post(PEOPLE, json=ada)
    await choose(page, await last_token(storage, company, ada["email"]))
    assert await signs_in(page, company, ada["email"], NEW_PASSWORD) == 201
    assert (await page.get(CURRENT)).json()["must_enrol_second_factor"]


async def test_an_address_that_no_mail_reaches_is_not_invited(client: httpx.AsyncClient) -> None:
    ada = {**newcomer(), "email": "a,b@example.org"}
    refused = await client.post(PEOPLE, json=ada)
    by_hand = await client.post(PEOPLE, json={**ada, "with_one_time_password": True})
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/email-unsendable")
    assert by_hand.status_code == 201


async def test_somebody_is_invited_again_until_they_have_a_password(
    client: httpx.AsyncClient,
    page: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    person: PersonForTests,
) -> None:
    ada = newcomer()
    url = (await client.post(PEOPLE, json=ada)).headers["Location"]
    first = await last_token(storage, company, ada["email"])
    again = await client.post(f"{url}/invite", headers={"If-Match": '"1"'})
    second = await last_token(storage, company, ada["email"])
    assert again.status_code == 200
    assert (await choose(page, first)).status_code == 403
    assert (await choose(page, second)).status_code == 204
    invited = [
        await client.post(f"{url}/invite", headers={"If-Match": '"2"'}),
        await client.post(f"{PEOPLE}/{person.id}/invite", headers=person.unchanged),
    ]
    assert [answer.json()["type"] for answer in invited] == ["/problems/already-signs-in"] * 2


async def test_nobody_invites_anew_whoever_may_more(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    ada = {**newcomer(), "role": "administrator"}
    url = (await client.post(PEOPLE, json=ada)).headers["Location"]
    key, _ = await make_key(storage, company.id, scopes=(Scope.PEOPLE_MANAGE,))
    headers = {"Authorization": f"Bearer {key}", "If-Match": '"1"'}
    refused = await client.post(f"{url}/invite", headers=headers)
    assert refused.json()["type"] == "/problems/privilege-too-high"


async def test_a_forgotten_password_is_replaced_and_its_sessions_end(
    page: httpx.AsyncClient, storage: PostgresStorage, person: PersonForTests
) -> None:
    await sign_in(page, person)
    await forget(page, person)
    assert await signs_in(page, person.company, person.email, PASSWORD) == 201
    token = await last_token(storage, person.company, person.email)
    assert (await choose(page, token)).status_code == 204
    assert (await page.get(CURRENT)).status_code == 401
    assert await signs_in(page, person.company, person.email, PASSWORD) == 401
    assert await signs_in(page, person.company, person.email, NEW_PASSWORD) == 201
    purposes = [p for p, _ in await letters(storage, person.company, person.email)]
    assert purposes == ["password_reset", "password_chosen"]


async def test_whoever_is_named_the_answer_is_the_same_and_only_people_get_mail(
    page: httpx.AsyncClient,
    storage: PostgresStorage,
    person: PersonForTests,
    other_company: CompanyForTests,
    clock: FixedClock,
) -> None:
    disabled = await make_person(storage, person.company)
    async with storage.transaction(person.company.id, person.company.actor) as store:
        await store.people.update(disabled.id, {"disabled_at": clock.now()}, expected_version=1)
    bodies = [
        {"company": person.company.slug, "email": person.email},
        {"company": person.company.slug, "email": f" {person.email.upper()} "},
        {"company": person.company.slug, "email": "nobody@example.org"},
        {"company": person.company.slug, "email": "no address"},
        {"company": person.company.slug, "email": "nul\x00@example.org"},
        {"company": person.company.slug, "email": disabled.email},
        {"company": other_company.slug, "email": person.email},
        {"company": "no-such-company", "email": person.email},
        {"company": "Not A Slug", "email": person.email},
    ]
    answers = [await page.post(RESETS, json=body) for body in bodies]
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    names = [set(answer.headers) for answer in answers]
    assert all(each == names[0] for each in names)
    assert len(await letters(storage, person.company, person.email)) == 2
    assert await letters(storage, person.company, disabled.email) == []
    assert await letters(storage, other_company, person.email) == []


async def test_nobodys_mailbox_is_filled(
    page: httpx.AsyncClient, storage: PostgresStorage, person: PersonForTests
) -> None:
    for _ in range(5):
        await forget(page, person)
    body = {"company": person.company.slug, "email": person.email.upper()}
    nobody = {**body, "email": "nobody@example.org"}
    assert (await page.post(RESETS, json=body)).status_code == 429
    assert [(await page.post(RESETS, json=nobody)).status_code for _ in range(6)] == [202] * 5 + [
        429
    ]
    assert len(await letters(storage, person.company, person.email)) == 5


@pytest.mark.parametrize(
    ("route", "body"),
    [
        (RESETS, b'{"company": "riverbend", "email": "ana@example.org"}'),
        (CHOICES, b'{"token": "wr_x", "new_password": "another one for tests"}'),
    ],
)
async def test_a_form_of_another_site_is_not_read(
    page: httpx.AsyncClient, route: str, body: bytes
) -> None:
    answer = await page.post(route, content=body, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415


async def test_a_link_serves_once(
    page: httpx.AsyncClient, storage: PostgresStorage, person: PersonForTests
) -> None:
    await forget(page, person)
    token = await last_token(storage, person.company, person.email)
    assert (await choose(page, token)).status_code == 204
    again = await choose(page, token, "yet another for tests")
    assert (again.status_code, again.json()["type"]) == (403, "/problems/link-over")
    assert await signs_in(page, person.company, person.email, NEW_PASSWORD) == 201


async def test_of_two_who_use_a_link_at_once_one_chooses(
    page: httpx.AsyncClient, storage: PostgresStorage, person: PersonForTests
) -> None:
    await forget(page, person)
    token = await last_token(storage, person.company, person.email)
    passwords = [f"password number {n}" for n in range(4)]
    answers = await asyncio.gather(*(choose(page, token, each) for each in passwords))
    assert sorted(answer.status_code for answer in answers) == [204, 403, 403, 403]
    (chosen,) = (p for p, a in zip(passwords, answers, strict=True) if a.status_code == 204)
    assert await signs_in(page, person.company, person.email, chosen) == 201


@pytest.mark.parametrize(
    ("purpose", "lifetime"),
    [
        (TokenPurpose.INVITATION, dt.timedelta(days=7)),
        (TokenPurpose.PASSWORD_RESET, dt.timedelta(hours=1)),
    ],
)
async def test_a_link_expires(
    page: httpx.AsyncClient,
    storage: PostgresStorage,
    person: PersonForTests,
    clock: FixedClock,
    purpose: TokenPurpose,
    lifetime: dt.timedelta,
) -> None:
    async with storage.transaction(person.company.id, person.company.actor) as store:
        early = await issue_token(store, person.id, purpose)
    clock.move(lifetime - dt.timedelta.resolution)
    assert (await choose(page, early.secret.text)).status_code == 204
    async with storage.transaction(person.company.id, person.company.actor) as store:
        late = await issue_token(store, person.id, purpose)
    clock.move(lifetime)
    assert (await choose(page, late.secret.text)).status_code == 403


async def test_a_newer_link_takes_the_place_of_an_older_one_of_its_purpose(
    page: httpx.AsyncClient, storage: PostgresStorage, person: PersonForTests
) -> None:
    await forget(page, person)
    old = await last_token(storage, person.company, person.email)
    await forget(page, person)
    new = await last_token(storage, person.company, person.email)
    assert (await choose(page, old)).status_code == 403
    assert (await choose(page, new)).status_code == 204


async def test_asking_for_a_new_password_leaves_an_invitation_alone(
    client: httpx.AsyncClient,
    page: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
) -> None:
    """Else anybody could void anybody's invitation."""
    ada = newcomer()
    created = await client.post(PEOPLE, json=ada)
    invitation = await last_token(storage, company, ada["email"])
    person = PersonForTests(UUID(created.json()["person"]["id"]), company, ada["email"])
    await forget(page, person)
    assert (await choose(page, invitation)).status_code == 204


async def test_a_token_holds_for_its_own_purpose_company_and_secret_alone(
    page: httpx.AsyncClient,
    storage: PostgresStorage,
    person: PersonForTests,
    other_company: CompanyForTests,
) -> None:
    async with storage.transaction(person.company.id, person.company.actor) as store:
        waiting = await issue_token(store, person.id, TokenPurpose.SIGN_IN)
    await forget(page, person)
    token = await last_token(storage, person.company, person.email)
    forged = [
        token.replace("wr_", "wi_"),
        token.replace("wr_", "wc_"),
        waiting.secret.text,
        waiting.secret.text.replace("wc_", "wr_"),
        f"wr_{other_company.key[3:25]}{token[25:]}",
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        token[:25],
        "wr_" + "A" * 65,
        "wr_\x00",
        "text",
    ]
    answers = [await choose(page, each) for each in forged]
    gone_on = await page.post(
        f"{SESSIONS}/second-factor",
        json={"continuation": token.replace("wr_", "wc_"), "code": "123456"},
    )
    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.content for answer in answers}) == 1
    assert gone_on.status_code == 401
    assert (await choose(page, token)).status_code == 204


@pytest.mark.parametrize("deed", ["disable", "reset-password"])
async def test_a_link_is_void_once_the_person_was_disabled_or_their_password_changed(
    client: httpx.AsyncClient,
    page: httpx.AsyncClient,
    storage: PostgresStorage,
    person: PersonForTests,
    deed: str,
) -> None:
    await forget(page, person)
    token = await last_token(storage, person.company, person.email)
    url = f"{PEOPLE}/{person.id}"
    done = await client.post(f"{url}/{deed}", headers=person.unchanged)
    await client.post(f"{url}/enable", headers={"If-Match": done.headers["ETag"]})
    assert (await choose(page, token)).status_code == 403


async def test_choosing_ones_own_password_voids_a_link(
    page: httpx.AsyncClient, storage: PostgresStorage, person: PersonForTests
) -> None:
    await forget(page, person)
    token = await last_token(storage, person.company, person.email)
    await sign_in(page, person)
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert (await page.put(f"{PEOPLE}/me/password", json=body)).status_code == 200
    assert (await choose(page, token)).status_code == 403


async def test_a_password_that_breaks_the_rule_leaves_the_link_good(
    page: httpx.AsyncClient, storage: PostgresStorage, person: PersonForTests
) -> None:
    await forget(page, person)
    token = await last_token(storage, person.company, person.email)
    for wrong in ("too short", person.email, "a" * 129):
        refused = await choose(page, token, wrong)
        assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/new_password"]
    assert (await choose(page, token)).status_code == 204


async def test_a_mailed_link_does_not_get_around_the_second_factor_nor_its_lock(
    page: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    person = await make_person(storage, company, Role.ADMINISTRATOR)
    for _ in range(4):
        await signs_in(page, company, person.email, "wrong")
    await forget(page, person)
    await choose(page, await last_token(storage, company, person.email))
    async with storage.transaction(company.id, company.actor) as store:
        assert (await store.people.get(person.id)).failed_sign_ins == 4
    assert await signs_in(page, company, person.email, NEW_PASSWORD) == 202


async def test_somebody_is_told_that_their_second_factor_was_taken_away(
    page: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    administrator = await make_person(storage, company, Role.ADMINISTRATOR)
    other = await make_person(storage, company, Role.ADMINISTRATOR)
    await sign_in(page, administrator)
    url = f"{PEOPLE}/{other.id}/reset-second-factor"
    assert (await page.post(url, headers=other.unchanged)).status_code == 200
    assert [p for p, _ in await letters(storage, company, other.email)] == ["second_factor_reset"]


async def test_who_chose_is_on_record_and_the_token_is_not(
    page: httpx.AsyncClient, storage: PostgresStorage, person: PersonForTests
) -> None:
    await forget(page, person)
    token = await last_token(storage, person.company, person.email)
    await choose(page, token)
    async with storage.transaction(person.company.id, person.company.actor) as store:
        trail = await store.audit_log.all(AuditFilter())
        people = await store.people.all(PersonFilter(email=person.email))
    (chosen,) = (e for e in trail if e.entity == "people" and e.action == "update")
    assert chosen.recorded_by == people[0].updated_by == person.id
    everything = repr([entry.model_dump() for entry in trail])
    assert token not in everything
    assert hashlib.sha256(token[25:].encode()).hexdigest() not in everything


async def test_an_invitation_comes_through_a_real_mail_server(
    client: httpx.AsyncClient,
    page: httpx.AsyncClient,
    addresses: RoleAddresses,
    company: CompanyForTests,
    clock: FixedClock,
) -> None:
    ada = newcomer()
    await client.post(PEOPLE, json=ada)
    inbox = Inbox()
    worker = PostgresStorage(addresses.worker, clock=clock, keyring=KEYRING)
    await worker.open()
    async with mail_server_of(inbox) as port:
        server = mail_server(f"smtp://127.0.0.1:{port}", "Wellkept <no-reply@wellkept.test>")
        await deliver_due(
            worker,
            {Channel.EMAIL: MailCarrier(server)},
            company.id,
            Actor(SYSTEM_ACTOR_ID, new_id()),
            line=LINE,
            channel=Channel.EMAIL,
        )
    await worker.close()
    (received,) = inbox.received
    assert inbox.recipients == [ada["email"]]
    token = token_in(received.get_content().replace("\r\n", "\n"))
    assert (await choose(page, token)).status_code == 204


async def test_the_page_runs_its_own_script_alone_and_tells_nobody_of_its_address(
    page: httpx.AsyncClient,
) -> None:
    answer = await page.get("/choose-password")
    policy = answer.headers["Content-Security-Policy"]
    for element in ("script", "style"):
        (content,) = re.findall(rf"<{element}>(.*?)</{element}>", answer.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}';" in policy
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert not re.search(r"https?://|src=|href=|\son\w+=|\sstyle=", answer.text)
