"""Passwords: which are accepted, and how they are kept and compared.

Kept as Argon2id with the second recommended parameters of RFC 9106, section 4 (three passes over
64 MiB, four lanes). Hashing takes a core and that memory for a tenth of a second, so it runs on a
few threads of its own, never on the event loop and never while a transaction is open.
"""

import asyncio
import os
import secrets
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from services.identity.emails import normalised_email
from services.identity.readable_secrets import readable_secret
from services.refusals import Fault, InvalidInput

SHORTEST = 12
LONGEST = 128
_GROUPS = 6

_HASHER = PasswordHasher(
    time_cost=3, memory_cost=64 * 1024, parallelism=4, hash_len=32, salt_len=16, type=Type.ID
)
_THREADS = ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="password")


@dataclass(frozen=True, slots=True)
class StoredPassword:
    """What is kept of a password; a temporary one only lets its person choose their own."""

    hash: str = field(repr=False)
    is_temporary: bool


def check_password(password: str, *, current: str | None = None, email: str) -> None:
    """The rule for a chosen password: its length, not the e-mail address, not the ``current`` one.

    No rule of composition, after NIST SP 800-63B, 5.1.1.2. Raises InvalidInput.
    """
    length = len(unicodedata.normalize("NFKC", password))
    faults = []
    if not SHORTEST <= length <= LONGEST:
        faults.append(f"has {SHORTEST} to {LONGEST} characters, not {length}")
    if normalised_email(password) == email:
        faults.append("is not the e-mail address")
    if current is not None and _canonical(password) == _canonical(current):
        faults.append("is not the current one")
    if faults:
        raise InvalidInput([Fault("/new_password", fault, "password") for fault in faults])


def one_time_password() -> str:
    """A random password of about 119 bits, to be shown once and replaced by its person."""
    return readable_secret(_GROUPS)


async def stored_password(password: str, *, is_temporary: bool) -> StoredPassword:
    """What to keep of a password."""
    kept = await asyncio.get_running_loop().run_in_executor(_THREADS, _hash, password)
    return StoredPassword(kept, is_temporary)


async def is_password(password: str, kept: str | None) -> bool:
    """Whether a password is the one that ``kept`` is of.

    Takes as long where nothing is kept, which nothing matches.
    """
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _matches, password, kept)


def _hash(password: str) -> str:
    return _HASHER.hash(_canonical(password))


def _matches(password: str, kept: str | None) -> bool:
    try:
        return _HASHER.verify(kept or _nobodys(), _canonical(password)) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def _canonical(password: str) -> bytes:
    """The same bytes whichever way a keyboard composes a letter (NIST SP 800-63B, 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password).encode(errors="surrogatepass")


@cache
def _nobodys() -> str:
    """What a password is compared with where there is none to compare it with."""
    return _HASHER.hash(secrets.token_bytes(32))
