"""What a file of claims is: envelopes with numbers from outside, and sets of claims."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from services.claims.x12.claim_model import Claim
from services.claims.x12.delimiters import Delimiters
from services.claims.x12.party_model import Receiver, Submitter


class ClaimKind(StrEnum):
    """Which guide the claims of a file follow."""

    PROFESSIONAL = "professional"
    INSTITUTIONAL = "institutional"

    @property
    def guide(self) -> str:
        """GS08 and ST03."""
        return "005010X222A1" if self is ClaimKind.PROFESSIONAL else "005010X223A2"


class Usage(StrEnum):
    """ISA15."""

    PRODUCTION = "P"
    TEST = "T"


class Interchange(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The envelope (ISA, GS). Numbers are given out per trading partner and never used again.

    ``created_at`` is written as it is, so it comes in the time zone that the partner expects.
    ``delimiters`` are those that a partner prescribes; without them they are chosen so that no
    value holds one.
    """

    sender_identifier: str
    receiver_identifier: str
    application_sender: str  # GS02
    application_receiver: str  # GS03
    control_number: int  # ISA13
    group_control_number: int  # GS06
    created_at: dt.datetime
    usage: Usage
    sender_qualifier: str = "ZZ"
    receiver_qualifier: str = "ZZ"
    wants_acknowledgement: bool = False  # ISA14: ask for a TA1
    delimiters: Delimiters | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimSet:
    """One transaction set (ST). At most 5,000 claims are recommended (TR3, 2.2.1).

    ``claims`` is iterated twice: to check all before anything is written, and to write. Claims of
    one billing provider, and in these of one subscriber, stand together, so that they share loops.
    """

    control_number: int  # ST02
    reference: str  # BHT03: comes back in the receiver's TRN of a 277CA
    submitter: Submitter
    receiver: Receiver
    claims: Iterable[Claim]
    is_encounter: bool = False  # BHT06: RP instead of CH


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimFile:
    """One interchange with one group."""

    kind: ClaimKind
    interchange: Interchange
    sets: Sequence[ClaimSet]
