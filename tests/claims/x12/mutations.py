"""The faults that a checker of claim files has to find, made on a file that the writer wrote.

These are the rows of the table by which the checkers were chosen. What pyx12 does not see is the
scrubber's: ``LEFT_TO_THE_SCRUBBER`` names it, and says of each whether x12sdk sees it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from services.claims.x12.claim_model import Diagnosis, Frequency
from tests.claims.x12.claims_to_write import CLAIM, LINE, PROVIDER, SUBSCRIBER, bytes_of

if TYPE_CHECKING:
    from services.claims.x12.claim_model import ProfessionalClaim

PLAIN = bytes_of(CLAIM)


@dataclass(frozen=True)
class Mutation:
    """One fault: a name, and the file or the claim that has it."""

    name: str
    data: bytes
    claim: ProfessionalClaim | None = None


def edited(old: bytes, new: bytes) -> bytes:
    """The plain file with one text replaced, which must stand in it."""
    assert old in PLAIN
    return PLAIN.replace(old, new, 1)


def of_claim(name: str, claim: ProfessionalClaim) -> Mutation:
    return Mutation(name, bytes_of(claim), claim)


SEEN_BY_PYX12 = (
    Mutation("wrong segment count", edited(b"SE*23*", b"SE*24*")),
    Mutation(
        "subscriber removed",
        edited(b"NM1*IL*1*SAMPLE*PAT****MI*MEM0001~", b"").replace(b"SE*23", b"SE*22"),
    ),
    Mutation(
        "service removed",
        edited(b"SV1*HC:99213*100*UN*1***1~", b"").replace(b"SE*23", b"SE*22"),
    ),
    of_claim("invalid place of service", replace(CLAIM, place_of_service="77")),
    of_claim(
        "invalid state",
        replace(
            CLAIM,
            subscriber=replace(SUBSCRIBER, address=replace(PROVIDER.address, state="ZZ")),
        ),
    ),
    Mutation("impossible date", edited(b"DTP*472*D8*20261102", b"DTP*472*D8*20261131")),
    Mutation("wrong parent level", edited(b"HL*2*1*22*0", b"HL*2*9*22*0")),
)
LEFT_TO_THE_SCRUBBER = (
    of_claim("charge differs from the lines", replace(CLAIM, charge_cents=10_001)),  # x12sdk: yes
    of_claim(
        "check digit of an NPI",
        replace(CLAIM, billing_provider=replace(PROVIDER, npi="1234567894")),
    ),
    of_claim(
        "taxonomy that is none",
        replace(CLAIM, billing_provider=replace(PROVIDER, taxonomy="NONE")),
    ),
    of_claim("diagnosis that is none", replace(CLAIM, diagnoses=(Diagnosis("XX99"),))),
    of_claim("procedure that is none", replace(CLAIM, lines=(replace(LINE, procedure_code="1"),))),
    of_claim(
        "pointer to an absent diagnosis",
        replace(CLAIM, lines=(replace(LINE, diagnosis_pointers=(2,)),)),
    ),
    of_claim(
        "corrected without the payer's claim number",
        replace(CLAIM, frequency=Frequency.CORRECTED),
    ),
    of_claim(
        "patient without birth date and sex",
        replace(CLAIM, subscriber=replace(SUBSCRIBER, birth_date=None, sex=None)),
    ),
)
