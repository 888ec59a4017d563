"""E-mail addresses as people are known by: one spelling for each."""

import re
import unicodedata
from typing import Annotated

from pydantic import Field

from services.refusals import Fault, InvalidInput

LONGEST = 254
"""RFC 5321, 4.5.3.1.3: a path has at most 256 octets, two of them the angle brackets."""
Email = Annotated[str, Field(min_length=3, max_length=LONGEST)]
_SHAPE = re.compile(r"[^@\s\x00-\x1f\x7f\ud800-\udfff]+@[^@\s\x00-\x1f\x7f\ud800-\udfff]+")


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
