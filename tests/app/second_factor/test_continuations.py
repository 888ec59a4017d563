"""What a right password gives until the code comes holds for its sign-in alone."""

import datetime as dt

import httpx
import pytest

from storage.embedded import RoleAddresses
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import Role
from tests.app.second_factor.steps import PEOPLE, STEP, begin, go_on
from tests.builders.clocks import FixedClock
from tests.builders.companies import make_company
from tests.builders.people import PersonForTests, make_person

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("forged", ["wc_", "wc_" + "A" * 65, "text", "ws_" + "A" * 65, "wc_\x00"])
async def test_a_forged_continuation_is_over(page: httpx.AsyncClient, forged: str) -> None:
    answer = await go_on(page, forged, "123456")
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/sign-in-over")


async def test_a_continuation_holds_for_its_own_company_alone(
    page: httpx.AsyncClient,
    administrator: PersonForTests,
    addresses: RoleAddresses,
    storage: PostgresStorage,
) -> None:
    assert administrator.app is not None
    other = await make_company(addresses.owner, storage)
    continuation = await begin(page, administrator)
    moved = f"wc_{other.key[3:25]}{continuation[25:]}"
    assert (await go_on(page, moved, administrator.app.code())).status_code == 401
    assert (await go_on(page, continuation, administrator.app.code())).status_code == 201


async def test_a_continuation_expires_is_superseded_and_serves_once(
    page: httpx.AsyncClient, administrator: PersonForTests, clock: FixedClock
) -> None:
    assert administrator.app is not None
    late = await begin(page, administrator)
    clock.move(dt.timedelta(minutes=5))
    superseded = await begin(page, administrator)
    good = await begin(page, administrator)
    answers = [
        await go_on(page, continuation, administrator.app.code())
        for continuation in (late, superseded)
    ]
    clock.move(STEP)
    assert (await go_on(page, good, administrator.app.code())).status_code == 201
    answers.append(await go_on(page, good, administrator.app.code()))
    assert {answer.json()["type"] for answer in answers} == {"/problems/sign-in-over"}


@pytest.mark.parametrize("deed", ["disable", "reset-password"])
async def test_what_ends_sessions_ends_a_sign_in_that_waits_for_its_code(
    page: httpx.AsyncClient,
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    administrator: PersonForTests,
    deed: str,
) -> None:
    assert administrator.app is not None
    await make_person(storage, administrator.company, Role.ADMINISTRATOR)
    continuation = await begin(page, administrator)
    url = f"{PEOPLE}/{administrator.id}/{deed}"
    assert (await client.post(url, headers=administrator.unchanged)).status_code == 200
    over = await go_on(page, continuation, administrator.app.code())
    assert over.json()["type"] == "/problems/sign-in-over"
