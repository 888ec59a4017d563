"""From rows to answers: models on the wire, pages, cursors, ETags."""

import base64
import datetime as dt
from collections.abc import Callable, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, Generic, Protocol, TypeVar, get_args
from uuid import UUID

import msgspec
from litestar import Response
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import SQLModel

from services.refusals import Fault, InvalidParameter
from storage.interface import Page

JSON = "application/json"

Result = TypeVar("Result", contravariant=True)
Item = TypeVar("Item")


class Answer(BaseModel):
    """What goes out."""

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True, defer_build=True)


class RowAnswer(Answer):
    """What goes out of a row that can change."""

    id: UUID
    version: int
    created_at: dt.datetime
    created_by: UUID
    updated_at: dt.datetime
    updated_by: UUID


class RecordAnswer(Answer):
    """What goes out of an append-only row."""

    id: UUID
    recorded_at: dt.datetime
    recorded_by: UUID


class PageAnswer(Answer, Generic[Item]):
    """A page of a list. ``next_cursor`` is null on the last one."""

    items: list[Item]
    next_cursor: str | None = Field(
        default=None, description="Pass as `cursor` to read on; null at the end."
    )


def encode(model: type[BaseModel], row: object) -> bytes:
    """The JSON of a row by the fields of its answer model.

    Rows come from typed columns, so they are written straight from their attributes in one call;
    nothing is validated a second time. Raises TypeError for an object without a ``__dict__`` (one
    with slots): pydantic would write all of it, and of the rows in it, and pass the model by.
    """
    if not hasattr(row, "__dict__"):
        raise TypeError(f"{type(row).__name__} has slots, so its model would not be heeded")
    return model.__pydantic_serializer__.to_json(row, warnings=False)


def encode_cursor(after: UUID) -> str:
    """The opaque cursor that continues after a row."""
    return base64.urlsafe_b64encode(after.bytes).decode().rstrip("=")


def decode_cursor(cursor: str | None) -> UUID | None:
    """The row to continue after. Raises InvalidParameter."""
    if cursor is None:
        return None
    try:
        return UUID(bytes=base64.b64decode(cursor + "==", altchars=b"-_", validate=True))
    except ValueError:
        raise InvalidParameter(
            [Fault("/cursor", "is not a cursor that a list gave", "cursor")]
        ) from None


def entity_tag(version: int) -> str:
    """The ETag of a version."""
    return f'"{version}"'


Render = Callable[[Result], Response[Any]]
"""From an operation's result to its answer."""


class Identified(Protocol):
    """A row, as far as its Location needs it."""

    @property
    def id(self) -> UUID: ...


async def no_work(_: object) -> None:
    """The operation of a route whose answer needs no rows: who asks is all there is to find out."""


def ready_made(answer: BaseModel, *, status: int = HTTP_200_OK) -> Response[Any]:
    """Answers with a model that is whole already."""
    return Response(answer.model_dump_json().encode(), media_type=JSON, status_code=status)


@cache
def one(model: type[BaseModel], *, status: int = HTTP_200_OK) -> Render[object]:
    """Answers with one row, and its ETag if it has a version."""

    def render(row: object) -> Response[Any]:
        return Response(encode(model, row), media_type=JSON, status_code=status, headers=_tag(row))

    return render


@cache
def created(model: type[BaseModel], location: str) -> Render[Identified]:
    """Answers 201 with the row, its ETag and its Location (``{id}`` is filled in)."""

    def render(row: Identified) -> Response[Any]:
        headers = {"Location": location.replace("{id}", str(row.id)), **_tag(row)}
        return Response(
            encode(model, row), media_type=JSON, status_code=HTTP_201_CREATED, headers=headers
        )

    return render


@cache
def page(model: type[BaseModel]) -> Render[Page[SQLModel]]:
    """Answers with a page of rows, encoded in one call."""
    write = _write_flat(model) if _is_flat(model) else _write_nested(model)

    def render(found: Page[SQLModel]) -> Response[Any]:
        cursor = None if found.next_after is None else encode_cursor(found.next_after)
        return Response(write(found.rows, cursor), media_type=JSON)

    return render


WritePage = Callable[[Sequence[object], str | None], bytes]
"""From rows and the next cursor to the JSON of a page."""


def _is_flat(model: type[BaseModel]) -> bool:
    """Whether every field is written as it is: no other model in it, nothing serialized its way."""
    decorators = model.__pydantic_decorators__
    if decorators.field_serializers or decorators.model_serializers or decorators.computed_fields:
        return False
    return not any(_names_a_model(each.annotation) for each in model.model_fields.values())


def _names_a_model(annotation: object) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return True
    return any(_names_a_model(each) for each in get_args(annotation))


def _write_flat(model: type[BaseModel]) -> WritePage:
    """Pages of plain values: msgspec writes them in a third of the time that pydantic takes."""
    names = tuple(model.model_fields)
    pick = itemgetter(*names)
    item = msgspec.defstruct(model.__name__, names, gc=False)

    def write(rows: Sequence[object], next_cursor: str | None) -> bytes:
        items = [item(*pick(row.__dict__)) for row in rows]
        return msgspec.json.encode({"items": items, "next_cursor": next_cursor})

    return write


def _write_nested(model: type[BaseModel]) -> WritePage:
    serializer = PageAnswer[model].__pydantic_serializer__  # type: ignore[valid-type]
    return lambda rows, cursor: serializer.to_json(_Items(rows, cursor), warnings=False)


def _tag(row: object) -> dict[str, str]:
    version = getattr(row, "version", None)
    return {} if version is None else {"ETag": entity_tag(version)}


class _Items:
    """What a page is encoded from: its fields by name, the rows as they are."""

    def __init__(self, items: Sequence[object], next_cursor: str | None) -> None:
        self.items = items
        self.next_cursor = next_cursor
