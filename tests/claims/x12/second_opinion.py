"""x12sdk 2.2.0, the second opinion on files of claims.

It reads the guides 005010X222A2 and 005010X223A3, so the version is relabelled: nothing that the
writer writes differs between them and X222A1 and X223A2. It rejects some things that the guides
allow; claims that it is to judge leave them out (``RandomClaims(is_for_x12sdk=True)``), because
it stops checking around a rejection:

- DMG03 with U, a code of the guides, in 2010BA and 2010CA;
- REF in 2310D, which it takes for an NM1, and REF*G2 in 2310F of an institutional claim;
- NTE*ADD, the billing note of an institutional claim;
- NM1*72 in 2420A of an institutional claim, where it demands 71, which the guide does not have;
- 2410 without REF in an institutional claim: the prescription number is situational;
- a second 2430 of a line: it keeps the last and then finds the segment count wrong.

It also has to see files in usual delimiters, and holds a whole file in memory.
"""

from __future__ import annotations

from pydantic import ValidationError
from x12sdk.io import X12ModelReader

_RELABELLED = {"005010X222A1": "005010X222A2", "005010X223A2": "005010X223A3"}


def errors_of_x12sdk(data: bytes) -> list[str]:
    """What it finds wrong, by path and message; empty if nothing."""
    try:
        with X12ModelReader(relabelled(data)) as reader:
            return [] if list(reader.models()) else ["no transaction was found"]
    except ValidationError as error:
        return [f"{each['loc']}: {each['msg']}" for each in error.errors()]
    except (KeyError, ValueError) as error:
        return [repr(error)]


def relabelled(data: bytes) -> str:
    """The file with the versions that it reads."""
    text = data.decode()
    for ours, theirs in _RELABELLED.items():
        text = text.replace(ours, theirs)
    return text
