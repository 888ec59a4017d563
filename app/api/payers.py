"""Payers over HTTP."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody
from pydantic import Field

from app.answers import PageAnswer, RowAnswer, created, decode_cursor, one, page
from app.api.parameters import Cursor, Limit
from app.call import Call
from services.claims import payers
from services.identity.scopes import Scope
from services.inputs import Identifier, Input, Name, left_out
from storage.filters import PayerFilter
from storage.tables.addresses import PostalAddress
from storage.tables.claims import ContactInfo, PayerFields
from storage.vocabulary.claims import PayerType, SubmissionMethod

FilingDays = Annotated[int, Field(ge=1, le=3650)]


class NewPayer(Input):
    """A payer to register."""

    name: Name
    payer_identifier: Identifier
    remittance_identifier: Identifier | None = None
    type: PayerType
    claim_submission_method: SubmissionMethod = SubmissionMethod.ELECTRONIC
    timely_filing_limit_days: FilingDays = 365
    contact_info: ContactInfo | None = None
    electronic_identifier: Identifier | None = None
    address: PostalAddress | None = None


class PayerChanges(Input):
    """What to change; what is left out stays. A payer that is not active takes no new claims."""

    name: Name = left_out()
    remittance_identifier: Identifier | None = None
    type: PayerType = left_out()
    claim_submission_method: SubmissionMethod = left_out()
    timely_filing_limit_days: FilingDays = left_out()
    contact_info: ContactInfo | None = None
    electronic_identifier: Identifier | None = None
    address: PostalAddress | None = None
    is_active: bool = left_out()


class PayerAnswer(RowAnswer):
    """A payer. ``remittance_identifier`` is what it writes as TRN03 of its 835 files;
    ``electronic_identifier`` is what claims to it name it by, where not ``payer_identifier``."""

    name: str
    payer_identifier: str
    remittance_identifier: str | None
    type: PayerType
    claim_submission_method: SubmissionMethod
    timely_filing_limit_days: int
    contact_info: ContactInfo | None
    electronic_identifier: str | None
    address: PostalAddress | None
    is_active: bool


class PayerController(Controller):
    """Who adjudicates claims."""

    path = "/payers"
    tags = ("Payers",)

    @post(operation_id="create_payer", scope=Scope.PAYERS_WRITE)
    async def create(self, request: Call, data: JSONBody[NewPayer]) -> Response[PayerAnswer]:
        """Register a payer."""
        return await request.run(
            lambda store: payers.create_payer(store, PayerFields(**dict(data))),
            created(PayerAnswer, "/api/v1/payers/{id}"),
        )

    @get(operation_id="list_payers", scope=Scope.PAYERS_READ)
    async def browse(
        self,
        request: Call,
        type: FromQuery[PayerType | None] = None,  # noqa: A002 -- the field's name
        is_active: FromQuery[bool | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[PayerAnswer]]:
        """Payers, newest first."""
        conditions = PayerFilter(type=type, is_active=is_active)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: payers.list_payers(store, conditions, limit=limit, after=after),
            page(PayerAnswer),
        )

    @get("/{payer_id:uuid}", operation_id="get_payer", scope=Scope.PAYERS_READ)
    async def read(self, request: Call, payer_id: FromPath[UUID]) -> Response[PayerAnswer]:
        """One payer."""
        return await request.run(lambda store: payers.get_payer(store, payer_id), one(PayerAnswer))

    @patch("/{payer_id:uuid}", operation_id="update_payer", scope=Scope.PAYERS_WRITE)
    async def update(
        self, request: Call, payer_id: FromPath[UUID], data: JSONBody[PayerChanges]
    ) -> Response[PayerAnswer]:
        """Change a payer."""
        version = request.expected_version
        changes = data.given()
        return await request.run(
            lambda store: payers.update_payer(store, payer_id, changes, expected_version=version),
            one(PayerAnswer),
        )
