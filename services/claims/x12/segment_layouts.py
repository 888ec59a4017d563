"""How long each element of the segments of an 837 may be.

Source: X12 005010, data dictionary; CLM01 and BHT03 are shorter in the guides (20 and 30), which
is what a payer has to give back.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple


class DataType(StrEnum):
    """What an element holds; dates and times are made from values and need no check."""

    TEXT = "AN"
    CODE = "ID"
    NUMBER = "N0"
    REAL = "R"
    DATE = "DT"
    TIME = "TM"
    COMPOSITE = "C"


class Place(NamedTuple):
    """One place in a segment or composite."""

    type: DataType
    shortest: int = 1
    longest: int = 1
    components: tuple[Place, ...] = ()


# One segment a line; a composite stands in parentheses, ``*n`` repeats.
_SEGMENTS = """
ISA ID2 AN10 ID2 AN10 ID2 AN1-15 ID2 AN1-15 DT6 TM4 ID1 ID5 N0/9 ID1 ID1 AN1
GS ID2 AN2-15 AN2-15 DT8 TM4-8 N0/1-9 ID1-2 AN1-12
ST ID3 AN4-9 AN1-35
BHT ID4 ID2 AN1-30 DT8 TM4-8 ID2
SE N0/1-10 AN4-9
GE N0/1-6 N0/1-9
IEA N0/1-5 N0/9
HL AN1-12 AN1-12 ID1-2 ID1
NM1 ID2-3 ID1 AN1-60 AN1-35 AN1-25 AN1-10 AN1-10 ID1-2 AN2-80
N3 AN1-55 AN1-55
N4 AN2-30 ID2 ID3-15 ID2-3 ID1-2 AN1-30 ID1-3
PER ID2 AN1-60 ID2 AN1-256 ID2 AN1-256 ID2 AN1-256
REF ID2-3 AN1-50
PRV ID1-3 ID2-3 AN1-50
SBR ID1 ID2 AN1-50 AN1-60 ID1-3 ID1 ID1 ID2 ID1-2
PAT ID2
DMG ID2-3 AN1-35 ID1
CLM AN1-20 R1-18 ID1-2*2 (AN1-2 ID1-2 ID1) ID1*5 (ID2-3*3 ID2 ID2-3) ID2-3 ID1-2*2 ID2 ID1*4 ID1-2
DTP ID3 ID2-3 AN1-35
CL1 ID1 ID1 ID1-2
AMT ID1-3 R1-18
NTE ID3 AN1-80
HI (ID1-3 AN1-30 ID2-3 AN1-35 R1-18 R1-15 AN1-30 AN1-30 ID1)*12
OI ID1-2 ID1-2 ID1 ID1 ID1 ID1
MOA R1-10 R1-18 AN1-50*5
CAS ID1-2 ID1-5 R1-18 R1-15 ID1-5 R1-18 R1-15 ID1-5 R1-18 R1-15 \
ID1-5 R1-18 R1-15 ID1-5 R1-18 R1-15 ID1-5 R1-18 R1-15
LX N0/1-6
SV1 (ID2 AN1-48 AN2*4 AN1-80) R1-18 ID2 R1-15 AN1-2 ID1-2 (N0/1-2*4) R1-18 ID1
SV2 AN1-48 (ID2 AN1-48 AN2*4 AN1-80) R1-18 ID2 R1-15 R1-10 R1-18
LIN AN1-20 ID2 AN1-48
CTP ID2 ID3 R1-17 R1-15 (ID2)
SVD AN2-80 R1-18 (ID2 AN1-48 AN2*4 AN1-80) AN1-48 R1-15 N0/1-6
"""
_TOKEN = re.compile(
    r"\((?P<composite>[^)]*)\)(?:\*(?P<composites>\d+))?"
    r"|(?P<type>AN|ID|N0|R|DT|TM)/?(?P<shortest>\d+)(?:-(?P<longest>\d+))?(?:\*(?P<times>\d+))?"
)


def _places(text: str) -> tuple[Place, ...]:
    places: list[Place] = []
    for found in _TOKEN.finditer(text):
        if found["composite"] is not None:
            composite = Place(DataType.COMPOSITE, components=_places(found["composite"]))
            places += [composite] * int(found["composites"] or 1)
            continue
        shortest = int(found["shortest"])
        place = Place(DataType(found["type"]), shortest, int(found["longest"] or shortest))
        places += [place] * int(found["times"] or 1)
    return tuple(places)


LAYOUTS = {
    name: _places(places)
    for name, _, places in (line.partition(" ") for line in _SEGMENTS.strip().splitlines())
}
"""The places of each segment, by its identifier."""
