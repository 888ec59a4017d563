"""The root of what an operation refuses: data first, one sentence for people second."""

from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import ClassVar


class Category(StrEnum):
    """What kind of refusal it is; the web interface gives each a status."""

    MALFORMED = "malformed"
    INVALID = "invalid"
    NOT_AUTHENTICATED = "not_authenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    UNAVAILABLE = "unavailable"


@dataclass
class Refusal(Exception):
    """A request that the rules of the domain do not allow.

    Subclasses are dataclasses whose fields are what the caller needs to mend it; ``title`` is one
    fixed sentence, ``detail`` one about this case. Neither ever holds a patient's data.
    """

    category: ClassVar[Category] = Category.CONFLICT
    title: ClassVar[str] = "The request was refused"

    @property
    def detail(self) -> str | None:
        """What is wrong in this case and how to mend it."""
        return None

    @property
    def data(self) -> dict[str, object]:
        """The fields, for the answer."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


@dataclass(frozen=True)
class Fault:
    """One thing wrong with an input: where (a JSON pointer) and what."""

    pointer: str
    message: str
    code: str = "invalid"


@dataclass
class InvalidInput(Refusal):
    """Input that is well-formed and still cannot be used; names every fault."""

    category: ClassVar[Category] = Category.INVALID
    title: ClassVar[str] = "The input has faults"
    faults: list[Fault] = field(default_factory=list)


@dataclass
class InvalidParameter(Refusal):
    """A parameter of a question that cannot be used, or is not known: a misspelt filter must not
    widen a list."""

    category: ClassVar[Category] = Category.MALFORMED
    title: ClassVar[str] = "A parameter cannot be used"
    faults: list[Fault] = field(default_factory=list)


@dataclass
class IllegalTransition(Refusal):
    """A move that the state does not allow; names those that it does."""

    title: ClassVar[str] = "The state does not allow this"
    entity: str
    state: str
    wanted: str
    legal: list[str]

    @property
    def detail(self) -> str:
        legal = ", ".join(self.legal) or "none"
        article = "An" if self.entity[0] in "aeiou" else "A"
        return (
            f"{article} {self.entity} that is {self.state} cannot become {self.wanted};"
            f" legal: {legal}."
        )
