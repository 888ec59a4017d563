"""The hash recognises a transaction by what it says, and by nothing else."""

from __future__ import annotations

import pytest

from tests.builders.remittance_files import (
    RemittanceFile,
    Separators,
    Transaction,
)
from tests.claims.x12.reading import (
    PLAIN,
    claims_of,
    edited,
    ends_of,
)


def hash_of(data: bytes) -> bytes:
    (end,) = ends_of(data)
    return end.content_sha256


def test_the_hash_does_not_depend_on_the_envelope() -> None:
    transaction = Transaction(control_number="0099")
    others = [
        RemittanceFile(transactions=[transaction]),
        RemittanceFile(interchange_control_number="000000077", usage="T"),
        RemittanceFile(has_envelope=False),
        RemittanceFile(byte_order_mark=True, encoding="utf-16-le"),
        RemittanceFile(separators=Separators(line_break="\r\n")),
        RemittanceFile(separators=Separators(element="|", component="<", terminator="\n")),
        RemittanceFile(separators=Separators(component=">", declared_component=":")),
    ]
    assert {hash_of(other.render()) for other in others} == {hash_of(PLAIN)}
    assert hash_of(edited(b"HC:99213*100*80", b"HC:99213::*100*80")) == hash_of(PLAIN)
    assert hash_of(edited(b"REF*TJ*123456789", b"REF*TJ*123456789**")) == hash_of(PLAIN)


def test_the_hash_tells_an_element_from_a_separator_in_it() -> None:
    bars = RemittanceFile(separators=Separators(element="|", component="<", terminator="!"))
    for text in ("PAT*X", "PAT~X", "PAT:X", 'PAT","X', "PAT\\X"):
        inside = edited(b"SAMPLE|PAT", b"SAMPLE|" + text.encode(), bars.render())
        apart = edited(b"SAMPLE|PAT", b"SAMPLE|PAT|X", bars.render())
        assert hash_of(inside) != hash_of(apart)
        assert claims_of(inside)[0].patient_first_name == text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"99213", b"99214"),
        (b"*100*80*", b"*100*80.0*"),
        (b"N3*1 PLAN STREET", b"N3*2 PLAN STREET"),
        (b"LX*1", b"LX*2"),
        (b"HC:99213", b"HC:99213:25"),
        (b"NM1*QC*1*SAMPLE", b"NM1*QC*1**SAMPLE"),
        (b"CAS*CO", b"QTY*CA*1~CAS*CO"),
    ],
)
def test_the_hash_sees_every_element(old: bytes, new: bytes) -> None:
    assert hash_of(edited(old, new)) != hash_of(PLAIN)
