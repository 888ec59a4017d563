"""Addresses as letters and bills show them."""

import pytest

from services.claims.envelope_addresses import address_lines
from storage.tables.addresses import PostalAddress


@pytest.mark.parametrize(
    ("given", "lines"),
    [
        ({"state": "MN", "postal_code": "55802"}, ["4 Pine Street", "Duluth, MN 55802"]),
        ({"state": "MN", "postal_code": "558021234"}, ["4 Pine Street", "Duluth, MN 55802-1234"]),
        ({"postal_code": "P7B 5E1", "country": "CA"}, ["4 Pine Street", "Duluth, P7B 5E1", "CA"]),
        ({"line_2": "Suite 9"}, ["4 Pine Street", "Suite 9", "Duluth"]),
    ],
)
def test_an_address_stands_as_on_an_envelope(given: dict[str, str], lines: list[str]) -> None:
    address = PostalAddress.model_validate({"line_1": "4 Pine Street", "city": "Duluth"} | given)
    assert address_lines(address) == lines


def test_nobodys_address_is_no_line() -> None:
    assert address_lines(None) == []
