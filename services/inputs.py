"""What callers hand in: bounded, closed models, whichever way they come (web, import, tests)."""

from typing import Annotated, Any, Self

import msgspec
from pydantic import BaseModel, ConfigDict, Field

_UNSEEN = r"\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
"""Control characters beyond ASCII's first, and those that break lines or turn the direction of
reading, which let a text look like another."""
ONE_LINE = rf"^[^\x00-\x20{_UNSEEN}][^\x00-\x1f{_UNSEEN}]*$"
"""Begins with something to see and holds no control characters; PostgreSQL cannot store NUL."""
SEVERAL_LINES = rf"^[^\x00-\x08\x0b\x0c\x0e-\x1f{_UNSEEN}]*$"
PARAMETER = rf"^[^\x00-\x1f{_UNSEEN}]+$(?!\n)"
"""One line in a query; its last part because ``$`` also matches before a line's end in Python."""

Identifier = Annotated[str, Field(min_length=1, max_length=80, pattern=ONE_LINE)]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=ONE_LINE)]
Reason = Annotated[str, Field(min_length=1, max_length=500, pattern=ONE_LINE)]
LongText = Annotated[str, Field(min_length=1, max_length=4000, pattern=SEVERAL_LINES)]


class Input(BaseModel):
    """What comes in: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    @classmethod
    def model_validate(cls, obj: object, **_: object) -> Self:
        """What came as JSON, read as strictly as JSON allows: no number out of true or "1", no day
        out of a moment. Raises pydantic's ValidationError with every fault."""
        return cls.model_validate_json(msgspec.json.encode(obj), strict=True)

    def given(self) -> dict[str, object]:
        """The fields that the caller named, by name: what a change changes."""
        return {name: getattr(self, name) for name in self.model_fields_set}


def _nothing() -> None:
    return None


def left_out() -> Any:
    """The default of a field of a change that may be left out but never be null."""
    return Field(default_factory=_nothing)
