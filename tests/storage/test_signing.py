"""A signed document is known by the key it was signed with, and by nothing else."""

import base64
import subprocess
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.signing import (
    SignatureUnreadable,
    SigningKeys,
    holds,
    pem_of,
    read_signature,
    signed,
    trusted_key_ids,
)
from storage.trail.keys import SignatureCheck, Signer
from tests.builders.keys import SIGNING

OURS = SIGNING.signer
OTHERS = Signer(bytes(32))
LETTER, DEED = "letter/1", "deed/1"


@given(st.binary(max_size=200))
def test_a_signature_is_of_its_document_and_survives_being_kept(content: bytes) -> None:
    signature = signed(OURS, purpose=LETTER, content=content)
    kept = read_signature(msgspec.json.encode(signature))
    assert kept == signature
    assert holds(kept, purpose=LETTER, content=content)
    assert kept.key_id == OURS.key_id


@given(st.binary(min_size=1, max_size=100), st.integers(0), st.integers(1, 255))
def test_it_is_of_no_other_content_and_of_no_other_kind(
    content: bytes, place: int, flip: int
) -> None:
    signature = signed(OURS, purpose=LETTER, content=content)
    at = place % len(content)
    other = content[:at] + bytes([content[at] ^ flip]) + content[at + 1 :]
    assert not holds(signature, purpose=LETTER, content=other)
    assert not holds(signature, purpose=DEED, content=content)
    renamed = msgspec.structs.replace(signature, purpose=DEED)
    assert not holds(renamed, purpose=DEED, content=content)


def test_somebody_else_can_sign_only_as_themselves() -> None:
    forged = signed(OTHERS, purpose=LETTER, content=b"Dear auditor")
    assert holds(forged, purpose=LETTER, content=b"Dear auditor")
    assert forged.key_id != OURS.key_id
    for claimed in (
        msgspec.structs.replace(forged, key_id=OURS.key_id),
        msgspec.structs.replace(
            forged, key_id=OURS.key_id, public_key=base64.b64encode(OURS.public_key).decode()
        ),
    ):
        assert not holds(claimed, purpose=LETTER, content=b"Dear auditor")


def test_a_signature_of_a_document_is_never_one_of_a_seal() -> None:
    signature = signed(OURS, purpose=LETTER, content=b"x")
    found = SIGNING.known.check(
        key_id=signature.key_id,
        signature=base64.b64decode(signature.signature),
        message=b"wellkept seal 1 signed\0" + b"x",
    )
    assert found is SignatureCheck.BAD


@pytest.mark.parametrize(
    "change",
    [
        {"public_key": "no base64"},
        {"public_key": "AAAA"},
        {"signature": ""},
        {"signature": "äöü"},
        {"algorithm": "RSA"},
        {"key_id": ""},
    ],
)
def test_what_is_damaged_holds_for_nothing(change: dict[str, str]) -> None:
    signature = signed(OURS, purpose=LETTER, content=b"x")
    assert not holds(msgspec.structs.replace(signature, **change), purpose=LETTER, content=b"x")


@pytest.mark.parametrize("text", [b"", b"{}", b"\xff", b'{"algorithm": "Ed25519", "more": 1}'])
def test_what_is_no_signature_is_said_to_be_none(text: bytes) -> None:
    with pytest.raises(SignatureUnreadable):
        read_signature(text)


def test_keys_are_told_by_themselves_or_by_their_fingerprints() -> None:
    text = f"# ours\n{base64.b64encode(OURS.public_key).decode()}\n\n{OTHERS.key_id}\n"
    assert trusted_key_ids(text) == {OURS.key_id, OTHERS.key_id}
    for wrong in ("AAAA", "no key", OURS.key_id[:-1]):
        with pytest.raises(ValueError):  # noqa: PT011 -- of several libraries
            trusted_key_ids(wrong)


def test_a_former_key_stays_among_those_that_are_known() -> None:
    replaced = SigningKeys(OTHERS, [OURS.public_key, OTHERS.public_key])
    assert replaced.public_keys == [OTHERS.public_key, OURS.public_key]


def test_openssl_finds_the_same(tmp_path: Path) -> None:
    signature = signed(OURS, purpose=LETTER, content=b"Dear auditor")
    (tmp_path / "key.pem").write_text(pem_of(OURS.public_key))
    (tmp_path / "signature").write_bytes(base64.b64decode(signature.signature))
    (tmp_path / "message").write_bytes(b"letter/1\nDear auditor")
    command = "openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in message -sigfile signature"
    try:
        found = subprocess.run(command.split(), cwd=tmp_path, check=False, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    assert found.returncode == 0, found
