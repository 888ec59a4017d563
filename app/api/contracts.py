"""Contracts with payers over HTTP: what they pay, and what payments are worth against them."""

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from app.answers import (
    PageAnswer,
    RecordAnswer,
    Render,
    RowAnswer,
    created,
    decode_cursor,
    one,
    page,
)
from app.api.parameters import Cursor, Limit
from app.call import Call
from services.claims.contracts import agreements, comparing, variances
from services.claims.contracts.agreements import (
    ContractChanges,
    ContractWithTerms,
    NewContract,
    Terms,
)
from services.identity.scopes import Scope
from storage.filters import PayerContractFilter, PaymentVarianceFilter
from storage.vocabulary.claims import ClaimType
from storage.vocabulary.contracts import TermBasis, VarianceVerdict

LOCATION = "/api/v1/payer-contracts/{id}"


class ContractAnswer(RowAnswer):
    """What a payer has agreed to pay, on which days of service. A payment that differs by no more
    than the larger of the two tolerances is as expected."""

    payer_id: UUID
    name: str
    claim_type: ClaimType | None
    effective_from: dt.date
    effective_to: dt.date | None
    pays_at_most_the_charge: bool
    tolerance_cents: int
    tolerance_basis_points: int
    terms_revision: int
    dispute_days: int | None
    dispute_source: str | None


class ContractTermAnswer(RecordAnswer):
    """How one kind of service is priced."""

    revision: int
    ordinal: int
    basis: TermBasis
    code_from: str | None
    code_to: str | None
    modifier: str | None
    schedule: str | None
    percent: Decimal | None
    amount_cents: int | None
    is_carve_out: bool


class ContractDetail(ContractAnswer):
    """A contract with its terms."""

    terms: list[ContractTermAnswer]


class PaymentVarianceAnswer(RecordAnswer):
    """A payer's decision on a line, held against the contract. The highest ``valuation`` of a
    line counts; ``line_ordinal`` is 0 where the decision came without lines. ``no_data``: what the
    contract pays cannot be said, and ``arithmetic`` says why."""

    adjudication_id: UUID
    line_ordinal: int
    valuation: int
    claim_id: UUID
    payer_id: UUID
    claim_line_id: UUID | None
    contract_id: UUID | None
    term_id: UUID | None
    verdict: VarianceVerdict
    expected_cents: int | None
    allowed_cents: int
    refused_cents: int
    difference_cents: int | None
    arithmetic: str


class _Whole:
    """A contract and its terms side by side, as the answer shows them."""

    id: UUID

    def __init__(self, found: ContractWithTerms) -> None:
        self.__dict__.update(found.contract.__dict__, terms=found.terms)


def _flat(render: Render[_Whole]) -> Render[ContractWithTerms]:
    return lambda found: render(_Whole(found))


def _asked(_: object) -> Response[Any]:
    return Response(None, status_code=202)


class ContractController(Controller):
    """What payers have agreed to pay."""

    path = "/payer-contracts"
    tags = ("Contracts",)

    @post(operation_id="create_payer_contract", scope=Scope.CONTRACTS_WRITE)
    async def create(self, request: Call, data: JSONBody[NewContract]) -> Response[ContractDetail]:
        """Enter a contract; its terms come after it."""
        return await request.run(
            lambda store: agreements.create_contract(store, data),
            _flat(created(ContractDetail, LOCATION)),
        )

    @get(operation_id="list_payer_contracts", scope=Scope.CONTRACTS_READ)
    async def browse(
        self,
        request: Call,
        payer_id: FromQuery[UUID | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[ContractAnswer]]:
        """Contracts, newest first."""
        conditions = PayerContractFilter(payer_id=payer_id)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: agreements.list_contracts(store, conditions, limit=limit, after=after),
            page(ContractAnswer),
        )

    @get("/{contract_id:uuid}", operation_id="get_payer_contract", scope=Scope.CONTRACTS_READ)
    async def read(self, request: Call, contract_id: FromPath[UUID]) -> Response[ContractDetail]:
        """One contract with its terms."""
        return await request.run(
            lambda store: agreements.get_contract(store, contract_id),
            _flat(one(ContractDetail)),
        )

    @patch("/{contract_id:uuid}", operation_id="update_payer_contract", scope=Scope.CONTRACTS_WRITE)
    async def update(
        self, request: Call, contract_id: FromPath[UUID], data: JSONBody[ContractChanges]
    ) -> Response[ContractDetail]:
        """Change a contract: its end, its tolerances, its name."""
        version = request.expected_version
        return await request.run(
            lambda store: agreements.change_contract(
                store, contract_id, data, expected_version=version
            ),
            _flat(one(ContractDetail)),
        )

    @put(
        "/{contract_id:uuid}/terms",
        operation_id="set_contract_terms",
        scope=Scope.CONTRACTS_WRITE,
    )
    async def set_terms(
        self, request: Call, contract_id: FromPath[UUID], data: JSONBody[Terms]
    ) -> Response[ContractDetail]:
        """Replace all terms by a new revision; the earlier ones stay to be read with the variances
        that went by them."""
        version = request.expected_version
        return await request.run(
            lambda store: agreements.set_terms(store, contract_id, data, expected_version=version),
            _flat(one(ContractDetail)),
        )

    @post(
        "/{contract_id:uuid}/comparisons",
        operation_id="compare_payments",
        scope=Scope.CONTRACTS_WRITE,
        status_code=202,
    )
    async def compare(self, request: Call, contract_id: FromPath[UUID]) -> Response[None]:
        """Have everything that the payer has decided compared anew, behind the answer: after the
        contract, its terms or a fee schedule have changed."""
        return await request.run(
            lambda store: comparing.ask_for_comparison_anew(store, contract_id), _asked
        )


class PaymentVarianceController(Controller):
    """Payments held against contracts."""

    path = "/payment-variances"
    tags = ("Contracts",)

    @get(operation_id="list_payment_variances", scope=Scope.CONTRACTS_READ)
    async def browse(
        self,
        request: Call,
        claim_id: FromQuery[UUID | None] = None,
        payer_id: FromQuery[UUID | None] = None,
        contract_id: FromQuery[UUID | None] = None,
        adjudication_id: FromQuery[UUID | None] = None,
        verdict: FromQuery[VarianceVerdict | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[PaymentVarianceAnswer]]:
        """The ledger of variances, newest first."""
        conditions = PaymentVarianceFilter(
            claim_id=claim_id,
            payer_id=payer_id,
            contract_id=contract_id,
            adjudication_id=adjudication_id,
            verdict=verdict,
        )
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: variances.list_variances(store, conditions, limit=limit, after=after),
            page(PaymentVarianceAnswer),
        )
