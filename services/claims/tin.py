"""Taxpayer identification numbers: nine digits, without hyphens."""

_DIGITS = 9


def is_tin(identifier: str) -> bool:
    """Whether it is nine digits that somebody may have: nobody's are all zeros."""
    is_number = len(identifier) == _DIGITS and identifier.isascii() and identifier.isdecimal()
    return is_number and bool(identifier.strip("0"))
