"""Every segment of a file of ours is known to be of its claim, or of none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from services.claims.x12.acknowledgement_codes import CodeList
from services.claims.x12.acknowledgement_decisions import Reason
from services.claims.x12.claim_places import claims_at
from tests.claims.x12.claims_to_write import CLAIM, DEPENDENT, bytes_of, segments_of

if TYPE_CHECKING:
    from collections.abc import Sequence

KIM = replace(CLAIM, patient_control_number="KIM1", dependent=DEPENDENT)
PAT = replace(CLAIM, patient_control_number="PAT1")
CONTENT = bytes_of(PAT, replace(PAT, patient_control_number="PAT2"), KIM)
SEGMENTS = segments_of(CONTENT)
ST = next(at for at, each in enumerate(SEGMENTS) if each.startswith("ST*"))
SET = int(SEGMENTS[ST].split("*")[2])


def at(place: int, name: str, code: str = "8", loop: str | None = None) -> Sequence[str]:
    """The claims that an error at a place is in."""
    reason = Reason(CodeList.SEGMENT_ERRORS, code, name, place, loop)
    (claims,) = claims_at([CONTENT], SET, [reason])
    return claims


def place_of(start: str, after: str = "ST*") -> int:
    """Where the first segment stands that starts so, behind another one; ST is 1."""
    behind = next(at for at, each in enumerate(SEGMENTS) if each.startswith(after))
    return next(
        at for at, each in enumerate(SEGMENTS) if at >= behind and each.startswith(start)
    ) - (ST - 1)


def test_every_segment_from_clm_to_the_next_level_is_of_that_claim_alone() -> None:
    whose: str | None = None
    for place, segment in enumerate(SEGMENTS[ST:], start=1):
        name = segment.split("*")[0]
        if name == "CLM":
            whose = segment.split("*")[1]
        elif name in ("HL", "SE"):
            whose = None
        if whose is not None:
            assert at(place, name) == (whose,)


def test_what_is_of_a_patient_is_of_all_claims_below_and_what_is_of_a_provider_of_none() -> None:
    assert at(place_of("NM1*IL"), "NM1") == ("PAT1", "PAT2")
    assert at(place_of("NM1*QC"), "NM1") == ("KIM1",)
    for start in ("ST*", "BHT*", "NM1*41", "NM1*85", "SE*"):
        assert at(place_of(start), start.partition("*")[0]) == ()


@pytest.mark.parametrize("code", ["3", "I6", "I7", "I8"])
def test_what_is_missing_at_the_end_of_a_claim_is_noticed_where_the_next_begins(code: str) -> None:
    second = place_of("CLM*PAT2")
    assert at(second, "SV1", code, "2400") == ("PAT1",)
    assert at(place_of("LX*", "CLM*PAT2"), "HI", code, "2300") == ("PAT2",)
    assert at(place_of("HL*", "CLM*PAT2"), "SV1", code, "2400") == ("PAT2",)
    assert at(place_of("SE*"), "SV1", code, "2400") == ("KIM1",)


def test_another_segment_or_set_or_a_place_outside_blames_nobody() -> None:
    place = place_of("SV1*")
    assert at(place, "SV1") == ("PAT1",)
    assert at(place, "SV2") == ()
    assert at(0, "SV1") == ()
    assert at(len(SEGMENTS), "SV1") == ()
    reason = Reason(CodeList.SEGMENT_ERRORS, "8", "SV1", place)
    assert claims_at([CONTENT], SET + 1, [reason]) == [()]
