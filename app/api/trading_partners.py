"""Trading partners over HTTP: made, changed, and given the payers whose claims they take."""

import datetime as dt
from uuid import UUID

from litestar import Controller, Response, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from app.answers import PageAnswer, RowAnswer, created, decode_cursor, one, page
from app.api.parameters import Cursor, Limit
from app.call import Call
from services.claims.clearing import partners
from services.claims.clearing.partners import (
    NewTradingPartner,
    PartnerPayers,
    TradingPartnerChanges,
)
from services.identity.scopes import Scope
from storage.filters import TradingPartnerFilter
from storage.vocabulary.clearing import Delivery, InterchangeUsage

LOCATION = "/api/v1/trading-partners/{id}"


class TradingPartnerAnswer(RowAnswer):
    """A clearinghouse or payer that files of claims go to, and what stands in their envelopes."""

    name: str
    delivery: Delivery
    mailbox_id: UUID | None
    usage: InterchangeUsage
    sender_qualifier: str
    sender_identifier: str
    receiver_qualifier: str
    receiver_identifier: str
    application_sender: str
    application_receiver: str
    wants_interchange_acknowledgement: bool
    submitter_name: str
    submitter_identifier: str
    contact_name: str
    contact_telephone: str | None
    contact_email: str | None
    receiver_name: str
    receiver_identifier_code: str
    disabled_at: dt.datetime | None


class PartnerPayerAnswer(RowAnswer):
    """A payer whose claims go through the partner."""

    payer_id: UUID


class TradingPartnerController(Controller):
    """Clearinghouses and payers that files of claims go to."""

    path = "/trading-partners"
    tags = ("Clearinghouses",)

    @post(operation_id="create_trading_partner", scope=Scope.PARTNERS_MANAGE)
    async def create(
        self, request: Call, data: JSONBody[NewTradingPartner]
    ) -> Response[TradingPartnerAnswer]:
        """Name a partner, what stands in the envelopes of files for it, and how they reach it."""
        return await request.run(
            lambda store: partners.create_partner(store, data),
            created(TradingPartnerAnswer, LOCATION),
        )

    @get(operation_id="list_trading_partners", scope=Scope.PARTNERS_READ)
    async def browse(
        self,
        request: Call,
        is_enabled: FromQuery[bool | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[TradingPartnerAnswer]]:
        """Trading partners, newest first."""
        conditions = TradingPartnerFilter(is_enabled=is_enabled)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: partners.list_partners(store, conditions, limit=limit, after=after),
            page(TradingPartnerAnswer),
        )

    @get("/{partner_id:uuid}", operation_id="get_trading_partner", scope=Scope.PARTNERS_READ)
    async def read(
        self, request: Call, partner_id: FromPath[UUID]
    ) -> Response[TradingPartnerAnswer]:
        """One trading partner."""
        return await request.run(
            lambda store: partners.get_partner(store, partner_id), one(TradingPartnerAnswer)
        )

    @patch("/{partner_id:uuid}", operation_id="update_trading_partner", scope=Scope.PARTNERS_MANAGE)
    async def update(
        self, request: Call, partner_id: FromPath[UUID], data: JSONBody[TradingPartnerChanges]
    ) -> Response[TradingPartnerAnswer]:
        """Change a partner; files that are written already stay as they are."""
        version = request.expected_version
        return await request.run(
            lambda store: partners.change_partner(
                store, partner_id, data, expected_version=version
            ),
            one(TradingPartnerAnswer),
        )

    @post(
        "/{partner_id:uuid}/disable",
        operation_id="disable_trading_partner",
        scope=Scope.PARTNERS_MANAGE,
        status_code=200,
    )
    async def disable(
        self, request: Call, partner_id: FromPath[UUID]
    ) -> Response[TradingPartnerAnswer]:
        """Send nothing new to it; what waits still goes."""
        version = request.expected_version
        return await request.run(
            lambda store: partners.disable_partner(store, partner_id, expected_version=version),
            one(TradingPartnerAnswer),
        )

    @post(
        "/{partner_id:uuid}/enable",
        operation_id="enable_trading_partner",
        scope=Scope.PARTNERS_MANAGE,
        status_code=200,
    )
    async def enable(
        self, request: Call, partner_id: FromPath[UUID]
    ) -> Response[TradingPartnerAnswer]:
        """Send to it again."""
        version = request.expected_version
        return await request.run(
            lambda store: partners.enable_partner(store, partner_id, expected_version=version),
            one(TradingPartnerAnswer),
        )

    @put(
        "/{partner_id:uuid}/payers",
        operation_id="set_trading_partner_payers",
        scope=Scope.PARTNERS_MANAGE,
    )
    async def set_payers(
        self, request: Call, partner_id: FromPath[UUID], data: JSONBody[PartnerPayers]
    ) -> Response[TradingPartnerAnswer]:
        """Have the claims of these payers, and of no others, go through the partner."""
        version = request.expected_version
        return await request.run(
            lambda store: partners.set_partner_payers(
                store, partner_id, data, expected_version=version
            ),
            one(TradingPartnerAnswer),
        )

    @get(
        "/{partner_id:uuid}/payers",
        operation_id="list_trading_partner_payers",
        scope=Scope.PARTNERS_READ,
    )
    async def payers(
        self,
        request: Call,
        partner_id: FromPath[UUID],
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[PartnerPayerAnswer]]:
        """The payers whose claims go through it."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: partners.list_partner_payers(store, partner_id, limit=limit, after=after),
            page(PartnerPayerAnswer),
        )
