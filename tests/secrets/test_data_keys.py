"""What is sealed for one company and purpose opens there, unaltered, and nowhere else."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import MasterKeyUnknown, SecretUnreadable
from storage.identifiers import new_id
from storage.secrets.data_key import DataKey, number_of
from storage.secrets.keyring import Keyring
from tests.secrets.conftest import sealed_before

OURS, THEIRS, ROW = new_id(), new_id(), new_id()
KEY = bytes(range(32))
PURPOSE = "people.sealed_totp_secret"

numbers = st.integers(1, 2**32 - 1)


def key(company_id: UUID = OURS, number: int = 1) -> DataKey:
    return DataKey(company_id, number, KEY)


@given(st.binary(max_size=300), numbers)
def test_a_secret_comes_back(plaintext: bytes, number: int) -> None:
    sealed = key(number=number).seal(PURPOSE, ROW, plaintext)
    assert key(number=number).open(PURPOSE, ROW, sealed) == plaintext
    assert number_of(PURPOSE, sealed) == number


@given(st.binary(max_size=300), numbers)
def test_a_secret_of_the_first_version_opens_in_any_row(plaintext: bytes, number: int) -> None:
    sealed = sealed_before(key(number=number), OURS, PURPOSE, plaintext)
    assert key(number=number).open(PURPOSE, ROW, sealed) == plaintext
    assert number_of(PURPOSE, sealed) == number
    as_if_bound = b"\x02" + sealed[1:]
    with pytest.raises(SecretUnreadable):
        key(number=number).open(PURPOSE, ROW, as_if_bound)


@given(st.data())
def test_an_altered_secret_does_not_open(data: st.DataObject) -> None:
    sealed = bytearray(key().seal(PURPOSE, ROW, b"a secret"))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SecretUnreadable):
        key().open(PURPOSE, ROW, bytes(sealed))


@given(st.data())
def test_a_secret_that_was_cut_off_does_not_open(data: st.DataObject) -> None:
    sealed = key().seal(PURPOSE, ROW, b"a secret")
    with pytest.raises(SecretUnreadable):
        key().open(PURPOSE, ROW, sealed[: data.draw(st.integers(0, len(sealed) - 1))])


@pytest.mark.parametrize("sealed", [b"", b"\x01\x00\x00\x00", b"\x03\x00\x00\x00\x01rest"])
def test_what_no_key_has_sealed_names_no_key(sealed: bytes) -> None:
    with pytest.raises(SecretUnreadable):
        number_of(PURPOSE, sealed)


def test_a_copied_secret_does_not_open_elsewhere() -> None:
    sealed = key().seal(PURPOSE, ROW, b"a secret")
    for other, purpose, row_id in (
        (key(company_id=THEIRS), PURPOSE, ROW),
        (key(), "mailboxes.sealed_password", ROW),
        (key(), PURPOSE, new_id()),
    ):
        with pytest.raises(SecretUnreadable):
            other.open(purpose, row_id, sealed)


def test_the_same_secret_is_never_sealed_alike() -> None:
    assert key().seal(PURPOSE, ROW, b"a secret") != key().seal(PURPOSE, ROW, b"a secret")


def test_a_pseudonym_is_the_same_only_for_the_same_text_purpose_and_company() -> None:
    mine = key().pseudonym("patients.name_key", "Edith")
    assert mine == key().pseudonym("patients.name_key", "Edith")
    others = {
        key().pseudonym("patients.name_key", "edith"),
        key().pseudonym("claims.name_key", "Edith"),
        key(company_id=THEIRS).pseudonym("patients.name_key", "Edith"),
    }
    assert len(others - {mine}) == 3


def test_a_data_key_opens_only_in_its_place() -> None:
    keyring = Keyring(KEY)
    sealed = keyring.current.seal(bytes(32), b"place")
    assert keyring.open(sealed, b"place", master_key_id=keyring.current.id) == bytes(32)
    for wrong in (sealed[:5], b"\x02" + sealed[1:], sealed[:-1] + bytes([sealed[-1] ^ 1])):
        with pytest.raises(SecretUnreadable):
            keyring.open(wrong, b"place", master_key_id=keyring.current.id)
    with pytest.raises(SecretUnreadable):
        keyring.open(sealed, b"elsewhere", master_key_id=keyring.current.id)


def test_a_former_master_key_still_opens_and_an_unknown_one_is_named() -> None:
    before, after = Keyring(KEY), Keyring(bytes(32), [KEY])
    sealed = before.current.seal(bytes(32), b"place")
    assert after.open(sealed, b"place", master_key_id=before.current.id) == bytes(32)
    with pytest.raises(MasterKeyUnknown) as unknown:
        Keyring(bytes(32)).open(sealed, b"place", master_key_id=before.current.id)
    assert unknown.value.master_key_id == before.current.id


def test_no_key_shows_itself() -> None:
    shown = repr((key(), Keyring(KEY), Keyring(KEY).current))
    assert repr(KEY)[2:-1] not in shown
    assert KEY.hex() not in shown
