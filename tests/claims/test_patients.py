"""How names are found again."""

import pytest

from services.claims.patients import name_key, search_key


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("Quill, Ada", "QUILL ADA"),
        ("  müller   josé", "MULLER JOSE"),
        ("O’Brien", "O'BRIEN"),
        ("Nuñez–Ortiz", "NUNEZ-ORTIZ"),
        ("straße", "STRASSE"),
        ("clm-000012", "CLM-000012"),
        ("a\x00b", "AB"),
    ],
)
def test_text_is_compared_without_accents_case_and_commas(typed: str, key: str) -> None:
    assert search_key(typed) == key


def test_normalising_twice_changes_nothing() -> None:
    for text in ("Quill, Ada", "ﬁnch", "Åse  Ødegård", "İpek"):
        assert search_key(search_key(text)) == search_key(text)


def test_a_name_begins_with_the_last_name() -> None:
    assert name_key("Quill", "Ada").startswith(search_key("quill, a"))


def test_a_very_long_name_fits_its_column() -> None:
    assert len(name_key("ﷺ" * 100, "x" * 100)) == 210
