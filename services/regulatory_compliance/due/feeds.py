"""Private calendar feeds: made once, shown once, read by whoever has the address, revoked at once.

An address is one person's, and shows what they may see: it shows nothing any more once they are
disabled or may not read compliance.
"""

import hmac
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.identity.authentication import NotAuthenticated, Principal
from services.identity.credentials import Credential, NewSecret, make_credential, parse_credential
from services.identity.roles import scopes_held
from services.identity.scopes import Scope
from services.inputs import Input, Name
from services.regulatory_compliance.due.things import DueThing, due_things
from storage.errors import RowNotFound
from storage.filters import CalendarFeedFilter
from storage.interface import Page, Store
from storage.tables.calendar_feeds import CalendarFeed, CalendarFeedFields

PREFIX = "wf"


class NewFeed(Input):
    """For which calendar a feed is, so that one knows which to revoke."""

    name: Annotated[Name, Field(examples=["My telephone"])]


@dataclass(frozen=True)
class IssuedFeed:
    """A feed, and its secret, which nobody can read again."""

    feed: CalendarFeed
    secret: NewSecret


@dataclass(frozen=True)
class FeedContent:
    """What a calendar is shown."""

    company_name: str
    things: list[DueThing]


def parse_feed(text: str) -> Credential:
    """Whose feed a text may be. Raises NotAuthenticated."""
    found = parse_credential(PREFIX, text)
    if found is None:
        raise NotAuthenticated
    return found


async def create_feed(store: Store, principal: Principal, new: NewFeed) -> IssuedFeed:
    """Make an address for one of one's calendars. Raises PersonNeeded."""
    principal.require_session()
    secret = make_credential(PREFIX, store.company_id)
    feed = await store.calendar_feeds.create(
        CalendarFeedFields(
            person_id=principal.id, name=new.name, secret_sha256=secret.secret_sha256
        )
    )
    return IssuedFeed(feed, secret)


async def list_feeds(
    store: Store, principal: Principal, *, limit: int, after: UUID | None
) -> Page[CalendarFeed]:
    """One's own feeds, newest first, revoked ones among them."""
    conditions = CalendarFeedFilter(person_id=principal.id)
    return await store.calendar_feeds.list(conditions, limit=limit, after=after)


async def revoke_feed(
    store: Store, principal: Principal, feed_id: UUID, *, expected_version: int
) -> CalendarFeed:
    """End one of one's own at once; revoked already, it stays as it is.

    Raises RowNotFound, VersionConflict.
    """
    feed = await store.calendar_feeds.lock(feed_id)
    if feed.person_id != principal.id:
        raise RowNotFound("calendar_feeds")
    if feed.revoked_at is not None:
        return feed
    return await store.calendar_feeds.update(
        feed_id, {"revoked_at": store.now}, expected_version=expected_version
    )


async def read_feed(store: Store, credential: Credential) -> FeedContent:
    """What is due, for whoever has the address. Raises NotAuthenticated."""
    held = await store.calendar_feeds.all(
        CalendarFeedFilter(secret_sha256=credential.secret_sha256, is_standing=True)
    )
    feed = next(
        (
            each
            for each in held
            if hmac.compare_digest(each.secret_sha256, credential.secret_sha256)
        ),
        None,
    )
    if feed is None:
        raise NotAuthenticated
    person = await store.people.get(feed.person_id)
    if person.disabled_at is not None:
        raise NotAuthenticated
    if Scope.COMPLIANCE_READ not in await scopes_held(store, person):
        raise NotAuthenticated
    company = await store.companies.get(store.company_id)
    return FeedContent(company.name, await due_things(store))
