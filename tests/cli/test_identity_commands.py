"""``wellkept company``, ``user`` and ``key``, run as an operator runs them."""

import asyncio
import base64
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from app.cli import main
from app.server import create_app
from app.settings import Settings
from services.identity.people import person_of_email
from services.identity.second_factors import install_secret
from services.identity.time_codes import new_secret
from storage.embedded import RoleAddresses
from storage.files import FileVault
from storage.files.local import LocalFileStore
from storage.identifiers import OPERATOR_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage
from tests.builders.keys import KEYRING


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


Command = Callable[..., Outcome]


@pytest.fixture
def wellkept(
    addresses: RoleAddresses,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Command:
    """Runs a command on the test database."""
    monkeypatch.setenv("WELLKEPT_DATABASE_URL", addresses.app)
    monkeypatch.setenv("WELLKEPT_OWNER_URL", addresses.owner)
    monkeypatch.setenv("WELLKEPT_DATA_DIRECTORY", str(tmp_path / "data"))
    monkeypatch.setenv("WELLKEPT_MASTER_KEY", base64.b64encode(bytes(32)).decode())

    def run(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["wellkept", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        printed = capsys.readouterr()
        return Outcome(code, printed.out, printed.err)

    return run


@pytest.fixture
def slug() -> str:
    return f"clinic-{new_id().hex[-12:]}"


@pytest.fixture
def founded(wellkept: Command, slug: str) -> Outcome:
    return wellkept(
        *("company", "create", "--slug", slug, "--name", "Clinic"),
        *("--time-zone", "America/New_York", "--first-payers"),
        *("--admin-email", "ada@example.org", "--admin-name", "Ada"),
    )


def asked(addresses: RoleAddresses, tmp_path: Path, request: httpx.Request) -> httpx.Response:
    """The web application's answer on the same database."""

    async def answered() -> httpx.Response:
        storage = PostgresStorage(addresses.app)
        await storage.open()
        try:
            app = create_app(Settings(), storage, FileVault(LocalFileStore(tmp_path / "files")))
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as client:
                return await client.send(request)
        finally:
            await storage.close()

    return asyncio.run(answered())


def test_founding_prints_the_id_and_a_password_that_signs_in(
    founded: Outcome, slug: str, addresses: RoleAddresses, tmp_path: Path
) -> None:
    company_id, password = founded.lines
    assert founded.code == 0
    assert UUID(company_id).version == 7
    assert password not in founded.err
    signed_in = asked(
        addresses,
        tmp_path,
        httpx.Request(
            "POST",
            "https://wellkept.test/api/v1/sessions",
            json={"company": slug, "email": "ada@example.org", "password": password},
        ),
    )
    assert signed_in.status_code == 201
    assert signed_in.json()["who"]["must_choose_password"]


@pytest.mark.usefixtures("founded")
def test_founding_twice_is_refused_in_one_line(wellkept: Command, slug: str) -> None:
    again = wellkept(
        *("company", "create", "--slug", slug, "--name", "Other", "--time-zone", "UTC")
    )
    assert (again.code, again.out) == (1, "")
    assert again.err == "wellkept: Another company has this slug\n"


def test_every_fault_of_a_company_stands_in_the_one_line(wellkept: Command) -> None:
    refused = wellkept(
        *("company", "create", "--slug", "No Slug", "--name", "Clinic", "--time-zone", "Mars")
    )
    assert refused.code == 1
    assert re.fullmatch(r"wellkept: .*slug is .*time_zone is .*\n", refused.err)


def test_without_the_owners_address_no_company_is_founded(
    wellkept: Command, slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WELLKEPT_OWNER_URL")
    refused = wellkept(
        *("company", "create", "--slug", slug, "--name", "Clinic", "--time-zone", "UTC")
    )
    assert (refused.code, refused.err.count("\n")) == (3, 1)
    assert "WELLKEPT_OWNER_URL" in refused.err


@pytest.mark.usefixtures("founded")
def test_people_are_added_once_and_disabled(wellkept: Command, slug: str) -> None:
    user = ("user", "create", "--company", slug, "--email", "Grace@example.org")
    created = wellkept(*user, "--name", "Grace", "--role", "rcm_staff")
    again = wellkept(*user, "--name", "Grace", "--role", "rcm_staff")
    disabled = wellkept("user", "disable", "--company", slug, "--email", "grace@example.org")
    assert (created.code, len(created.lines)) == (0, 1)
    assert again.code == 1
    assert again.err.startswith("wellkept: The company already has a person")
    assert (disabled.code, disabled.out) == (0, "")


@pytest.mark.usefixtures("founded")
def test_the_last_administrator_is_not_disabled(wellkept: Command, slug: str) -> None:
    refused = wellkept("user", "disable", "--company", slug, "--email", "ada@example.org")
    assert refused.code == 1
    assert refused.err.startswith("wellkept: The last enabled administrator")


@pytest.mark.usefixtures("founded")
def test_a_second_factor_that_is_not_there_cannot_be_reset(wellkept: Command, slug: str) -> None:
    reset = ("user", "reset-second-factor", "--company", slug, "--email")
    nobody = wellkept(*reset, "nobody@example.org")
    without = wellkept(*reset, "ada@example.org")
    assert (nobody.code, without.code) == (1, 1)
    assert nobody.err.startswith("wellkept: Nobody in the company has this e-mail address")
    assert without.err == "wellkept: There is no second factor\n"


@pytest.mark.usefixtures("founded")
def test_the_operator_takes_away_a_lost_second_factor(
    wellkept: Command, slug: str, addresses: RoleAddresses
) -> None:
    async def enrol() -> None:
        storage = PostgresStorage(addresses.app, keyring=KEYRING)
        await storage.open()
        company_id = await storage.company_of_slug(slug)
        assert company_id is not None
        async with storage.transaction(company_id, Actor(OPERATOR_ACTOR_ID, new_id())) as store:
            person = await person_of_email(store, "ada@example.org")
            assert person is not None
            await install_secret(store, person.id, new_secret())
        await storage.close()

    asyncio.run(enrol())
    reset = ("user", "reset-second-factor", "--company", slug, "--email", "ada@example.org")
    done, again = wellkept(*reset), wellkept(*reset)
    assert (done.code, done.out) == (0, "")
    assert again.code == 1


@pytest.mark.usefixtures("founded")
def test_a_key_is_made_rotated_listed_and_revoked(
    wellkept: Command, slug: str, addresses: RoleAddresses, tmp_path: Path
) -> None:
    def status(secret: str) -> int:
        headers = {"Authorization": f"Bearer {secret}"}
        url = "https://wellkept.test/api/v1/payers"
        return asked(addresses, tmp_path, httpx.Request("GET", url, headers=headers)).status_code

    made = wellkept(
        *("key", "create", "--company", slug, "--name", "export", "--scope", "payers:read")
    )
    key_id = re.findall(r"[0-9a-f-]{36}", made.err)[0]
    rotated = wellkept("key", "rotate", "--company", slug, key_id, "--overlap-hours", "0")
    listed = wellkept("key", "list", "--company", slug)
    old, new = made.out.strip(), rotated.out.strip()
    assert [status(old), status(new)] == [401, 200]
    assert "export" in listed.out
    assert new not in listed.out
    revoked = wellkept("key", "revoke", "--company", slug, key_id)
    assert (revoked.code, status(new)) == (0, 401)


@pytest.mark.usefixtures("founded")
@pytest.mark.parametrize(
    "command",
    [
        ("user", "disable", "--email", "nobody@example.org"),
        ("key", "revoke", "01a1fd87-34ee-71ca-b850-10bcf0bfc799"),
        ("key", "rotate", "01a1fd87-34ee-71ca-b850-10bcf0bfc799"),
        ("user", "create", "--email", "ada", "--name", "Ada", "--role", "viewer"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(
    wellkept: Command, slug: str, command: tuple[str, ...]
) -> None:
    refused = wellkept(*command, "--company", slug)
    unknown = wellkept(*command, "--company", "no-such-company")
    assert [refused.code, unknown.code] == [1, 1]
    assert [refused.err.count("\n"), unknown.err.count("\n")] == [1, 1]
    assert "no-such-company" in unknown.err


@pytest.mark.usefixtures("founded")
def test_a_person_is_given_a_role_that_the_company_defined(
    wellkept: Command, slug: str, addresses: RoleAddresses, tmp_path: Path
) -> None:
    secret = wellkept(
        *("key", "create", "--company", slug, "--name", "setup"),
        *("--scope", "people:manage", "--scope", "patients:read"),
    ).out.strip()
    defined = asked(
        addresses,
        tmp_path,
        httpx.Request(
            "POST",
            "https://wellkept.test/api/v1/roles",
            json={"name": "Front desk", "scopes": ["patients:read"]},
            headers={"Authorization": f"Bearer {secret}"},
        ),
    )
    assert defined.status_code == 201
    someone = ("user", "create", "--company", slug, "--email", "b@example.org", "--name", "B")
    created = wellkept(*someone, "--company-role", "Front desk")
    unknown = wellkept(*someone, "--company-role", "Back office")
    neither = wellkept(*someone)
    assert (created.code, unknown.code, neither.code) == (0, 1, 2)
    assert "b@example.org is Front desk of" in created.err
    assert unknown.err == "wellkept: The company has defined no role of this name: Back office\n"
