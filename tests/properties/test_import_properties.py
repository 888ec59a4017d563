"""Whatever a dump holds, every record and every cent of it is accounted for."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.claims.figures.checking import computed_anew
from services.claims.ledger.books_queries import BooksCheck, check_books
from services.importing.declaration import Draft, drafted, is_storable
from services.importing.json_stream import Lengths, SourceRecord, read_dump
from services.importing.maps import DECLARED, DERIVED, KNOWN
from services.importing.reporting import Reconciliation, Verdict
from storage.embedded import RoleAddresses
from storage.files import FileVault
from storage.files.local import LocalFileStore
from storage.postgres.transaction import PostgresStorage
from tests.builders.companies import make_company
from tests.builders.dumps import (
    Importer,
    appeal,
    attestation,
    audit,
    batch,
    claim,
    compliance_report,
    era,
    line_row,
    mips_submission,
    payer,
    policy,
    requirement,
    risk_assessment,
    user,
)
from tests.builders.keys import KEYRING
from tests.builders.people import make_person

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["2025-02-30", "\ud800", "\x00", "p1", "c1", 1e400, "9" * 400]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
WHOLE = {
    "payers": payer(),
    "claims": claim(),
    "claimLineItems": line_row(),
    "batches": batch(),
    "appeals": appeal(),
    "eras": era(),
    "complianceRequirements": requirement(),
    "attestations": attestation(),
    "audits": audit(),
    "mipsSubmissions": mips_submission(),
    "policyDocuments": policy(),
    "riskAssessments": risk_assessment(),
    "complianceReports": compliance_report(),
    "users": user(),
}


def places(value: object, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of every value within a record."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        yield (*at, key)
        yield from places(inner, (*at, key))


def with_damage(record: Any, place: tuple[Any, ...], value: object) -> Any:
    """A copy of a record with one value replaced."""
    copied = json.loads(json.dumps(record))
    inner = copied
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return copied


DAMAGES = [(name, place) for name, record in WHOLE.items() for place in places(record)]


def test_each_builder_makes_a_record_without_a_fault() -> None:
    assert set(WHOLE) == set(DECLARED) - DERIVED
    for name, record in WHOLE.items():
        made = draft(name, record)
        assert made.fault is None, (name, made.fault)
        assert made.unknown == []


@pytest.mark.parametrize(("name", "place"), DAMAGES)
@settings(max_examples=25, deadline=None)
@given(value=JSON)
def test_no_value_of_any_field_is_a_crash(name: str, place: tuple[Any, ...], value: object) -> None:
    made = draft(name, with_damage(WHOLE[name], place, value))
    assert made.fault is None or made.fault.reason
    named = [made.key, *(each for wanted in made.wanted for each in wanted.names)]
    assert [each for each in named if not is_storable(each)] == []
    if made.fault is None:
        kept = [made.values, made.parts, made.notes, made.derived]
        assert [each for each in texts(kept) if not can_be_kept(each)] == []


def texts(value: object) -> Iterator[str]:
    """Every text in a value, however deep."""
    match value:
        case str():
            yield value
        case dict():
            for each in value.values():
                yield from texts(each)
        case list() | tuple():
            for each in value:
                yield from texts(each)


def can_be_kept(text: str) -> bool:
    """Whether PostgreSQL keeps it."""
    return "\0" not in text and not any("\ud800" <= each <= "\udfff" for each in text)


def draft(name: str, record: object) -> Draft:
    return drafted(DECLARED[name], SourceRecord(name, "k", record, json.dumps(record)), 1)


@settings(max_examples=100, deadline=None)
@given(
    maps=st.dictionaries(
        st.sampled_from(sorted(KNOWN)) | st.just("elsewhere"),
        st.dictionaries(st.text(min_size=1, max_size=8), JSON, max_size=4),
        max_size=4,
    ),
    shape=st.sampled_from(["keyed", "pairs"]),
    size=st.integers(1, 400),
)
def test_a_dump_is_read_the_same_in_pieces_of_any_size(
    maps: dict[str, dict[str, object]], shape: str, size: int
) -> None:
    shaped = {
        name: records if shape == "keyed" else [[key, value] for key, value in records.items()]
        for name, records in maps.items()
    }
    content = json.dumps(shaped).encode()
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    noted = Lengths()
    found = list(read_dump("d.json", pieces, KNOWN, noted=noted))
    assert [(each.map_name, each.key, each.text) for each in found] == [
        (name, key, json.dumps(value))
        for name, records in maps.items()
        for key, value in records.items()
    ]
    again = list(read_dump("d.json", pieces, KNOWN, lengths=iter(noted)))
    assert repr(again) == repr(found)


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "-Infinity",
        "1E400",
        "-0",
        "1.0",
        "18446744073709551616",
        "-9223372036854775809",
        "123456789.123456789123456789",
        r'"\ud800"',
        r'"\ud83d\ude00"',
        r'"\u0000"',
        '"\u00e9\u2028"',
        " [ ] ",
    ],
)
def test_a_second_reading_finds_what_the_first_found(text: str) -> None:
    content = f'{{"payers": [{{"id" : {text}}} , ["k", {text}],{text}], "claims": {text}}}'.encode()
    noted = Lengths()
    first = list(read_dump("d.json", [content], KNOWN, noted=noted))
    again = list(read_dump("d.json", [content], KNOWN, lengths=iter(noted)))
    assert len(first) >= 3
    assert repr(again) == repr(first)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_every_record_and_every_cent_is_accounted_for(
    addresses: RoleAddresses, tmp_path: Path, data: st.DataObject
) -> None:
    dump: dict[str, list[Any]] = {name: [record] for name, record in WHOLE.items()}
    dump["claims"] = [claim(f"c{number}") for number in range(1, 5)]
    dump["claims"] += [
        claim(f"c{number}", lineItems=[], totalChargeAmount=28500) for number in (5, 6)
    ]
    dump["claimLineItems"] += [
        line_row(f"{which}-{number}", claim_id=f"c{which}", line_number=number)
        for number in (1, 2)
        for which in (5, 6)
    ]
    dump["riskScores"] = [{"id": "r1", "score": 1}]
    for name, place in data.draw(st.lists(st.sampled_from(DAMAGES), max_size=5)):
        which = data.draw(st.integers(0, len(dump[name]) - 1))
        record = dump[name][which]
        if place in set(places(record)):
            dump[name][which] = with_damage(record, place, data.draw(JSON))
    for name in data.draw(st.lists(st.sampled_from(sorted(dump)), max_size=2)):
        dump[name].append(dump[name][0])
    is_account_kept(dump, *asyncio.run(brought_twice(addresses, tmp_path, dump)))


async def brought_twice(
    addresses: RoleAddresses, directory: Path, dump: object
) -> tuple[Reconciliation, Reconciliation]:
    storage = PostgresStorage(addresses.app, keyring=KEYRING)
    await storage.open()
    try:
        company = await make_company(addresses.owner, storage)
        importer = Importer(storage, FileVault(LocalFileStore(directory / company.slug)), company)
        steward = (await make_person(storage, company)).id
        first = await importer.bring(dump, steward_person_id=steward)
        again = await importer.bring(dump, steward_person_id=steward)
        _, differences = await computed_anew(storage, company.id, company.actor)
        async with storage.transaction(company.id, company.actor) as store:
            books = await check_books(store)
        assert (differences, books) == ([], BooksCheck([], []))
        return first, again
    finally:
        await storage.close()


def is_account_kept(
    dump: dict[str, list[Any]], first: Reconciliation, again: Reconciliation
) -> None:
    for found in (first, again):
        assert found.verdict in (Verdict.AGREES, Verdict.WAITS)
        for each in found.maps:
            if not each.is_derived:
                assert each.record_count == len(dump[each.name])
            assert each.record_count == (
                each.placed_count
                + each.changed_count
                + each.unchanged_count
                + each.merged_count
                + each.quarantined_count
                + each.held_count
            )
            assert each.part_row_count == each.part_count
            accounted = each.row_cents + each.merged_cents + each.quarantined_cents
            assert accounted == each.record_cents
    for each in again.maps:
        assert each.placed_count == each.changed_count == 0
