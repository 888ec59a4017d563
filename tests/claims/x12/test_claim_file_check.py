"""pyx12 looks at every file of claims, and says what it finds in our words."""

from __future__ import annotations

import io
import logging
from pathlib import Path

import pytest
import pyx12
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from pyx12.params import ParamsBase
from pyx12.x12n_document import x12n_document

from services.claims.x12.acknowledgement_codes import CodeList
from services.claims.x12.claim_file_check import StructureFault, check_claim_file
from services.claims.x12.claim_writer import prepare_claim_file, write_claim_file
from tests.builders.remittance_files import RemittanceFile
from tests.claims.x12.claims_to_write import CLAIM, STAY, bytes_of
from tests.claims.x12.mutations import (
    LEFT_TO_THE_SCRUBBER,
    PLAIN,
    SEEN_BY_PYX12,
    Mutation,
    edited,
)
from tests.claims.x12.random_claims import file_of
from tests.claims.x12.second_opinion import errors_of_x12sdk


def names(mutations: tuple[Mutation, ...]) -> list[object]:
    return [pytest.param(each, id=each.name.replace(" ", "-")) for each in mutations]


def test_what_the_writer_writes_has_no_fault() -> None:
    assert check_claim_file([PLAIN]) == []
    assert check_claim_file([bytes_of(STAY)]) == []
    assert errors_of_x12sdk(PLAIN) == []


@pytest.mark.parametrize("mutation", names(SEEN_BY_PYX12))
def test_a_broken_structure_is_found_and_located(mutation: Mutation) -> None:
    faults = check_claim_file([mutation.data])
    assert faults
    assert all(fault.detail and fault.position > 1 for fault in faults)


@pytest.mark.parametrize("mutation", names(LEFT_TO_THE_SCRUBBER))
def test_what_is_left_to_the_scrubber_is_not_found_here(mutation: Mutation) -> None:
    assert check_claim_file([mutation.data]) == []


def is_accepted_by_pyx12(data: bytes) -> bool:
    return bool(x12n_document(ParamsBase(), io.StringIO(data.decode()), None, None))


def test_pyx12s_own_entry_point_accepts_what_is_whole() -> None:
    assert is_accepted_by_pyx12(PLAIN)


@pytest.mark.parametrize("mutation", names((*SEEN_BY_PYX12, *LEFT_TO_THE_SCRUBBER)))
def test_the_verdict_is_that_of_pyx12s_own_entry_point(mutation: Mutation) -> None:
    assert is_accepted_by_pyx12(mutation.data) is (check_claim_file([mutation.data]) == [])


def test_x12sdk_sees_a_charge_that_differs_from_the_lines() -> None:
    assert errors_of_x12sdk(LEFT_TO_THE_SCRUBBER[0].data)


def test_a_fault_says_code_place_and_claim() -> None:
    (fault,) = check_claim_file([edited(b"DTP*472*D8*20261102", b"DTP*472*D8*20261131")])
    assert fault == StructureFault(
        code_list=CodeList.ELEMENT_ERRORS,
        code="8",
        detail="Date is invalid",
        position=24,
        segment_identifier="DTP",
        place="DTP03",
        patient_control_number="PCN0001",
    )


def test_a_fault_before_a_claim_names_the_claim_that_follows() -> None:
    (fault,) = check_claim_file([edited(b"NY*122071234~DMG", b"ZZ*122071234~DMG")])
    assert (fault.place, fault.patient_control_number) == ("N402", "PCN0001")


