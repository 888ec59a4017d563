"""``wellkept secrets``: replacing the master key, as an operator does it."""

import asyncio
import base64
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli import main
from storage.embedded import EmbeddedServer, RoleAddresses
from storage.identifiers import new_id
from storage.postgres.transaction import PostgresStorage
from storage.secrets.keyring import Keyring
from tests.builders.companies import make_company
from tests.servers import migrated_database

OLD, NEW = bytes(range(32)), bytes(range(1, 33))
PURPOSE = "mailboxes.sealed_password"

Command = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def addresses(server: EmbeddedServer) -> RoleAddresses:
    """A database of this module's own: its keys are replaced."""
    return migrated_database(server, "resealed")


@pytest.fixture
def wellkept(
    addresses: RoleAddresses,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Command:
    """Runs a command with some master keys, the current one first; its code and all it printed."""
    monkeypatch.setenv("WELLKEPT_DATABASE_URL", addresses.app)
    monkeypatch.setenv("WELLKEPT_WORKER_URL", addresses.worker)
    monkeypatch.setenv("WELLKEPT_DATA_DIRECTORY", str(tmp_path / "data"))

    def run(*arguments: str, keys: tuple[bytes, ...]) -> tuple[int, str]:
        current, *former = (base64.b64encode(key).decode() for key in keys)
        monkeypatch.setenv("WELLKEPT_MASTER_KEY", current)
        monkeypatch.setenv("WELLKEPT_FORMER_MASTER_KEYS", ",".join(former))
        monkeypatch.setattr(sys, "argv", ["wellkept", *arguments])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        printed = capsys.readouterr()
        for key in keys:
            shown = printed.out + printed.err
            assert base64.b64encode(key).decode() not in shown
            assert key.hex() not in shown
        return code, printed.out + printed.err

    return run


@pytest.fixture(scope="module")
def sealed(addresses: RoleAddresses) -> None:
    """Three companies with secrets under the old key."""

    async def seal() -> None:
        storage = PostgresStorage(addresses.app, keyring=Keyring(OLD))
        await storage.open()
        try:
            for _ in range(3):
                company = await make_company(addresses.owner, storage)
                async with storage.transaction(company.id, company.actor) as store:
                    await store.secrets.seal(PURPOSE, new_id(), b"hunter2")
        finally:
            await storage.close()

    asyncio.run(seal())


@pytest.mark.usefixtures("sealed")
def test_a_master_key_is_replaced_step_by_step(wellkept: Command) -> None:
    old, new = Keyring(OLD).current.id, Keyring(NEW).current.id

    code, shown = wellkept("secrets", "status", keys=(NEW,))
    assert (code, f"{old}  MISSING  seals 3 data keys" in shown) == (3, True)
    code, shown = wellkept("secrets", "reseal", keys=(NEW,))
    assert (code, f"secrets are sealed under master key {old}" in shown) == (3, True)

    code, shown = wellkept("secrets", "reseal", keys=(NEW, OLD))
    assert code == 0
    assert f"3 data keys sealed anew under master key {new}" in shown
    assert f"former master key {old} seals nothing any more: it can be removed" in shown

    code, shown = wellkept("secrets", "reseal", keys=(NEW, OLD))
    assert (code, "0 data keys sealed anew" in shown) == (0, True)
    code, shown = wellkept("secrets", "status", keys=(NEW,))
    assert (code, re.findall(r"seals (\d+)", shown)) == (0, ["3"])


def test_a_former_key_that_is_none_is_refused(wellkept: Command) -> None:
    code, shown = wellkept("secrets", "status", keys=(OLD, b"short"))
    assert code == 3
    assert "each of WELLKEPT_FORMER_MASTER_KEYS is 32 bytes" in shown


def test_former_keys_are_also_read_from_their_file(wellkept: Command, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "keys"
    folder.mkdir(parents=True)
    lines = "".join(f"{base64.b64encode(key).decode()}\n" for key in (OLD, NEW))
    (folder / "former-master-keys").write_text(lines, "ascii")
    code, shown = wellkept("secrets", "status", keys=(bytes(32),))
    assert (code, shown.count("former")) == (0, 2)
