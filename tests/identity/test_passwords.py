"""Passwords and e-mail addresses, without a database."""

import unicodedata

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type
from hypothesis import given
from hypothesis import strategies as st

from services.identity import passwords
from services.identity.emails import LONGEST, normalised_email
from services.identity.passwords import (
    check_password,
    is_password,
    one_time_password,
    stored_password,
)
from services.refusals import InvalidInput

EMAIL = "ada@example.org"


@pytest.mark.anyio
async def test_a_password_is_kept_as_argon2id_with_the_parameters_of_rfc_9106(
    product_hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_HASHER", product_hasher)
    stored = await stored_password("correct horse battery", is_temporary=False)
    parameters = extract_parameters(stored.hash)
    assert parameters.type is Type.ID
    assert (parameters.time_cost, parameters.memory_cost, parameters.parallelism) == (3, 65536, 4)
    assert await is_password("correct horse battery", stored.hash)
    assert "horse" not in repr(stored)


@pytest.mark.anyio
async def test_only_the_same_password_matches_and_none_matches_nothing() -> None:
    kept = (await stored_password("correct horse battery", is_temporary=False)).hash
    assert await is_password("correct horse battery", kept)
    assert not await is_password("correct horse batterz", kept)
    assert not await is_password("correct horse battery", None)


@pytest.mark.anyio
async def test_a_letter_may_be_composed_either_way() -> None:
    composed = "Grüße aus Köln"
    kept = (await stored_password(composed, is_temporary=False)).hash
    assert await is_password(unicodedata.normalize("NFD", composed), kept)


@pytest.mark.parametrize("password", ["a" * 12, "a" * 128, "correct horse battery", "密" * 12])
def test_length_alone_makes_a_password_acceptable(password: str) -> None:
    check_password(password, email=EMAIL)


@pytest.mark.parametrize("password", ["", "a" * 11, "a" * 129, EMAIL, " Ada@Example.ORG "])
def test_a_password_too_short_too_long_or_the_address_is_refused(password: str) -> None:
    with pytest.raises(InvalidInput):
        check_password(password, email=EMAIL)


def test_a_new_password_is_not_the_current_one() -> None:
    with pytest.raises(InvalidInput):
        check_password("correct horse battery", current="correct horse battery", email=EMAIL)


def test_one_time_passwords_are_acceptable_and_differ() -> None:
    made = {one_time_password() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        check_password(password, email=EMAIL)


@given(st.text())
def test_normalising_an_address_again_changes_nothing(text: str) -> None:
    email = normalised_email(text + "@example.org")
    if email is not None:
        assert normalised_email(email) == email
        assert len(email.encode()) <= LONGEST


def test_an_address_has_one_spelling() -> None:
    assert normalised_email("  Ada@Example.ORG ") == EMAIL
    assert normalised_email("ZOE\u0308@example.org") == normalised_email("zo\u00eb@example.org")


@pytest.mark.parametrize(
    "text",
    ["", "ada", "@example.org", "ada@", "a@b@c", "a b@c", "a\x00@c", "\ud800@c", "é" * 200 + "@c"],
)
def test_what_is_no_address_is_none(text: str) -> None:
    assert normalised_email(text) is None
