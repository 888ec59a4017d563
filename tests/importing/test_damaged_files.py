"""A file that cannot be read whole is refused with the place and what mends it, and nothing of it
is placed."""

import json

import pytest

from services.importing.json_stream import DumpUnreadable, read_dump
from services.importing.maps import KNOWN
from services.importing.reporting import Verdict
from storage.files import FileVault
from storage.filters import PayerFilter
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.importing import ImportStatus
from tests.builders.companies import CompanyForTests
from tests.builders.dumps import Importer, claim, keyed, of_map, payer

WHOLE = json.dumps({"payers": keyed(payer(name="Núñez"))}, ensure_ascii=False)
_AT_ONCE = 1 << 16

DAMAGED = {
    "cut off in a record": (WHOLE[:-20].encode(), "breaks off", "fetch it again"),
    "cut off behind a record": (WHOLE[:-1].encode(), "breaks off", "fetch it again"),
    "cut off behind a key": (b'{"payers"', "breaks off", "fetch it again"),
    "of another encoding": (WHOLE.encode("latin-1"), "no UTF-8", "save it as UTF-8"),
    "in two bytes a letter": (WHOLE.encode("utf-16"), "no UTF-8", "save it as UTF-8"),
    "empty": (b"", "is empty", "the right one"),
    "of spaces": (b" \n ", "is empty", "the right one"),
    "no JSON": (b"id;name\n1;Ada", "neither an object nor an array", "a dump is an object"),
    "nested deeply": (
        b'{"payers": [' + b"[" * 10_000 + b"]" * 10_000 + b"]}",
        "nested too deeply",
        "leave the record out",
    ),
    "with one endless text": (
        b'{"payers": [{"name": "' + b"x" * 100_000_000 + b'"}]}',
        "longer than 16,000,000 characters",
        "leave it out",
    ),
    "with a field twice": (
        b'{"payers": [{"id": "p1", "name": "Northlake", "name": "Southlake"}]}',
        "a field stands twice",
        "leave one of them out",
    ),
    "with more behind its end": (WHOLE.encode() + b"{}", "behind the end", "take it away"),
}


def refusal(content: bytes) -> DumpUnreadable:
    """Why a file is refused."""
    pieces = (content[at : at + _AT_ONCE] for at in range(0, len(content), _AT_ONCE))
    with pytest.raises(DumpUnreadable) as refused:
        list(read_dump("dump.json", pieces, KNOWN))
    return refused.value


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_file_says_where_it_is_wrong_and_what_mends_it(damage: str) -> None:
    content, problem, remedy = DAMAGED[damage]
    detail = refusal(content).detail
    assert problem in detail
    assert "at character" in detail
    assert remedy in detail


def test_the_place_is_that_of_the_damage() -> None:
    record = json.dumps(payer())
    many = "[" + ", ".join([record] * 2_000)
    assert refusal((many + ", nonsense]").encode()).character == len(many) + 2
    assert refusal(many.encode()).character == len(many)
    odd = many.encode() + b', {"name": "N\xfa"}]'
    assert abs(refusal(odd).character - len(many)) <= 2 * _AT_ONCE


@pytest.mark.anyio
@pytest.mark.parametrize("damage", ["cut off in a record", "with a field twice", "empty"])
async def test_nothing_of_a_damaged_file_is_placed(
    damage: str, storage: PostgresStorage, vault: FileVault, company: CompanyForTests
) -> None:
    found = await Importer(storage, vault, company).bring(DAMAGED[damage][0])
    assert (found.status, found.verdict) == (ImportStatus.REFUSED, Verdict.UNDECIDED)
    async with storage.transaction(company.id, company.actor) as store:
        assert await store.payers.count(PayerFilter()) == 0


@pytest.mark.anyio
async def test_a_mark_of_the_encoding_is_no_damage(
    storage: PostgresStorage, vault: FileVault, company: CompanyForTests
) -> None:
    content = json.dumps({"payers": [payer()], "claims": [claim()]}).encode("utf-8-sig")
    found = await Importer(storage, vault, company).bring(content)
    assert found.verdict is Verdict.AGREES


@pytest.mark.parametrize("name", ["", "a\\u0000b", "\\ud800", "\\u001b[2J", "x" * 81])
def test_a_map_has_a_name_that_can_be_kept(name: str) -> None:
    refused = refusal(f'{{"payers": [], "{name}": [1]}}'.encode())
    assert "no name of 1 to 80 printable characters" in (refused.detail or "")


def test_a_map_that_is_named_by_its_file_has_a_name_that_can_be_kept() -> None:
    with pytest.raises(DumpUnreadable, match="name"):
        list(read_dump(f"{'x' * 81}.json", [b"[1]"], KNOWN))


@pytest.mark.anyio
async def test_a_field_whose_name_cannot_be_kept_is_named_by_its_codes(
    storage: PostgresStorage, vault: FileVault, company: CompanyForTests
) -> None:
    importer = Importer(storage, vault, company)
    odd = "a\x00\ud800\x1b"
    found = await importer.bring({"payers": [payer(**{odd: 1})]})
    assert of_map(found, "payers").unknown_fields == [r"a\u0000\ud800\u001b"]
    newer = await importer.bring({"payers": [payer(name="Northlake", **{odd: 2, "y" * 5_000: 1})]})
    assert of_map(newer, "payers").changed_count == 1


def nested(depth: int) -> bytes:
    """A payer with values that lie so deep within each other, itself the first."""
    inner = '{"a_b": ' * (depth - 1) + "1" + "}" * (depth - 1)
    record = json.dumps(payer(note="[" * 500)).removesuffix("}")
    return f'{{"insurance_payers": [{record}, "our_own": {inner}}}]}}'.encode()


@pytest.mark.anyio
async def test_what_is_nested_as_deeply_as_may_be_comes_over(
    storage: PostgresStorage, vault: FileVault, company: CompanyForTests
) -> None:
    importer = Importer(storage, vault, company)
    assert "nested too deeply" in (refusal(nested(201)).detail or "")
    assert (await importer.bring(nested(200))).verdict is Verdict.AGREES
    newer = await importer.bring(nested(200).replace(b"1}", b"2}"))
    assert of_map(newer, "payers").changed_count == 1
