"""Credentials as texts: what was made can be read, what was not is refused without fuss."""

from uuid import UUID

from hypothesis import example, given
from hypothesis import strategies as st

from services.identity.credentials import (
    KEY_PREFIX,
    SESSION_PREFIX,
    make_credential,
    parse_credential,
    sha256,
)

prefixes = st.sampled_from([KEY_PREFIX, SESSION_PREFIX])
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@given(prefixes, st.uuids())
def test_a_credential_names_its_company_and_matches_its_hash(prefix: str, company: UUID) -> None:
    made = make_credential(prefix, company)
    parsed = parse_credential(prefix, made.text)
    assert parsed is not None
    assert (parsed.company_id, parsed.secret_sha256) == (company, made.secret_sha256)


@given(st.uuids())
def test_a_session_is_no_key_and_a_key_no_session(company: UUID) -> None:
    assert parse_credential(KEY_PREFIX, make_credential(SESSION_PREFIX, company).text) is None
    assert parse_credential(SESSION_PREFIX, make_credential(KEY_PREFIX, company).text) is None


@given(st.text())
@example("")
@example("é" * 65)
@example("A" * 64 + "\n")
@example("A" * 100_000)
@example("\ud800" * 65)
def test_no_text_makes_the_parser_raise(text: str) -> None:
    for candidate in (text, f"{KEY_PREFIX}_{text}"):
        parsed = parse_credential(KEY_PREFIX, candidate)
        assert parsed is None or candidate.startswith(f"{KEY_PREFIX}_")


@given(st.text(ALPHABET, min_size=65, max_size=65))
def test_each_company_has_one_spelling(body: str) -> None:
    parsed = parse_credential(KEY_PREFIX, f"{KEY_PREFIX}_{body}")
    if parsed is not None:
        again = make_credential(KEY_PREFIX, parsed.company_id).text
        assert again[: len(KEY_PREFIX) + 23] == f"{KEY_PREFIX}_{body[:22]}"
        assert parsed.secret_sha256 == sha256(body[22:])


def test_a_fresh_secret_does_not_show_itself() -> None:
    made = make_credential(KEY_PREFIX, UUID(int=1))
    assert made.text not in repr(made)
