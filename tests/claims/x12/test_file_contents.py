"""What kind a file is, told from its segments."""

from __future__ import annotations

import pytest

from services.claims.x12.file_contents import FileKind, contents_of
from services.claims.x12.file_model import AnomalyKind
from tests.builders.remittance_files import RemittanceFile
from tests.claims.x12.acknowledgement_files import ISA, AcknowledgementFile, claims, functional

TA1 = "TA1*000000321*261125*1200*A*000"


def kinds_of(data: bytes) -> tuple[FileKind, ...]:
    found = contents_of([data])
    assert found.fault is None
    return found.kinds


def one_set(*segments: str, guide: str = "") -> bytes:
    whole = (ISA, f"GS*XX*A*B*20261126*0930*1*X*{guide}", *segments, "SE*1*1", "GE*1*1", "IEA*1*7")
    return "".join(segment + "~" for segment in whole).encode()


def test_each_kind_is_told_and_several_in_their_order() -> None:
    answers = AcknowledgementFile(
        sets=[functional("AK1*HC*1", "AK9*A*1*1*1"), claims()], interchange_answers=[TA1]
    ).render()
    assert kinds_of(AcknowledgementFile(interchange_answers=[TA1]).render()) == (
        FileKind.INTERCHANGE_ACKNOWLEDGEMENT,
    )
    assert kinds_of(RemittanceFile.of().render() + answers) == (
        FileKind.REMITTANCE,
        FileKind.INTERCHANGE_ACKNOWLEDGEMENT,
        FileKind.FUNCTIONAL_ACKNOWLEDGEMENT,
        FileKind.CLAIM_ACKNOWLEDGEMENT,
    )


@pytest.mark.parametrize(
    ("start", "guide", "following", "kind"),
    [
        ("ST*277*1*005010X214", "", "BHT*0085*08", FileKind.CLAIM_ACKNOWLEDGEMENT),
        ("ST*277*1", "005010X214", "BHT*0010*08", FileKind.CLAIM_ACKNOWLEDGEMENT),
        ("ST*277*1", "", "BHT*0085*08", FileKind.CLAIM_ACKNOWLEDGEMENT),
        ("ST*277*1", "005010", "BHT*0085*08", FileKind.CLAIM_ACKNOWLEDGEMENT),
        ("ST*277*1", "", "BHT*0010*08", FileKind.CLAIM_STATUS),
        ("ST*277*1*005010X212", "005010X214", "BHT*0010*08", FileKind.CLAIM_STATUS),
        ("ST*837*1*005010X222A1", "", "BHT*0019", FileKind.PROFESSIONAL_CLAIM),
        ("ST*837*1", "005010X223A2", "BHT*0019", FileKind.INSTITUTIONAL_CLAIM),
        ("ST*837*1*005010X224A2", "", "BHT*0019", FileKind.CLAIM),
        ("ST*837*1", "", "BHT*0019", FileKind.CLAIM),
        ("ST*271*1*005010X279A1", "", "BHT*0022", FileKind.UNKNOWN),
        ("ST", "", "BHT", FileKind.UNKNOWN),
    ],
)
def test_the_guide_tells_the_kind_and_where_it_is_absent_the_structure(
    start: str, guide: str, following: str, kind: FileKind
) -> None:
    assert kinds_of(one_set(start, following, guide=guide)) == (kind,)


def test_a_set_that_is_nothing_but_its_header_has_a_kind() -> None:
    assert kinds_of(b"ST*835*0001~") == (FileKind.REMITTANCE,)


def test_a_file_that_is_cut_off_says_what_it_holds_and_why_it_is_kept_out() -> None:
    found = contents_of([RemittanceFile.of().render()[:-20]])
    assert found.kinds == (FileKind.REMITTANCE,)
    assert found.fault is not None
    assert found.fault.kind is AnomalyKind.UNTERMINATED_SEGMENT


def test_a_stranger_holds_no_kind() -> None:
    found = contents_of([b"%PDF-1.7"])
    assert found.kinds == ()
    assert found.fault is not None
    assert found.fault.kind is AnomalyKind.UNDECODABLE
