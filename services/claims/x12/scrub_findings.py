"""What a rule of the scrubber finds, or would have to know. Pure."""

from __future__ import annotations

import msgspec


class Finding(msgspec.Struct, frozen=True, gc=False):
    """One thing that is wrong: where (a JSON pointer into the claim), and what shows it."""

    pointer: str
    evidence: str


class NoData(msgspec.Struct, frozen=True, gc=False):
    """What a rule would need to know and does not."""

    pointer: str
    missing: str
