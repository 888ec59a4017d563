"""Rate limits: per address before authentication, per principal after it."""

import hashlib
import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from limits import RateLimitItem, parse

from services.refusals import Category, Refusal

if TYPE_CHECKING:
    from app.call import Call


SIGN_INS_PER_ADDRESS = "60/minute"
SIGN_INS_PER_PERSON = "20/minute"


@dataclass
class TooManyRequests(Refusal):
    """The window is used up; try again when it is over."""

    category: ClassVar[Category] = Category.TOO_MANY
    title: ClassVar[str] = "Too many requests"
    limit: str
    retry_after_seconds: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the answer's RateLimit headers say."""

    limit: int
    remaining: int
    resets_in_seconds: int


class Limiter:
    """Counts requests in this process, in fixed windows."""

    def __init__(self, *, per_address: str, per_principal: str) -> None:
        self._windows: dict[tuple[str, RateLimitItem], _Window] = {}
        self._per_address = parse(per_address)
        self._per_principal = parse(per_principal)
        self._sign_ins_per_address = parse(SIGN_INS_PER_ADDRESS)
        self._sign_ins_per_person = parse(SIGN_INS_PER_PERSON)

    def count_address(self, address: str) -> None:
        """Raises TooManyRequests."""
        self._count(self._per_address, "address", address)

    def count_principal(self, principal_id: UUID, call: "Call") -> None:
        """Raises TooManyRequests; leaves the allowance for the answer's headers."""
        call.scope["state"]["allowance"] = self._count(
            self._per_principal, "principal", str(principal_id)
        )

    def count_sign_in(self, *, address: str, company_slug: str, email: str) -> None:
        """Count an attempt for its address and for whom it names, whether or not they exist.

        Raises TooManyRequests.
        """
        self._count(self._sign_ins_per_address, "sign-in address", address)
        named = hashlib.sha256(f"{company_slug}\0{email}".encode()).hexdigest()
        self._count(self._sign_ins_per_person, "sign-in person", named)

    def _count(self, item: RateLimitItem, kind: str, name: str) -> Allowance:
        length = item.get_expiry()
        now = time.time()
        number = int(now // length)
        window = self._windows.get((kind, item))
        if window is None or window.number != number:
            window = self._windows[kind, item] = _Window(number)
        count = window.counts[name] = window.counts.get(name, 0) + 1
        seconds = math.ceil((number + 1) * length - now)
        if count > item.amount:
            raise TooManyRequests(str(item), seconds)
        return Allowance(item.amount, item.amount - count, seconds)


@dataclass(slots=True)
class _Window:
    """The requests counted since a window began; the next one starts empty."""

    number: int
    counts: dict[str, int] = field(default_factory=dict)
