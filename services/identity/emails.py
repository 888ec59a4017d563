"""E-mail addresses as people are known by: one spelling for each."""

import re
import unicodedata
from typing import Annotated

from pydantic import Field

from services.refusals import Fault, InvalidInput

LONGEST = 254
"""RFC 5321, 4.5.3.1.3: a path has at most 256 octets, two of them the angle brackets."""
Email = Annotated[str, Field(min_length=3, max_length=LONGEST)]
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""What no line of an e-mail's head may hold."""
_SHAPE = re.compile(r"[^@\s\x00-\x1f\x7f\ud800-\udfff]+@[^@\s\x00-\x1f\x7f\ud800-\udfff]+")

_LOCAL_PART = re.compile(r"[^\s\"(),:;<>@\[\\\]]{1,64}")
_DOMAIN = re.compile(r"\w(?:[\w-]*\w)?(?:\.\w(?:[\w-]*\w)?)*")


def normalised_email(text: str) -> str | None:
    """The spelling that is kept and compared, or None for what is no address."""
    email = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text.strip()).lower())
    if len(email.encode(errors="replace")) > LONGEST or _SHAPE.fullmatch(email) is None:
        return None
    return email


def checked_email(text: str) -> str:
    """See ``normalised_email``. Raises InvalidInput."""
    email = normalised_email(text)
    if email is None:
        fault = Fault("/email", f"is an e-mail address of at most {LONGEST} bytes", "email")
        raise InvalidInput([fault])
    return email


def is_deliverable(address: str) -> bool:
    """Whether mail can be addressed so, with nothing in the address that a header or an envelope
    could take for its own: no quoting, no comments, no second address."""
    if normalised_email(address) is None or CONTROL.search(address) is not None:
        return False
    local, _, domain = address.rpartition("@")
    return _LOCAL_PART.fullmatch(local) is not None and _DOMAIN.fullmatch(domain) is not None
