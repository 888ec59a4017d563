"""One's own notifications over HTTP."""

import datetime as dt
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from app.answers import JSON, Answer, PageAnswer, RowAnswer, decode_cursor, encode, one, page
from app.api.parameters import Cursor, Limit
from app.api.routes import OWN
from app.call import Call
from services.identity.authentication import Principal
from services.notifications import own
from services.notifications.own import NewPreferences, Preferences
from storage.filters import NotificationFilter
from storage.vocabulary.notifications import NotificationKind, Timing


class NotificationAnswer(RowAnswer):
    """Something that one should know. ``told_at`` is when it went out by e-mail."""

    kind: NotificationKind
    entity: str
    entity_id: UUID
    timing: Timing
    told_at: dt.datetime | None
    read_at: dt.datetime | None


class PreferencesAnswer(Answer):
    """How soon one is told by e-mail, in minutes since midnight where the company is."""

    timings: dict[NotificationKind, Timing]
    quiet_from_minute: int
    quiet_until_minute: int
    digest_minute: int


class NotificationController(Controller):
    """The notifications of the person who asks."""

    path = "/notifications"
    tags = ("Notifications",)

    @get(operation_id="list_notifications", scope=OWN)
    async def browse(
        self,
        request: Call,
        is_unread: FromQuery[bool | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[NotificationAnswer]]:
        """One's own notifications, newest first."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: own.list_notifications(
                store,
                NotificationFilter(person_id=_person_id(request.principal), is_unread=is_unread),
                limit=limit,
                after=after,
            ),
            page(NotificationAnswer),
        )

    @post(
        "/{notification_id:uuid}/read",
        operation_id="mark_notification_read",
        scope=OWN,
        status_code=200,
    )
    async def mark_read(
        self, request: Call, notification_id: FromPath[UUID]
    ) -> Response[NotificationAnswer]:
        """Mark one of one's own notifications as read."""
        version = request.expected_version
        return await request.run(
            lambda store: own.mark_read(
                store,
                notification_id,
                person_id=_person_id(request.principal),
                expected_version=version,
            ),
            one(NotificationAnswer),
        )


class PreferenceController(Controller):
    """How the person who asks wants to be told."""

    path = "/notification-preferences"
    tags = ("Notifications",)

    @get(operation_id="get_notification_preferences", scope=OWN)
    async def read(self, request: Call) -> Response[PreferencesAnswer]:
        """How one is told: as chosen, or as usual."""
        return await request.run(
            lambda store: own.preferences_of(store, _person_id(request.principal)), _preferences
        )

    @put(operation_id="set_notification_preferences", scope=OWN)
    async def choose(
        self, request: Call, data: JSONBody[NewPreferences]
    ) -> Response[PreferencesAnswer]:
        """Choose how soon each kind is told (off, at once, daily digest), quiet hours, and when the
        digest comes. Replaces what was chosen before; needs no If-Match: they are one's own."""
        return await request.run(
            lambda store: own.choose(store, data, person_id=_person_id(request.principal)),
            _preferences,
        )


def _person_id(principal: Principal) -> UUID:
    """Raises PersonNeeded."""
    principal.require_session()
    return principal.id


def _preferences(held: Preferences) -> Response[Any]:
    answer = PreferencesAnswer(
        timings=dict(held.timings),
        quiet_from_minute=held.plan.quiet_from_minute,
        quiet_until_minute=held.plan.quiet_until_minute,
        digest_minute=held.plan.digest_minute,
    )
    return Response(encode(PreferencesAnswer, answer), media_type=JSON)
