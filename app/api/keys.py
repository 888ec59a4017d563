"""API keys over HTTP."""

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from pydantic import Field

from app.answers import (
    JSON,
    Answer,
    PageAnswer,
    Render,
    RowAnswer,
    decode_cursor,
    encode,
    entity_tag,
    one,
    page,
)
from app.api.parameters import Cursor, Limit
from app.call import Call
from services.identity import keys
from services.identity.keys import LONGEST_OVERLAP_HOURS, IssuedKey, NewKey
from services.identity.scopes import Scope
from services.inputs import Input
from storage.filters import ApiKeyFilter
from storage.tables.identity import ApiKey
from storage.vocabulary.identity import KeyFlag

LOCATION = "/api/v1/keys/{id}"


class KeyAnswer(RowAnswer):
    """An API key. Until ``previous_valid_until`` the secret before the last rotation holds too.
    With a ``flag`` somebody has to look at it, because whoever made it may not do any more what it
    may; it goes on working."""

    name: str
    scopes: list[str]
    expires_at: dt.datetime | None
    last_used_at: dt.datetime | None
    previous_valid_until: dt.datetime | None
    revoked_at: dt.datetime | None
    rotated_by: UUID | None
    flagged_at: dt.datetime | None
    flag: KeyFlag | None


class KeyWithSecret(Answer):
    """A key and its secret, which is shown this once: send it as ``Authorization: Bearer``."""

    key: KeyAnswer
    secret: str


class Rotation(Input):
    """For how many hours the old secret holds beside the new one."""

    overlap_hours: Annotated[int, Field(ge=0, le=LONGEST_OVERLAP_HOURS)] = 24


class _KeyAndSecret:
    """What ``KeyWithSecret`` is encoded from."""

    def __init__(self, key: ApiKey, secret: str) -> None:
        self.key = key
        self.secret = secret


class KeyController(Controller):
    """The company's API keys. Nobody grants a scope that they lack."""

    path = "/keys"
    tags = ("API keys",)

    @post(operation_id="create_key", scope=Scope.KEYS_MANAGE)
    async def create(self, request: Call, data: JSONBody[NewKey]) -> Response[KeyWithSecret]:
        """Make a key. Its secret stands in this answer and nowhere else."""
        return await request.run(
            lambda store: keys.create_key(store, data, granted_by=request.principal.scopes),
            _with_secret(status=201),
        )

    @get(operation_id="list_keys", scope=Scope.KEYS_READ)
    async def browse(
        self,
        request: Call,
        is_unrevoked: FromQuery[bool | None] = None,
        is_unflagged: FromQuery[bool | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[KeyAnswer]]:
        """Keys, newest first."""
        conditions = ApiKeyFilter(is_unrevoked=is_unrevoked, is_unflagged=is_unflagged)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: keys.list_keys(store, conditions, limit=limit, after=after),
            page(KeyAnswer),
        )

    @get("/{key_id:uuid}", operation_id="get_key", scope=Scope.KEYS_READ)
    async def read(self, request: Call, key_id: FromPath[UUID]) -> Response[KeyAnswer]:
        """One key."""
        return await request.run(lambda store: keys.get_key(store, key_id), one(KeyAnswer))

    @post(
        "/{key_id:uuid}/rotate",
        operation_id="rotate_key",
        scope=Scope.KEYS_MANAGE,
        status_code=200,
    )
    async def rotate(
        self, request: Call, key_id: FromPath[UUID], data: JSONBody[Rotation]
    ) -> Response[KeyWithSecret]:
        """Give a key a new secret; the old one holds for ``overlap_hours`` more."""
        version = request.expected_version
        return await request.run(
            lambda store: keys.rotate_key(
                store,
                key_id,
                overlap_hours=data.overlap_hours,
                expected_version=version,
                granted_by=request.principal.scopes,
            ),
            _with_secret(status=200),
        )

    @post(
        "/{key_id:uuid}/revoke",
        operation_id="revoke_key",
        scope=Scope.KEYS_MANAGE,
        status_code=200,
    )
    async def revoke(self, request: Call, key_id: FromPath[UUID]) -> Response[KeyAnswer]:
        """End a key at once."""
        version = request.expected_version
        return await request.run(
            lambda store: keys.revoke_key(store, key_id, expected_version=version),
            one(KeyAnswer),
        )

    @post(
        "/{key_id:uuid}/clear-flag",
        operation_id="clear_key_flag",
        scope=Scope.KEYS_MANAGE,
        status_code=200,
    )
    async def clear_flag(self, request: Call, key_id: FromPath[UUID]) -> Response[KeyAnswer]:
        """Say that a flagged key was looked at and is right. Only a signed-in person can, who may
        do all that the key may."""
        version = request.expected_version
        return await request.run(
            lambda store: keys.clear_flag(
                store, key_id, expected_version=version, principal=request.principal
            ),
            one(KeyAnswer),
        )


def _with_secret(*, status: int) -> Render[IssuedKey]:
    def render(issued: IssuedKey) -> Response[Any]:
        return Response(
            encode(KeyWithSecret, _KeyAndSecret(issued.key, issued.secret.text)),
            media_type=JSON,
            status_code=status,
            headers={
                "Location": LOCATION.replace("{id}", str(issued.key.id)),
                "ETag": entity_tag(issued.key.version),
                "Cache-Control": "no-store",
            },
        )

    return render
