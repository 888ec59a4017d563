"""National provider identifiers: ten digits, the last of them a check digit."""

_ISSUER_PREFIX = "80840"
"""ISO 7812 issuer of US health identifiers: the check digit counts it as if it stood in front."""
_DIGITS = 10


def looks_like_npi(identifier: str) -> bool:
    """Whether it is ten digits."""
    return len(identifier) == _DIGITS and identifier.isascii() and identifier.isdecimal()


def has_valid_check_digit(npi: str) -> bool:
    """Whether the Luhn sum over ``80840`` and the identifier ends in zero (45 CFR 162.406)."""
    digits = [int(digit) for digit in reversed(_ISSUER_PREFIX + npi)]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
