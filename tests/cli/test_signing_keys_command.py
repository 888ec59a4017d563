"""``wellkept signing-keys``: what its operator hands to those who check documents."""

import base64

import pytest

from storage.signing import trusted_key_ids
from storage.trail.keys import Signer
from tests.builders.companies import CompanyForTests
from tests.cli.conftest import Run

OLD, NEW = bytes(range(32)), bytes(range(1, 33))


def test_the_present_key_and_those_before_it_are_printed_as_they_are_read(
    company: CompanyForTests, wellkept: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert company
    old, new = Signer(OLD), Signer(NEW)
    monkeypatch.setenv("WELLKEPT_SIGNING_KEY", base64.b64encode(NEW).decode())
    monkeypatch.setenv("WELLKEPT_FORMER_SIGNING_KEYS", base64.b64encode(old.public_key).decode())
    code, printed = wellkept("signing-keys")
    assert code == 0
    assert trusted_key_ids(printed) == {old.key_id, new.key_id}
    assert f"# current, fingerprint {new.key_id}" in printed
    assert f"# former, fingerprint {old.key_id}" in printed


def test_a_former_key_that_is_none_stops_the_program(
    company: CompanyForTests, wellkept: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert company
    monkeypatch.setenv("WELLKEPT_FORMER_SIGNING_KEYS", "rubbish")
    code, printed = wellkept("signing-keys")
    assert code == 3
    assert "WELLKEPT_FORMER_SIGNING_KEYS" in printed
