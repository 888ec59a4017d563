"""Pages of several lists merge into one that has every entry once and in order."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import SQLModel

from services.trail.merging import merged
from storage.interface import Page


class Entry(SQLModel):
    """Something that happened."""

    id: UUID


ids = st.integers(1, 40).map(lambda n: UUID(int=n))
lists = st.lists(st.sets(ids), min_size=1, max_size=4)


def page_of(known: set[UUID], *, limit: int, after: UUID | None) -> Page[Entry]:
    """A page of one list, as a repository gives it."""
    left = sorted((each for each in known if after is None or each < after), reverse=True)
    rows = [Entry(id=each) for each in left[:limit]]
    return Page(rows, rows[-1].id if len(left) > limit else None)


@given(lists, st.integers(1, 7))
def test_walking_the_merged_list_meets_every_entry_once_and_in_order(
    sources: list[set[UUID]], limit: int
) -> None:
    seen: list[UUID] = []
    after: UUID | None = None
    while True:
        page = merged([page_of(each, limit=limit, after=after) for each in sources], limit=limit)
        assert len(page.rows) <= limit
        seen += [entry.id for entry in page.rows]
        if page.next_after is None:
            break
        after = page.next_after
    assert seen == sorted(set().union(*sources), reverse=True)
