"""Calendar feeds of what is due, over HTTP."""

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from app.answers import PageAnswer, RowAnswer, decode_cursor, one, page, ready_made
from app.api.parameters import Cursor, Limit
from app.api.routes import PUBLIC
from app.call import Call
from services.identity.scopes import Scope
from services.regulatory_compliance.due import feeds
from services.regulatory_compliance.due.calendar_file import calendar_file
from services.regulatory_compliance.due.feeds import IssuedFeed, NewFeed
from storage.identifiers import SYSTEM_ACTOR_ID
from storage.interface import Actor

CALENDAR = "text/calendar"
PATH = "/api/v1/compliance/calendar"
FeedToken = Annotated[
    str,
    QueryParameter(
        description="The secret of the address; it is in no log.", min_length=60, max_length=80
    ),
]


class CalendarFeedAnswer(RowAnswer):
    """An address for one of one's calendars."""

    person_id: UUID
    name: str
    revoked_at: dt.datetime | None


class CalendarFeedWithAddress(CalendarFeedAnswer):
    """A feed and its address, which is shown this once: whoever has it reads the calendar."""

    address: str


class CalendarFeedController(Controller):
    """Private addresses at which one's calendar programs read what is due."""

    path = "/compliance/calendar-feeds"
    tags = ("Compliance reports",)

    @post(operation_id="create_calendar_feed", scope=Scope.COMPLIANCE_READ)
    async def create(
        self, request: Call, data: JSONBody[NewFeed]
    ) -> Response[CalendarFeedWithAddress]:
        """Make an address. It stands in this answer and nowhere else; only a person has one."""
        public_url = request.platform.settings.public_url

        def shown(issued: IssuedFeed) -> Response[Any]:
            said = {name: getattr(issued.feed, name) for name in CalendarFeedAnswer.model_fields}
            answer = CalendarFeedWithAddress(
                **said, address=f"{public_url}{PATH}?token={issued.secret.text}"
            )
            response = ready_made(answer, status=201)
            response.headers["Cache-Control"] = "no-store"
            response.headers["ETag"] = f'"{issued.feed.version}"'
            response.headers["Location"] = f"/api/v1/compliance/calendar-feeds/{issued.feed.id}"
            return response

        return await request.run(
            lambda store: feeds.create_feed(store, request.principal, data), shown
        )

    @get(operation_id="list_calendar_feeds", scope=Scope.COMPLIANCE_READ)
    async def browse(
        self, request: Call, limit: Limit = 50, cursor: Cursor = None
    ) -> Response[PageAnswer[CalendarFeedAnswer]]:
        """One's own, newest first, revoked ones among them."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: feeds.list_feeds(store, request.principal, limit=limit, after=after),
            page(CalendarFeedAnswer),
        )

    @delete(
        "/{feed_id:uuid}",
        operation_id="revoke_calendar_feed",
        scope=Scope.COMPLIANCE_READ,
        status_code=200,
    )
    async def revoke(self, request: Call, feed_id: FromPath[UUID]) -> Response[CalendarFeedAnswer]:
        """End one of one's own at once."""
        version = request.expected_version
        return await request.run(
            lambda store: feeds.revoke_feed(
                store, request.principal, feed_id, expected_version=version
            ),
            one(CalendarFeedAnswer),
        )


class CalendarController(Controller):
    """What calendar programs read."""

    path = "/compliance/calendar"
    tags = ("Compliance reports",)

    @get(
        operation_id="read_calendar_feed",
        scope=PUBLIC,
        produces=(CALENDAR,),
        also_refuses=(400, 401),
    )
    async def read(self, request: Call, token: FeedToken) -> Response[Any]:
        """What is due, as whole days (RFC 5545), for whoever has the address. An address that was
        revoked, or whose person may not read compliance any more, is answered 401 like one that
        never was."""
        credential = feeds.parse_feed(token)
        actor = Actor(SYSTEM_ACTOR_ID, request.request_id)
        async with request.platform.storage.transaction(credential.company_id, actor) as store:
            content = await feeds.read_feed(store, credential)
            now = store.now
        return Response(
            calendar_file(content, now),
            media_type=CALENDAR,
            headers={
                "Content-Disposition": 'attachment; filename="compliance.ics"',
                "Cache-Control": "no-store",
            },
        )
