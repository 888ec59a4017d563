"""``wellkept company export`` and ``import-archive``, as an operator uses them."""

import base64
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from app.cli import main
from storage.archive.exporting import export_company
from storage.embedded import EmbeddedServer, RoleAddresses
from storage.files import FileVault
from storage.files.local import LocalFileStore
from storage.identifiers import OPERATOR_ACTOR_ID
from tests.builders.companies import CompanyForTests, found_company
from tests.builders.keys import KEYRING, MASTER_KEY
from tests.builders.tenant_rows import bind, fill_every_table
from tests.cli.killing import killed_at
from tests.servers import migrated_database

PASSPHRASE = "correct horse battery staple"
Command = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def here(server: EmbeddedServer) -> RoleAddresses:
    return migrated_database(server, "commands_from")


@pytest.fixture(scope="module")
def there(server: EmbeddedServer) -> RoleAddresses:
    return migrated_database(server, "commands_to")


@pytest.fixture(scope="module")
def company(here: RoleAddresses) -> CompanyForTests:
    return found_company(here)


@pytest.fixture
def passphrase_file(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text(PASSPHRASE + "\n")
    return path


@pytest.fixture
def wellkept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Command:
    """Runs a command in an installation; its code and all that it printed."""
    monkeypatch.setenv("WELLKEPT_DATA_DIRECTORY", str(tmp_path / "data"))
    monkeypatch.setenv("WELLKEPT_MASTER_KEY", base64.b64encode(MASTER_KEY).decode())

    def run(place: RoleAddresses, *arguments: str) -> tuple[int, str]:
        monkeypatch.setenv("WELLKEPT_DATABASE_URL", place.app)
        monkeypatch.setenv("WELLKEPT_OWNER_URL", place.owner)
        monkeypatch.setattr(sys, "argv", ["wellkept", "company", *arguments])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        printed = capsys.readouterr()
        shown = printed.out + printed.err
        assert PASSPHRASE not in shown
        return code, shown

    return run


def test_a_company_moves_from_one_installation_to_another(
    wellkept: Command,
    here: RoleAddresses,
    there: RoleAddresses,
    company: CompanyForTests,
    passphrase_file: Path,
    tmp_path: Path,
) -> None:
    archive = str(tmp_path / "company.archive")
    given = ("--passphrase-file", str(passphrase_file))

    code, shown = wellkept(here, "export", company.slug, archive, *given)
    assert code == 0
    assert f"of {company.slug}" in shown
    assert Path(archive).stat().st_mode & 0o777 == 0o600

    code, shown = wellkept(there, "import-archive", archive, "--slug", "moved-here", *given)
    assert code == 0
    assert "moved-here: " in shown
    assert "every row compared" in shown
    assert "made anew" in shown
    assert str(tmp_path / "data" / "keys" / "former-signing-keys") in shown

    with psycopg.connect(there.owner) as owner:
        bind(owner, company.id)
        noted = owner.execute("SELECT operation, recorded_by FROM api_log ORDER BY id").fetchall()
    assert noted[-2:] == [
        ("export_company", OPERATOR_ACTOR_ID),
        ("import_company", OPERATOR_ACTOR_ID),
    ]

    code, shown = wellkept(there, "import-archive", archive, *given)
    assert code == 1
    assert "wellkept: not brought in: the company moved-here is here already" in shown

    passphrase_file.write_text("another passphrase of theirs")
    code, shown = wellkept(here, "import-archive", archive, *given)
    assert code == 1
    assert "the passphrase is another one" in shown


def test_an_import_that_was_killed_has_left_nothing_and_comes_in_whole_the_next_time(
    wellkept: Command,
    here: RoleAddresses,
    there: RoleAddresses,
    passphrase_file: Path,
    tmp_path: Path,
) -> None:
    leaving = found_company(here)
    archive = str(tmp_path / "leaving.archive")
    given = ("--passphrase-file", str(passphrase_file))
    assert wellkept(here, "export", leaving.slug, archive, *given)[0] == 0
    code, shown = wellkept(there, "import-archive", archive, "--slug", "No Slug", *given)
    assert code == 2, "and the settings are those of the other installation"
    arguments = ("company", "import-archive", archive, *given)
    with psycopg.connect(there.owner) as holding, killed_at(holding, "audit_log", *arguments):
        """There it ends."""
    with psycopg.connect(there.owner) as owner:
        listed = "SELECT count(*) FROM company_directory WHERE company_id = %s"
        assert owner.execute(listed, [leaving.id]).fetchall() == [(0,)]
        bind(owner, leaving.id)
        assert owner.execute("SELECT count(*) FROM principals").fetchall() == [(0,)]
    code, shown = wellkept(there, "import-archive", archive, *given)
    assert (code, "every row compared" in shown) == (0, True), shown


def test_an_import_that_is_killed_before_it_is_on_record_has_brought_nothing_in(
    wellkept: Command,
    here: RoleAddresses,
    there: RoleAddresses,
    passphrase_file: Path,
    tmp_path: Path,
) -> None:
    leaving = found_company(here)
    archive = tmp_path / "unlogged.archive"
    vault = FileVault(LocalFileStore(tmp_path / "files"))
    export_company(here.owner, leaving.slug, archive, PASSPHRASE, vault=vault, keyring=KEYRING)
    given = ("--passphrase-file", str(passphrase_file))
    assert wellkept(there, "import-archive", str(archive), "--slug", "No Slug", *given)[0] == 2
    arguments = ("company", "import-archive", str(archive), *given)
    with psycopg.connect(there.owner) as holding, killed_at(holding, "api_log", *arguments):
        """Its log came in empty: the row that waits is the one that says who brought it in."""
    with psycopg.connect(there.owner) as owner:
        listed = "SELECT count(*) FROM company_directory WHERE company_id = %s"
        assert owner.execute(listed, [leaving.id]).fetchall() == [(0,)]
    assert wellkept(there, "import-archive", str(archive), *given)[0] == 0
    with psycopg.connect(there.owner) as owner:
        bind(owner, leaving.id)
        noted = owner.execute("SELECT operation, record_id FROM api_log").fetchall()
    assert noted == [("import_company", leaving.id)]


def test_another_master_key_than_the_company_s_is_named(
    wellkept: Command,
    here: RoleAddresses,
    passphrase_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sealed = found_company(here)
    fill_every_table(here.owner, sealed.id)
    another = base64.b64encode(bytes(range(32))).decode()
    monkeypatch.setenv("WELLKEPT_MASTER_KEY", another)
    archive = tmp_path / "sealed.archive"
    given = ("--passphrase-file", str(passphrase_file))
    code, shown = wellkept(here, "export", sealed.slug, str(archive), *given)
    assert code == 1
    assert f"sealed under the master key {KEYRING.current.id}, which is not given" in shown
    assert not archive.exists()


@pytest.mark.parametrize(
    ("slug", "passphrase", "words"),
    [
        ("a-company", "short", "at least 12 characters"),
        ("No Slug", PASSPHRASE, "lower-case letters"),
    ],
)
def test_what_cannot_be_right_is_refused_before_anything_is_opened(
    wellkept: Command,
    there: RoleAddresses,
    passphrase_file: Path,
    slug: str,
    passphrase: str,
    words: str,
) -> None:
    archive = passphrase_file
    passphrase_file.write_text(passphrase)
    code, shown = wellkept(
        there,
        "import-archive",
        str(archive),
        "--slug",
        slug,
        "--passphrase-file",
        str(passphrase_file),
    )
    assert code == 2
    assert words in shown
