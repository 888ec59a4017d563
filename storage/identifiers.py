"""Row ids: UUIDv7 (RFC 9562), ordered by the time they were made, made by the program."""

import datetime as dt
from collections.abc import Sequence
from typing import overload
from uuid import UUID

import uuid_utils
import uuid_utils.compat

SYSTEM_ACTOR_ID = UUID("00000000-0000-7000-8000-000000000001")
"""The principal that every company has for work no person or key asked for (worker, sealer)."""

OPERATOR_ACTOR_ID = UUID("00000000-0000-7000-8000-000000000002")
"""The installation's operator, as every company's records name it."""


def new_id() -> UUID:
    """A fresh id, later than every id that this process made before."""
    return uuid_utils.compat.uuid7()


def new_ids(count: int) -> list[UUID]:
    """``count`` fresh ids in ascending order."""
    return [uuid_utils.compat.uuid7() for _ in range(count)]


def new_id_bytes(count: int) -> list[bytes]:
    """``count`` fresh ids in ascending order, as bytes: for who only sends them."""
    return [uuid_utils.uuid7().bytes for _ in range(count)]


class FreshIds(Sequence[UUID]):
    """Fresh ids in ascending order, of which most are only sent: each is ``written`` as its bytes,
    and a UUID once somebody asks for it."""

    def __init__(self, count: int) -> None:
        self.written = new_id_bytes(count)

    def __len__(self) -> int:
        return len(self.written)

    @overload
    def __getitem__(self, place: int) -> UUID: ...

    @overload
    def __getitem__(self, place: slice) -> list[UUID]: ...

    def __getitem__(self, place: int | slice) -> UUID | list[UUID]:
        if isinstance(place, slice):
            return [UUID(bytes=each) for each in self.written[place]]
        return UUID(bytes=self.written[place])


def lowest_id_at(moment: dt.datetime) -> UUID:
    """The smallest UUIDv7 that can be made at ``moment``: a bound for partitions and retention."""
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (0b10 << 62))


def moment_of(row_id: UUID) -> dt.datetime:
    """When a UUIDv7 was made, to the millisecond."""
    return dt.datetime.fromtimestamp((row_id.int >> 80) / 1000, dt.UTC)
