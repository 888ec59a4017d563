"""Arrays are received as they were sent: whatever stands in them, and where nothing does."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.embedded import RoleAddresses
from storage.identifiers import new_id, new_id_bytes
from storage.postgres.arrays import BinaryArray, array_of, array_of_ids, teach_arrays
from storage.vocabulary.claims import ClaimType

ELEMENTS: dict[str, st.SearchStrategy[Any]] = {
    "uuid": st.uuids(),
    "text": st.text(st.characters(codec="utf-8", exclude_characters="\0")),
    "date": st.dates(),
    "timestamptz": st.datetimes(timezones=st.just(dt.UTC)),
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "boolean": st.booleans(),
    "numeric": st.decimals(-999, 999, places=2),
    "bytea": st.binary(),
}


@pytest.fixture(scope="module")
def connection(addresses: RoleAddresses) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(addresses.app, autocommit=True) as connection:
        teach_arrays(connection)
        yield connection


def received(connection: psycopg.Connection[Any], array: BinaryArray | str, kind: str) -> list[Any]:
    rows = connection.execute(
        f"SELECT unnest(%(array)s::{kind}[])", {"array": array}, binary=True
    ).fetchall()
    return [element for (element,) in rows]


@pytest.mark.parametrize("kind", ELEMENTS)
@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_every_element_arrives_in_its_place(
    connection: psycopg.Connection[Any], kind: str, data: st.DataObject
) -> None:
    values = data.draw(st.lists(st.none() | ELEMENTS[kind], max_size=8))
    assert received(connection, array_of(values), kind) == values


def test_words_of_a_vocabulary_arrive_as_texts(connection: psycopg.Connection[Any]) -> None:
    sent = array_of([ClaimType.VISION, None])
    assert received(connection, sent, "text") == [ClaimType.VISION.value, None]


def test_a_moment_arrives_as_the_same_in_utc(connection: psycopg.Connection[Any]) -> None:
    moment = dt.datetime(2026, 3, 1, 22, 15, tzinfo=dt.timezone(dt.timedelta(hours=-5)))
    assert received(connection, array_of([moment]), "timestamptz") == [
        dt.datetime(2026, 3, 2, 3, 15, tzinfo=dt.UTC)
    ]


def test_ids_that_are_only_sent_arrive_in_ascending_order(
    connection: psycopg.Connection[Any],
) -> None:
    ids = new_id_bytes(3)
    arrived = received(connection, array_of_ids(ids), "uuid")
    assert [each.bytes for each in arrived] == ids
    assert arrived == sorted(arrived)


def test_what_most_statements_send_goes_in_binary() -> None:
    day = dt.date(2026, 3, 2)
    moment = dt.datetime(2026, 3, 2, 8, tzinfo=dt.UTC)
    assert all(
        isinstance(array_of([each]), BinaryArray) for each in (new_id(), "a", b"a", day, moment)
    )
    assert array_of([1, None]) == "{1,NULL}"
    assert array_of([Decimal("0.50")]) == '{"0.50"}'