@pytest.mark.parametrize("after", ["another claim", "another subscriber", "nothing"])
def test_what_is_missing_at_the_end_of_a_claim_is_of_that_claim(after: str) -> None:
    second = replace(CLAIM, patient_control_number="PCN0002")
    if after == "another subscriber":
        second = replace(second, subscriber=replace(CLAIM.subscriber, member_id="MEM0002"))
    data = bytes_of(CLAIM) if after == "nothing" else bytes_of(CLAIM, second)
    start, _, count = data.rpartition(b"SE*")
    wanted, _, rest = count.partition(b"*")
    broken = b"%sSE*%d*%s" % (start, int(wanted) - 1, rest)
    faults = check_claim_file([broken.replace(b"DTP*472*D8*20261102~", b"", 1)])
    assert [(each.segment_identifier, each.patient_control_number) for each in faults] == [
        ("DTP", "PCN0001")
    ]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, len(PLAIN) - 1), st.integers(0, 255), st.booleans()),
        min_size=1,
        max_size=4,
    ),
    st.lists(st.integers(0, 30), max_size=3),
)
def test_no_damage_makes_it_raise(changes: list[tuple[int, int, bool]], removed: list[int]) -> None:
    damaged = bytearray(PLAIN)
    for at, byte, is_inserted in changes:
        damaged[at : at if is_inserted else at + 1] = bytes((byte,))
    segments = bytes(damaged).split(b"~")
    kept = [each for number, each in enumerate(segments) if number not in removed]
    check_claim_file([b"~".join(kept)])


def test_a_missing_segment_names_what_is_missing() -> None:
    data = edited(b"NM1*PR*2*EXAMPLE PLAN*****PI*99999~", b"").replace(b"SE*23", b"SE*22")
    (fault,) = check_claim_file([data])
    assert (fault.code, fault.segment_identifier) == ("3", "NM1")
    assert fault.detail == "Required segment is missing"


def test_no_fault_quotes_the_file() -> None:
    data = edited(b"NM1*IL*1*SAMPLE*PAT", b"NM1*IL*1*SAMPLE*P\xc4T*" + b"SECRET" * 20)
    faults = check_claim_file([data])
    assert faults
    assert "SECRET" not in repr(faults)
    assert "SAMPLE" not in repr(faults)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"%PDF-1.7" + bytes(range(256)),
        PLAIN[:50],
        PLAIN[:106],
        PLAIN[:400],
        PLAIN[:-30],
        RemittanceFile.of().render(),
        PLAIN.replace(b"00501", b"00601"),
        PLAIN.replace(b"005010X222A1", b"005010X299A9"),
        edited(b"GS*HC", b"GE*1*1~GS*HC"),
    ],
)
def test_a_foreign_or_cut_file_is_a_fault_and_no_exception(data: bytes) -> None:
    assert check_claim_file([data])


@pytest.mark.parametrize("size", [1, 7, 106, 8192])
def test_it_does_not_matter_where_the_bytes_are_split(size: int) -> None:
    data = SEEN_BY_PYX12[3].data
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    assert check_claim_file(pieces) == check_claim_file([data])


def test_a_bad_file_leaves_the_shared_maps_as_they_were() -> None:
    for mutation in SEEN_BY_PYX12:
        check_claim_file([mutation.data])
        assert check_claim_file([PLAIN]) == []


def test_faults_are_listed_up_to_a_limit() -> None:
    file = file_of([CLAIM] * 20)
    data = b"".join(write_claim_file(file, prepare_claim_file(file)))
    broken = data.replace(b"DTP*472*D8*20261102", b"DTP*472*D8*20261131")
    assert len(check_claim_file([broken])) == 20
    assert len(check_claim_file([broken], most=5)) == 5


def test_nothing_is_written_and_nothing_but_maps_is_read(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    opened: list[str] = []

    def opener(path: object, *_arguments: object, **_options: object) -> None:
        opened.append(str(path))
        raise AssertionError(f"{path} was opened")

    check_claim_file([PLAIN])  # the maps are loaded
    monkeypatch.setattr("builtins.open", opener)
    monkeypatch.setattr(Path, "open", opener)
    with caplog.at_level(logging.DEBUG):
        assert check_claim_file([PLAIN]) == []
        assert check_claim_file([SEEN_BY_PYX12[1].data])
    assert opened == []
    assert caplog.records == []


def test_the_checker_is_the_version_whose_defects_are_known() -> None:
    assert pyx12.__version__ == "4.0.0"
