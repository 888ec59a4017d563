"""Decimal numbers of records. Pure."""

from decimal import Decimal

from services.importing.conversions import Conversion, Unusable


def decimal(lowest: int, highest: int, *, places: int) -> Conversion:
    """A number between two, rounded to so many places as its column has."""
    exponent = Decimal(1).scaleb(-places)

    def convert(value: object) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Unusable("is no number", "write it as a number")
        if not lowest <= value <= highest:
            raise Unusable("is out of bounds", f"it lies between {lowest} and {highest}")
        return Decimal(repr(value)).quantize(exponent)

    return convert
