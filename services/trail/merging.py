"""Pages of several lists as one page of all of them, newest first."""

from collections.abc import Iterable, Sequence
from typing import TypeVar
from uuid import UUID

from sqlmodel import SQLModel

from storage.interface import Page

Entry = TypeVar("Entry", bound=SQLModel)


def merged(pages: Sequence[Page[Entry]], *, limit: int) -> Page[Entry]:
    """The newest ``limit`` of all entries; one that several lists have appears once.

    Ids are the order of events. Each page is of ``limit`` entries of its own list after the same
    cursor, so nothing that belongs on this page is missing from them.
    """
    by_id = {_id(entry): entry for entry in _entries(pages)}
    ordered = [by_id[row_id] for row_id in sorted(by_id, reverse=True)]
    shown = ordered[:limit]
    has_more = len(ordered) > limit or any(page.next_after is not None for page in pages)
    return Page(shown, _id(shown[-1]) if has_more else None)


def _entries(pages: Sequence[Page[Entry]]) -> Iterable[Entry]:
    return (entry for page in pages for entry in page.rows)


def _id(entry: SQLModel) -> UUID:
    row_id = entry.__dict__["id"]
    assert isinstance(row_id, UUID)
    return row_id
