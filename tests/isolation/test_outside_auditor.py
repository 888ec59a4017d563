"""An auditor from outside, at every operation: one audit and what is in its scope, nothing else."""

from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from app.server import Routes
from app.settings import Settings
from storage.files import FileVault
from storage.files.local import LocalFileStore
from storage.postgres.transaction import PostgresStorage
from storage.tables.audits import AuditAccessFields
from storage.vocabulary.identity import Role
from tests.builders.clocks import FixedClock
from tests.builders.keys import SIGNING
from tests.builders.people import PersonForTests, browser, make_person, prove, sign_in
from tests.isolation.conftest import Furnished
from tests.isolation.routes import routes_of
from tests.isolation.test_http_isolation import NOW, OWN, PUBLIC, UNTRIED, send

pytestmark = pytest.mark.anyio

OPEN = {
    "get_audited",
    "list_audited_actions",
    "list_audited_attestations",
    "list_audited_evidence",
    "list_audited_findings",
    "list_audited_requirements",
    "list_open_audits",
}
"""What an access opens, beside the files of the evidence."""


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def app(routes: Routes, storage: PostgresStorage, tmp_path: Path) -> Litestar:
    """The application, without a limit that the walk would meet."""
    settings = Settings(rate_per_address="1000000/minute", rate_per_principal="1000000/minute")
    vault = FileVault(LocalFileStore(tmp_path / "files"))
    return routes.serving(settings, storage, vault, signing=SIGNING)


@pytest.fixture
async def auditor(storage: PostgresStorage, ours: Furnished) -> PersonForTests:
    return await make_person(storage, ours.company, Role.EXTERNAL_AUDITOR)


async def answers(app: Litestar, company: Furnished, auditor: PersonForTests) -> dict[str, int]:
    """What each operation answers them, asked for the company's own rows."""
    found: dict[str, int] = {}
    async with browser(app) as client:
        await sign_in(client, auditor)
        for route in routes_of(app):
            if route.operation in PUBLIC | OWN:
                continue
            found[route.operation] = (
                await send(client, route.request(route.ids(company.ids)))
            ).status_code
    return found


async def test_without_an_access_nothing_is_there(
    app: Litestar, ours: Furnished, auditor: PersonForTests
) -> None:
    found = await answers(app, ours, auditor)
    of_audits = {*OPEN, "download_audited_evidence"}
    assert {found[each] for each in of_audits - {"list_open_audits"}} == {httpx.codes.NOT_FOUND}
    others = {each: status for each, status in found.items() if each not in of_audits}
    assert {each: status for each, status in others.items() if status != 403} == {}


async def test_an_access_opens_its_audit_and_nothing_else(
    app: Litestar, storage: PostgresStorage, ours: Furnished, auditor: PersonForTests
) -> None:
    audit_id = ours.ids["regulatory_audits"][0]
    async with storage.transaction(ours.id, ours.company.actor) as store:
        await store.audit_accesses.create(
            AuditAccessFields(
                audit_id=audit_id,
                person_id=auditor.id,
                reason="By contract",
                ends_at=NOW.replace(year=NOW.year + 1),
            )
        )
    found = await answers(app, ours, auditor)
    assert {each for each, status in found.items() if status != 403} - set(UNTRIED) == OPEN
    assert {found[each] for each in OPEN} == {httpx.codes.OK}


async def test_nor_do_they_take_emergency_access(
    app: Litestar, ours: Furnished, auditor: PersonForTests
) -> None:
    route = next(each for each in routes_of(app) if each.operation == "take_emergency_access")
    async with browser(app) as client:
        await sign_in(client, auditor)
        await prove(client, auditor)
        refused = await send(client, route.request(route.ids(ours.ids)))
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/emergency-refused")
