"""A second factor as it passes from state to state: offered, confirmed, used, lost, replaced.

A secret is offered first and counts for nothing; a code of it makes it the factor. Each step of
the clock serves once, and never one before it: whoever has seen a code cannot use it again. A
recovery code serves once as well. What is refused changes nothing here; that it counts as a
failure is the affair of whoever asked.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from services.identity import recovery_codes
from services.identity.time_codes import is_time_code, step_of, without_blanks

OFFER_LIFETIME = dt.timedelta(minutes=15)
"""How long an offered secret waits for its first code."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A secret that waits to be confirmed."""

    secret: str = field(repr=False)
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Factor:
    """What is known of a person's second factor. Without a ``secret`` they have none."""

    secret: str | None = field(default=None, repr=False)
    last_step: int = 0
    """The step whose code served last: no code of it or before it serves again."""
    recovery_hashes: tuple[str, ...] = field(default=(), repr=False)
    offer: Offer | None = None

    def offered(self, secret: str, now: dt.datetime) -> "Factor":
        """With a new secret to confirm; the factor so far goes on until then."""
        return replace(self, offer=Offer(secret, now + OFFER_LIFETIME))

    def confirmed(self, code: str, now: dt.datetime) -> "Factor | None":
        """With the offered secret as the factor, if the code is of it. It has no recovery codes."""
        if self.offer is None or self.offer.expires_at <= now:
            return None
        step = step_of(without_blanks(code), self.offer.secret, now)
        return None if step is None else Factor(self.offer.secret, step)

    def used(self, code: str, now: dt.datetime) -> "Factor | None":
        """Once a code has served: one of the clock or one for recovery. None if it does not."""
        if self.secret is None:
            return None
        time_code = without_blanks(code)
        if not is_time_code(time_code):
            left = recovery_codes.without(self.recovery_hashes, code)
            return None if left is None else replace(self, recovery_hashes=left)
        step = step_of(time_code, self.secret, now)
        if step is None or step <= self.last_step:
            return None
        return replace(self, last_step=step)

    def with_recovery_codes(self, codes: Sequence[str]) -> "Factor":
        """With these in place of all earlier recovery codes."""
        return replace(self, recovery_hashes=tuple(map(recovery_codes.hash_of, codes)))
