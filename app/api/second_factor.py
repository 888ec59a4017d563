"""Second factors over HTTP."""

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, JSONBody
from pydantic import Field, SecretStr

from app.answers import JSON, Answer, one
from app.api.people import PersonAnswer
from app.api.routes import OWN
from app.call import Call
from services.identity import second_factors
from services.identity.people import get_person
from services.identity.recovery_codes import LONGEST as LONGEST_CODE
from services.identity.scopes import Scope
from services.identity.second_factors import FactorState
from services.identity.time_codes import setup_address
from services.inputs import Input
from storage.interface import Store
from storage.tables.identity import Person

LOCATION = "/api/v1/people/me/second-factor"


class FactorAnswer(Answer):
    """Whether one needs a second factor, since when one has it, and how many recovery codes are
    left."""

    is_needed: bool
    since: dt.datetime | None
    recovery_codes_left: int


class OfferAnswer(Answer):
    """A secret for an authenticator app, shown this once: ``setup_address`` is what apps read from
    a link or QR code. It counts for nothing until a code of it has come, before ``expires_at``."""

    secret: str
    setup_address: str
    expires_at: dt.datetime


class Confirmation(Input):
    """The code that the app shows now."""

    code: Annotated[SecretStr, Field(min_length=1, max_length=LONGEST_CODE)]


class RecoveryCodesAnswer(Answer):
    """Each serves once in place of a code. They are shown this once; keep them apart from the
    phone."""

    recovery_codes: list[str]


class SecondFactorController(Controller):
    """A code besides the password, of an authenticator app. Whoever manages or signs needs one."""

    path = "/people"
    tags = ("People",)

    @get("/me/second-factor", operation_id="get_own_second_factor", scope=OWN)
    async def read(self, request: Call) -> Response[FactorAnswer]:
        """Whether one needs a second factor, and has one."""

        async def state(store: Store) -> FactorState:
            request.principal.require_session()
            return await second_factors.state_of(store, request.principal.id)

        return await request.run(state, _state)

    @post("/me/second-factor", operation_id="offer_second_factor", scope=OWN, is_on_record=True)
    async def offer(self, request: Call) -> Response[OfferAnswer]:
        """Begin to enrol an app, or another one in its place.

        Needs a recent proof (`PUT /sessions/current/proof`); for whoever has no second factor yet,
        having signed in within the last five minutes is one.
        """

        async def offered(store: Store) -> OfferAnswer:
            request.principal.require_fresh_proof(store.now)
            person = await get_person(store, request.principal.id)
            company = await store.companies.get(store.company_id)
            offer = await second_factors.offer_secret(store, person.id)
            return OfferAnswer(
                secret=offer.secret,
                setup_address=setup_address(
                    offer.secret, person=person.email, company=company.slug
                ),
                expires_at=offer.expires_at,
            )

        return await request.run(offered, lambda answer: _once(answer, status=201))

    @post(
        "/me/second-factor/confirm",
        operation_id="confirm_second_factor",
        scope=OWN,
        is_on_record=True,
        status_code=200,
    )
    async def confirm(
        self, request: Call, data: JSONBody[Confirmation]
    ) -> Response[RecoveryCodesAnswer]:
        """Finish enrolling by a code of the offered secret; one's other sessions end."""
        code = data.code.get_secret_value()

        async def confirmed(store: Store) -> list[str]:
            session_id = request.principal.require_session()
            return await second_factors.confirm_secret(
                store, request.principal.id, code, session_id=session_id
            )

        return await request.run(confirmed, _recovery_codes)

    @post(
        "/me/second-factor/recovery-codes",
        operation_id="renew_recovery_codes",
        scope=OWN,
        is_on_record=True,
        status_code=200,
    )
    async def renew(self, request: Call) -> Response[RecoveryCodesAnswer]:
        """Replace all recovery codes. Needs a recent proof (`PUT /sessions/current/proof`)."""

        async def renewed(store: Store) -> list[str]:
            request.principal.require_fresh_proof(store.now)
            return await second_factors.renew_recovery_codes(store, request.principal.id)

        return await request.run(renewed, _recovery_codes)

    @post(
        "/{person_id:uuid}/reset-second-factor",
        operation_id="reset_second_factor",
        scope=Scope.PEOPLE_MANAGE,
        is_on_record=True,
        status_code=200,
    )
    async def reset(self, request: Call, person_id: FromPath[UUID]) -> Response[PersonAnswer]:
        """Take away somebody's lost second factor and end their sessions: they enrol another one.

        Only a signed-in person does this, and not to themselves.
        """
        version = request.expected_version

        async def taken_away(store: Store) -> Person:
            request.principal.require_session()
            return await second_factors.reset_second_factor(
                store,
                person_id,
                expected_version=version,
                granted_by=request.principal.scopes,
                asked_by=request.principal.id,
            )

        return await request.run(taken_away, one(PersonAnswer))


def _state(state: FactorState) -> Response[Any]:
    row = state.row
    answer = FactorAnswer(
        is_needed=state.is_needed,
        since=state.person.second_factor_since,
        recovery_codes_left=0 if row is None else row.recovery_codes_left,
    )
    return Response(answer.model_dump_json().encode(), media_type=JSON)


def _recovery_codes(codes: list[str]) -> Response[Any]:
    return _once(RecoveryCodesAnswer(recovery_codes=codes), status=200)


def _once(answer: Answer, *, status: int) -> Response[Any]:
    """An answer that bears a secret: neither kept nor repeated."""
    return Response(
        answer.model_dump_json().encode(),
        media_type=JSON,
        status_code=status,
        headers={"Location": LOCATION, "Cache-Control": "no-store"},
    )
