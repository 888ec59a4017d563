"""An address as it stands on an envelope. Pure."""

from storage.tables.addresses import PostalAddress

_ZIP = 5
_ZIP_AND_FOUR = 9


def address_lines(address: PostalAddress | None) -> list[str]:
    """Street, town with state and ZIP code, and a country that is not the usual one."""
    if address is None:
        return []
    region = " ".join(each for each in (address.state, _postal_code(address)) if each)
    town = ", ".join(each for each in (address.city, region) if each)
    return [each for each in (address.line_1, address.line_2, town, address.country) if each]


def _postal_code(address: PostalAddress) -> str | None:
    """ZIP+4 with its hyphen, which claims do without."""
    code = address.postal_code
    if code is None or len(code) != _ZIP_AND_FOUR or not code.isdigit():
        return code
    return f"{code[:_ZIP]}-{code[_ZIP:]}"
