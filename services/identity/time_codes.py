"""Codes of the clock: what an authenticator app shows (TOTP, RFC 6238), and which step one is of.

SHA-1, six digits, steps of thirty seconds: what every app understands. A step is a whole number
that counts them since 1970.
"""

import datetime as dt
import hmac
import re

import pyotp

STEP_SECONDS = 30
SKEW_STEPS = 1
"""How many steps a person's clock may be off, either way (RFC 6238, 5.2)."""

_SHAPE = re.compile(r"[0-9]{6}")


def new_secret() -> str:
    """A random secret of 160 bits in base32: as long as SHA-1's output (RFC 4226, 4, R6)."""
    return pyotp.random_base32()


def without_blanks(text: str) -> str:
    """A code as apps show it in two groups, as one."""
    return "".join(text.split())


def is_time_code(text: str) -> bool:
    """Whether a text has the shape of a code: six digits."""
    return _SHAPE.fullmatch(text) is not None


def code_at(secret: str, step: int) -> str:
    """The code that an app with this secret shows during a step."""
    return pyotp.TOTP(secret).generate_otp(step)


def step_at(moment: dt.datetime) -> int:
    """The step that a moment lies in."""
    return int(moment.timestamp()) // STEP_SECONDS


def step_of(code: str, secret: str, now: dt.datetime) -> int | None:
    """The step near ``now`` whose code this is, the latest if several; None if it is of none.

    Takes the same time whichever it is.
    """
    found = None
    current = step_at(now)
    for step in range(current - SKEW_STEPS, current + SKEW_STEPS + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()):
            found = step
    return found


def setup_address(secret: str, *, person: str, company: str) -> str:
    """The ``otpauth:`` address that an app reads, as a link or from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=person, issuer_name=f"Wellkept {company}")
