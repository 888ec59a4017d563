"""One's own notifications and preferences over HTTP: nobody else's, and no key's."""

import re

import httpx
import pytest
from litestar import Litestar

from app.openapi import document_of
from services.notifications.kinds import KINDS
from services.notifications.telling import notify
from storage.identifiers import new_id
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.notifications import NotificationKind
from tests.builders.companies import CompanyForTests
from tests.builders.people import browser, make_person, sign_in

pytestmark = pytest.mark.anyio

MINE = "/api/v1/notifications"
PREFERENCES = "/api/v1/notification-preferences"


async def test_a_person_reads_and_marks_their_own_and_nobody_elses(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests
) -> None:
    ana, ben = await make_person(storage, company), await make_person(storage, company)
    async with storage.transaction(company.id, company.actor) as store:
        for person in (ana, ben):
            kind = NotificationKind.ENDPOINT_DISABLED
            await notify(store, [person.id], kind, "webhook_endpoints", new_id())
    async with browser(application) as client, browser(application) as other:
        await sign_in(client, ana)
        await sign_in(other, ben)
        (mine,) = (await client.get(MINE)).json()["items"]
        (theirs,) = (await other.get(MINE)).json()["items"]
        read = f"{MINE}/{mine['id']}/read"
        assert (await client.post(read)).status_code == 428
        first = {"If-Match": '"1"'}
        assert (await other.post(read, headers=first)).status_code == 404
        marked = await client.post(read, headers=first)
        assert marked.json()["read_at"] is not None
        unread = {"is_unread": "true"}
        assert (await client.get(MINE, params=unread)).json()["items"] == []
        assert (await other.get(MINE, params=unread)).json()["items"] == [theirs]


async def test_preferences_are_the_usual_ones_until_somebody_chooses(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests
) -> None:
    async with browser(application) as client:
        await sign_in(client, await make_person(storage, company))
        usual = (await client.get(PREFERENCES)).json()
        assert usual["timings"]["endpoint_disabled"] == "at_once"
        chosen = usual | {"timings": {"endpoint_disabled": "off"}, "digest_minute": 540}
        for _ in range(2):
            saved = await client.put(PREFERENCES, json=chosen)
            assert saved.status_code == 200, saved.text
        expected = {**usual["timings"], "endpoint_disabled": "off"}
        assert (await client.get(PREFERENCES)).json() == chosen | {"timings": expected}
        refused = await client.put(PREFERENCES, json=chosen | {"digest_minute": 1440})
        assert refused.status_code == 422


async def test_a_key_has_no_notifications(client: httpx.AsyncClient) -> None:
    assert (await client.get(MINE)).status_code == 403
    assert (await client.get(PREFERENCES)).status_code == 403


@pytest.mark.parametrize("kind", NotificationKind)
async def test_every_link_leads_to_something_that_can_be_read(
    application: Litestar, kind: NotificationKind
) -> None:
    route = re.sub(r"\{id\}", "{[a-z_]+}", re.sub(r"\.", r"\.", KINDS[kind].path))
    read = {path for path, item in document_of(application)["paths"].items() if "get" in item}
    assert any(re.fullmatch(route, path) for path in read), KINDS[kind].path
