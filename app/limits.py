"""Rate limits: per address before authentication, per principal after it."""

import hashlib
import math
import time
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from limits import parse

from services.refusals import Category, Refusal

SIGN_INS_PER_ADDRESS = "60/minute"
SIGN_INS_PER_PERSON = "20/minute"
RESETS_PER_PERSON = "5/hour"


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
        self._per_address = _Limit(per_address)
        self._per_principal = _Limit(per_principal)
        self._sign_ins_per_address = _Limit(SIGN_INS_PER_ADDRESS)
        self._sign_ins_per_person = _Limit(SIGN_INS_PER_PERSON)
        self._resets_per_person = _Limit(RESETS_PER_PERSON)

    def count_address(self, address: str) -> None:
        """Raises TooManyRequests."""
        self._per_address.count(address)

    def count_principal(self, principal_id: UUID) -> Allowance:
        """What is left to a principal. Raises TooManyRequests."""
        return self._per_principal.count(str(principal_id))

    def count_sign_in(self, *, address: str, company_slug: str, email: str) -> None:
        """Count an attempt for its address and for whom it names, whether or not they exist.

        Raises TooManyRequests.
        """
        self._sign_ins_per_address.count(address)
        self._sign_ins_per_person.count(_person(company_slug, email))

    def count_reset(self, *, address: str, company_slug: str, email: str) -> None:
        """Count a forgotten password for its address and for whom it names, whether or not they
        exist: nobody's mailbox is filled. Raises TooManyRequests.
        """
        self._sign_ins_per_address.count(address)
        self._resets_per_person.count(_person(company_slug, email))

    def count_code(self, address: str) -> None:
        """Count an attempt to use a code or a mailed link. Raises TooManyRequests."""
        self._sign_ins_per_address.count(address)


def _person(company_slug: str, email: str) -> str:
    return hashlib.sha256(f"{company_slug}\0{email}".encode()).hexdigest()


class _Limit:
    """One limit, and what was counted under each name since its window began."""

    def __init__(self, rate: str) -> None:
        item = parse(rate)
        self._text = str(item)
        self._amount = item.amount
        self._window_seconds = item.get_expiry()
        self._window = 0
        self._counts: dict[str, int] = {}

    def count(self, name: str) -> Allowance:
        """Raises TooManyRequests."""
        now = time.time()
        window = int(now // self._window_seconds)
        if window != self._window:
            self._window, self._counts = window, {}
        count = self._counts[name] = self._counts.get(name, 0) + 1
        seconds = math.ceil((window + 1) * self._window_seconds - now)
        if count > self._amount:
            raise TooManyRequests(self._text, seconds)
        return Allowance(self._amount, self._amount - count, seconds)
