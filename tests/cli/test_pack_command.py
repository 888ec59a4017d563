"""``wellkept pack verify``, run as an auditor runs it: without a database."""

import base64
import sys
from pathlib import Path

import pytest

from app.cli import main
from services.regulatory_compliance.audit_pack.archive import archive
from storage.trail.keys import Signer
from tests.builders.keys import SIGNING
from tests.builders.packs import pack_contents


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack of a program with nothing in it yet."""
    contents = pack_contents(("README.txt", b"An audit pack.\n"), ("evidence.json", b"[]\n"))
    path = tmp_path / contents.file_name
    path.write_bytes(b"".join(archive(contents, lambda _: iter(()), lambda _: b"", SIGNING.signer)))
    return path


def verify(monkeypatch: pytest.MonkeyPatch, path: Path, *options: str) -> int:
    """The command's exit code."""
    monkeypatch.setattr(sys, "argv", ["wellkept", "pack", "verify", str(path), *options])
    with pytest.raises(SystemExit) as left:
        main()
    return int(left.value.code or 0)


def test_a_whole_pack_is_said_to_be_whole(
    pack: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(monkeypatch, pack) == 0
    said = capsys.readouterr().out
    assert "Riverbend, HIPAA, at the end of 2026-03-02: 2 files, 0 signatures" in said
    assert "the pack is whole" in said


def test_what_does_not_fit_is_said_and_ends_with_1(
    pack: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    content = bytearray(pack.read_bytes())
    content[60] ^= 1
    pack.write_bytes(content)
    assert verify(monkeypatch, pack) == 1
    shown = capsys.readouterr()
    assert "the whole file: is not as it was written" in shown.err
    assert "the pack is whole" not in shown.out


def test_what_is_no_pack_ends_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "letter.zip"
    path.write_bytes(b"Dear auditor")
    assert verify(monkeypatch, path) == 1
    assert "cannot be read as a zip" in capsys.readouterr().err


def test_whose_pack_it_is_is_said_to_be_compared(
    pack: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(monkeypatch, pack) == 0
    said = capsys.readouterr().out
    assert f"signed with the key {SIGNING.signer.key_id}" in said
    assert "compare it with the fingerprint" in said


def test_a_key_that_was_told_is_held_against_the_signature(
    pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = tmp_path / "keys.txt"
    public_key = base64.b64encode(SIGNING.signer.public_key).decode()
    listed.write_text(f"# Riverbend's\n{public_key}\n")
    for key in (SIGNING.signer.key_id, public_key, str(listed)):
        assert verify(monkeypatch, pack, "--key", key) == 0
        assert "compare" not in capsys.readouterr().out
    somebody = Signer(bytes(32)).key_id
    assert verify(monkeypatch, pack, "--key", somebody) == 1
    assert f"of none of the keys given, but of {SIGNING.signer.key_id}" in capsys.readouterr().err
    assert verify(monkeypatch, pack, "--key", somebody, "--key", str(listed)) == 0


def test_what_is_no_key_is_a_mistake_of_whoever_gives_it(
    pack: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(monkeypatch, pack, "--key", "rubbish") == 2
    assert "neither a public key" in capsys.readouterr().err
