"""Wrong codes count with wrong passwords, and lock."""

import datetime as dt

import httpx
import pytest

from storage.postgres.transaction import PostgresStorage
from tests.app.second_factor.steps import PEOPLE, PROOF, SESSIONS, begin, failures, go_on
from tests.builders.clocks import FixedClock
from tests.builders.people import PASSWORD, PersonForTests, sign_in

pytestmark = pytest.mark.anyio


async def test_wrong_passwords_and_wrong_codes_lock_together_and_a_right_password_forgets_nothing(
    page: httpx.AsyncClient,
    storage: PostgresStorage,
    administrator: PersonForTests,
    clock: FixedClock,
) -> None:
    """Else whoever knows the password could begin again before every fifth guess at the code."""
    assert administrator.app is not None
    for counted in (1, 3):
        await page.post(SESSIONS, json={**administrator.credentials, "password": "wrong"})
        assert await failures(storage, administrator) == counted
        wrong = await go_on(page, await begin(page, administrator), "000000")
        assert wrong.json()["type"] == "/problems/sign-in-code-refused"
    continuation = await begin(page, administrator)
    fifth = await go_on(page, continuation, "000000")
    assert await failures(storage, administrator) == 5
    locked = await page.post(SESSIONS, json=administrator.credentials)
    over = await go_on(page, continuation, administrator.app.code())
    assert [fifth.status_code, locked.status_code, over.status_code] == [401] * 3
    assert over.json()["type"] == "/problems/sign-in-over"
    clock.move(dt.timedelta(minutes=1))
    await sign_in(page, administrator)
    assert await failures(storage, administrator) == 0


async def test_changing_ones_password_forgets_no_wrong_code(
    page: httpx.AsyncClient, storage: PostgresStorage, administrator: PersonForTests
) -> None:
    """Else a session and its password would be worth any number of guesses at the code."""
    await sign_in(page, administrator)
    for _ in range(4):
        await page.put(PROOF, json={"password": PASSWORD, "code": "000000"})
    body = {"current_password": PASSWORD, "new_password": "another one for tests"}
    assert (await page.put(f"{PEOPLE}/me/password", json=body)).status_code == 200
    assert await failures(storage, administrator) == 4


async def test_while_somebody_is_locked_a_right_code_is_refused_like_a_wrong_one(
    page: httpx.AsyncClient, storage: PostgresStorage, administrator: PersonForTests
) -> None:
    assert administrator.app is not None
    continuation = await begin(page, administrator)
    for _ in range(5):
        await page.post(SESSIONS, json={**administrator.credentials, "password": "wrong"})
    right = await go_on(page, continuation, administrator.app.code())
    wrong = await go_on(page, continuation, "000000")
    assert (right.status_code, right.content) == (wrong.status_code, wrong.content)
    assert await failures(storage, administrator) == 5
