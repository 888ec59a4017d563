"""Recovery codes: for the day on which the phone is gone.

Each serves once; only hashes are kept.
"""

import hashlib
import hmac
import itertools
import re
from collections.abc import Sequence

from services.identity.readable_secrets import readable_secret

COUNT = 10
LONGEST = 64
"""However it is spaced when it is typed in."""
_GROUPS = 5
"""About 99 bits: a plain hash is enough for those."""

_BETWEEN = re.compile(r"[\s-]")


def new_codes() -> list[str]:
    """Fresh codes, to be shown once."""
    return [readable_secret(_GROUPS) for _ in range(COUNT)]


def hash_of(code: str) -> str:
    """What is kept of a code, however it is spaced and whichever case it is typed in."""
    return hashlib.sha256(_BETWEEN.sub("", code).lower().encode(errors="replace")).hexdigest()


def without(kept: Sequence[str], code: str) -> tuple[str, ...] | None:
    """The hashes that are left once a code has served; None if none is of it.

    Takes the same time whichever it is.
    """
    wanted = hash_of(code)
    is_other = [not hmac.compare_digest(each, wanted) for each in kept]
    return None if all(is_other) else tuple(itertools.compress(kept, is_other))
