"""What is kept and told of second factors, and what is not."""

import httpx
import psycopg
import pytest

from services.identity.recovery_codes import hash_of
from storage.embedded import RoleAddresses
from storage.filters import AccessFilter, AuditFilter
from storage.identifiers import SYSTEM_ACTOR_ID
from storage.postgres.transaction import PostgresStorage
from tests.app.second_factor.steps import OWN, PROOF, begin, enrol, go_on
from tests.builders.clocks import FixedClock
from tests.builders.people import PASSWORD, PersonForTests, sign_in
from tests.builders.tenant_rows import bind

pytestmark = pytest.mark.anyio


async def test_the_trail_shows_what_happened_to_a_factor_and_no_secret(
    page: httpx.AsyncClient, storage: PostgresStorage, newcomer: PersonForTests, clock: FixedClock
) -> None:
    await sign_in(page, newcomer)
    secret, codes = await enrol(page, clock)
    await go_on(page, await begin(page, newcomer), codes[0])
    async with storage.transaction(newcomer.company.id, newcomer.company.actor) as store:
        trail = await store.audit_log.all(AuditFilter(recorded_by=newcomer.id))
    changes = [entry for entry in trail if entry.entity == "second_factors"]
    left = [(entry.after or {}).get("recovery_codes_left") for entry in changes]
    assert left[-2:] == [10, 9]
    everything = repr([entry.model_dump() for entry in trail])
    assert secret not in everything
    assert hash_of(codes[1]) not in everything
    assert "second_factor_since" in everything


async def test_the_record_tells_of_right_and_wrong_codes(
    page: httpx.AsyncClient, storage: PostgresStorage, administrator: PersonForTests
) -> None:
    """Who did it is known only once everything was right."""
    await go_on(page, await begin(page, administrator), "000000")
    await sign_in(page, administrator)
    async with storage.transaction(administrator.company.id, administrator.company.actor) as store:
        found = await store.api_log.all(AccessFilter(record_id=administrator.id))
    assert [(each.operation, each.outcome, each.recorded_by) for each in found] == [
        ("sign_in", 202, administrator.id),
        ("complete_sign_in", 401, SYSTEM_ACTOR_ID),
        ("sign_in", 202, administrator.id),
        ("complete_sign_in", 201, administrator.id),
    ]


async def test_what_is_kept_of_a_factor_lets_nobody_make_its_codes(
    page: httpx.AsyncClient,
    addresses: RoleAddresses,
    newcomer: PersonForTests,
    clock: FixedClock,
) -> None:
    await sign_in(page, newcomer)
    secret, codes = await enrol(page, clock)
    await page.put(PROOF, json={"password": PASSWORD, "code": codes[9]})
    offered = (await page.post(OWN)).json()["secret"]
    with psycopg.connect(addresses.owner) as connection:
        bind(connection, newcomer.company.id)
        row = connection.execute(
            "SELECT secret, offered_secret, to_jsonb(f)::text FROM second_factors AS f"
            " WHERE person_id = %s",
            [newcomer.id],
        ).fetchone()
    assert row is not None
    kept = b"".join((row[0], row[1], row[2].encode()))
    for hidden in (secret, offered, *codes):
        assert hidden.encode() not in kept
