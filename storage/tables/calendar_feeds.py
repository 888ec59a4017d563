"""Private addresses at which people's calendars read what is due."""

import datetime as dt
from uuid import UUID

from sqlmodel import SQLModel

from storage.rows import (
    TenantRow,
    belongs_to,
    bytes_column,
    check,
    index,
    key_column,
    moment_column,
    text_column,
    unique,
)


class CalendarFeedFields(SQLModel):
    person_id: UUID = key_column()
    name: str = text_column(200)
    secret_sha256: bytes = bytes_column(secret=True)
    revoked_at: dt.datetime | None = moment_column(default=None)


class CalendarFeed(CalendarFeedFields, TenantRow, table=True):
    """An address of one person, for one of their calendars: of its secret a hash is kept."""

    __tablename__ = "calendar_feeds"
    __table_args__ = (
        belongs_to("people", "person_id"),
        unique("calendar_feeds", "secret_sha256"),
        index("calendar_feeds", "person_id", "id"),
        check("hash_is_sha256", "octet_length(secret_sha256) = 32"),
    )
