"""Payments held against the contracts: what was expected, what was allowed, and the difference.

Valuing again what says the same adds nothing; what changes is another row, so that the ledger of
variances tells what was thought when. Takes a constant number of statements.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from msgspec.structs import replace

from services.claims.contracts.pricing import (
    Price,
    Service,
    Term,
    Tolerance,
    dollars,
    prices_of,
    verdict_of,
)
from services.claims.contracts.underpayments import follow
from services.claims.remittances.adjustment_reasons import REASONS, REFUSING_NATURES, ReasonNature
from services.claims.remittances.decided_parts import decided_parts
from services.claims.scrubbing.code_lookup import fee_schedules
from services.claims.x12.scrub_tables import Rates
from services.company_calendar import company_today
from storage.filters import (
    AdjudicationFilter,
    ByClaim,
    ByContract,
    PayerContractFilter,
    PaymentVarianceFilter,
)
from storage.identifiers import new_ids
from storage.interface import Store
from storage.tables.claims import Claim, ClaimLine
from storage.tables.contracts import (
    ContractTerm,
    PayerContract,
    PaymentVariance,
    PaymentVarianceFields,
)
from storage.tables.ledger import Adjudication, AdjudicationAdjustment, AdjudicationLine
from storage.vocabulary.claims import AdjudicationOutcome
from storage.vocabulary.contracts import VarianceVerdict

_COMPARED = frozenset(
    {
        AdjudicationOutcome.PAID,
        AdjudicationOutcome.PARTIALLY_PAID,
        AdjudicationOutcome.PARTIALLY_DENIED,
        AdjudicationOutcome.ZERO_PAID,
    }
)
"""A full denial is worked as one: there is no payment to compare."""

Place = tuple[UUID, int]
"""An adjudication and the ordinal of its line, 0 for the claim as a whole."""


async def value_adjudications(store: Store, adjudications: Sequence[Adjudication]) -> int:
    """Value what primary payers decided, and let the worklist follow; how many rows are new."""
    await store.wait_for_lock("payment-variances")
    claim_ids = sorted({each.claim_id for each in adjudications})
    known = await _load(store, claim_ids) if claim_ids else None
    if known is None:
        return 0
    asked = {each.id for each in adjudications} | {
        each.reverses_id for each in adjudications if each.reverses_id is not None
    }
    current = await _current(store, sorted(asked))
    made: list[PaymentVarianceFields] = []
    for adjudication in known.adjudications:
        if adjudication.id in asked:
            made += _changed(adjudication, known, current)
    ids = new_ids(len(made))
    await store.payment_variances.create_many(made, ids=ids)
    await follow(store, dict(zip(ids, made, strict=True)), await company_today(store))
    return len(made)


@dataclass(frozen=True)
class _Known:
    """All rows that the adjudications of some claims are valued by."""

    claims: Mapping[UUID, Claim]
    claim_lines: Mapping[UUID, list[ClaimLine]]
    adjudications: Sequence[Adjudication]
    lines: Mapping[UUID, list[AdjudicationLine]]
    adjustments: Mapping[UUID, list[AdjudicationAdjustment]]
    contracts: Mapping[UUID, list[PayerContract]]
    terms: Mapping[UUID, list[Term]]
    schedules: Mapping[str, Rates]

    @property
    def taken_back(self) -> set[UUID | None]:
        return {each.reverses_id for each in self.adjudications}

    def contract_of(self, adjudication: Adjudication) -> PayerContract | None:
        """The contract of the payer for the claim's type and day; that of the type before that
        of all types."""
        claim = self.claims[adjudication.claim_id]
        fitting = [
            each
            for each in self.contracts.get(adjudication.payer_id, ())
            if each.claim_type in (None, claim.type)
            and each.effective_from <= claim.service_date
            and (each.effective_to is None or claim.service_date <= each.effective_to)
        ]
        return max(fitting, key=lambda each: each.claim_type is not None, default=None)


async def _load(store: Store, claim_ids: list[UUID]) -> _Known:
    claims = await store.claims.get_many(claim_ids)
    claim_lines = await store.claim_lines.all(ByClaim(claim_ids=claim_ids))
    adjudications = await store.adjudications.all(AdjudicationFilter(claim_ids=claim_ids))
    parts = await decided_parts(store, adjudications)
    by_payer: dict[UUID, list[PayerContract]] = defaultdict(list)
    payer_ids = sorted({each.payer_id for each in adjudications})
    contracts = await store.payer_contracts.all(PayerContractFilter(payer_ids=payer_ids))
    for contract in contracts:
        by_payer[contract.payer_id].append(contract)
    terms = await _terms(store, contracts)
    schedules = {term.schedule for of_one in terms.values() for term in of_one}
    by_claim: dict[UUID, list[ClaimLine]] = defaultdict(list)
    for each in claim_lines:
        by_claim[each.claim_id].append(each)
    return _Known(
        claims={claim.id: claim for claim in claims},
        claim_lines=by_claim,
        adjudications=adjudications,
        lines=parts.lines,
        adjustments=parts.adjustments,
        contracts=by_payer,
        terms=terms,
        schedules=await fee_schedules(
            store,
            {name for name in schedules if name is not None},
            {line.procedure_code for line in claim_lines},
        ),
    )


async def _terms(store: Store, contracts: Sequence[PayerContract]) -> Mapping[UUID, list[Term]]:
    """The last revision of each contract's terms, in their order."""
    revisions = {contract.id: contract.terms_revision for contract in contracts}
    rows: list[ContractTerm] = await store.contract_terms.all(
        ByContract(contract_ids=sorted(revisions))
    )
    terms: dict[UUID, list[Term]] = defaultdict(list)
    for row in sorted(rows, key=lambda each: each.ordinal):
        if row.revision == revisions[row.contract_id]:
            terms[row.contract_id].append(
                Term(
                    id=row.id,
                    basis=row.basis,
                    code_from=row.code_from,
                    code_to=row.code_to,
                    modifier=row.modifier,
                    schedule=row.schedule,
                    percent=row.percent,
                    amount_cents=row.amount_cents,
                    is_carve_out=row.is_carve_out,
                )
            )
    return terms


async def _current(store: Store, adjudication_ids: list[UUID]) -> Mapping[Place, PaymentVariance]:
    current: dict[Place, PaymentVariance] = {}
    for row in await store.payment_variances.all(
        PaymentVarianceFilter(adjudication_ids=adjudication_ids)
    ):
        place = (row.adjudication_id, row.line_ordinal)
        before = current.get(place)
        if before is None or row.valuation > before.valuation:
            current[place] = row
    return current


def _changed(
    adjudication: Adjudication, known: _Known, current: Mapping[Place, PaymentVariance]
) -> Iterator[PaymentVarianceFields]:
    """What has to be appended so that the variances of a decision are up to date."""
    valued = {row.line_ordinal: row for row in _values(adjudication, known)}
    before = {
        ordinal: row for (row_id, ordinal), row in current.items() if row_id == adjudication.id
    }
    for ordinal in sorted({*valued, *before}):
        row, last = valued.get(ordinal), before.get(ordinal)
        if row is None:
            row = _without(adjudication, known, ordinal)
        if last is None:
            yield row
        elif _content(last) != _content(row):
            yield row.model_copy(update={"valuation": last.valuation + 1})


def _content(row: PaymentVarianceFields) -> tuple[object, ...]:
    return (
        row.claim_line_id,
        row.contract_id,
        row.term_id,
        row.verdict,
        row.expected_cents,
        row.allowed_cents,
        row.refused_cents,
        row.arithmetic,
    )


def _without(adjudication: Adjudication, known: _Known, ordinal: int) -> PaymentVarianceFields:
    """What is said of a line that was valued once and is not any more."""
    is_taken_back = adjudication.id in known.taken_back
    return PaymentVarianceFields(
        adjudication_id=adjudication.id,
        line_ordinal=ordinal,
        valuation=1,
        claim_id=adjudication.claim_id,
        patient_id=adjudication.patient_id,
        payer_id=adjudication.payer_id,
        verdict=VarianceVerdict.REVERSED if is_taken_back else VarianceVerdict.NO_DATA,
        allowed_cents=0,
        refused_cents=0,
        arithmetic=(
            "the payer took its decision back"
            if is_taken_back
            else "no contract is about the claim any more"
        ),
    )


def _values(adjudication: Adjudication, known: _Known) -> Iterator[PaymentVarianceFields]:
    contract = known.contract_of(adjudication)
    if (
        contract is None
        or adjudication.reverses_id is not None
        or adjudication.id in known.taken_back
        or adjudication.payer_sequence != 1
        or adjudication.outcome not in _COMPARED
    ):
        return
    claim_lines = known.claim_lines.get(adjudication.claim_id, [])
    prices = prices_of(
        [_service(line) for line in claim_lines],
        known.terms.get(contract.id, ()),
        known.schedules,
        at_most_the_charge=contract.pays_at_most_the_charge,
    )
    decided = _decided(adjudication, known)
    if 0 in decided:
        yield _row(adjudication, contract, _together(prices), decided[0], 0)
        return
    by_line: dict[UUID, list[_Decided]] = defaultdict(list)
    for ordinal, each in sorted(decided.items()):
        if each.claim_line_id is None:
            why = "the payer's line is like none of the claim's"
            yield _row(adjudication, contract, Price((), None, why), each, ordinal)
        else:
            by_line[each.claim_line_id].append(each)
    for price in prices:
        parts = [each for line_id in price.line_ids for each in by_line.get(line_id, ())]
        if parts and any(line_id not in by_line for line_id in price.line_ids):
            price = replace(price, expected_cents=None, arithmetic=_IN_PARTS)  # noqa: PLW2901
        if parts and not all(each.is_denied for each in parts):
            whole = _sum(parts)
            yield _row(adjudication, contract, price, whole, whole.ordinal)


_IN_PARTS = "the payer decided about a part of the lines that one case rate is for"


def _service(line: ClaimLine) -> Service:
    return Service(
        line_id=line.id,
        code=line.procedure_code,
        modifiers=tuple(line.modifiers),
        units=line.units,
        on=line.service_date,
        charge_cents=line.charge_cents,
    )


@dataclass(frozen=True)
class _Decided:
    """What the payer made of a line, or of the lines that one price is for."""

    ordinal: int
    claim_line_id: UUID | None
    allowed_cents: int
    refused_cents: int
    is_denied: bool


def _decided(adjudication: Adjudication, known: _Known) -> Mapping[int, _Decided]:
    """By the ordinals of the decision's lines, from 1; 0 where it came without lines."""
    adjustments: dict[int, list[AdjudicationAdjustment]] = defaultdict(list)
    for each in known.adjustments.get(adjudication.id, ()):
        adjustments[each.line_ordinal or 0].append(each)
    lines = known.lines.get(adjudication.id, [])
    if not lines:
        of_claim = adjustments[0]
        return {0: _decision(0, None, adjudication.paid_cents, None, of_claim, adjudication)}
    return {
        line.ordinal: _decision(
            line.ordinal,
            line.claim_line_id,
            line.paid_cents,
            line.allowed_cents,
            adjustments[line.ordinal],
            adjudication,
            is_denied=line.outcome is AdjudicationOutcome.DENIED,
        )
        for line in lines
    }


def _decision(
    ordinal: int,
    claim_line_id: UUID | None,
    paid_cents: int,
    stated_cents: int | None,
    adjustments: Iterable[AdjudicationAdjustment],
    adjudication: Adjudication,
    *,
    is_denied: bool = False,
) -> _Decided:
    """Allowed is what the payer says it is (AMT*B6); else what it paid, what the patient shares,
    and what a reduction by law or penalty took off the payment. What was refused of a part that was
    paid has no denial: nobody would work it were it taken out of the difference."""
    allowed, refused = paid_cents, 0
    on: dt.date = adjudication.effective_on
    for each in adjustments:
        nature = REASONS.reason(each.reason_code, on).nature
        if nature in REFUSING_NATURES:
            refused += each.amount_cents
        elif each.group_code == "PR" or nature is ReasonNature.PAYMENT_REDUCTION:
            allowed += each.amount_cents
    if stated_cents is not None:
        allowed = stated_cents
    return _Decided(ordinal, claim_line_id, allowed, refused if is_denied else 0, is_denied)


def _sum(parts: Sequence[_Decided]) -> _Decided:
    return _Decided(
        parts[0].ordinal,
        parts[0].claim_line_id,
        sum(each.allowed_cents for each in parts),
        sum(each.refused_cents for each in parts),
        is_denied=False,
    )


def _together(prices: Sequence[Price]) -> Price:
    """The price of a whole claim; not known where that of one line is not."""
    for price in prices:
        if price.expected_cents is None:
            return Price((), None, price.arithmetic, price.term_id)
    expected = sum(price.expected_cents or 0 for price in prices)
    how = f"{len(prices)} prices sum to {dollars(expected)}"
    if len(prices) == 1:
        return Price((), expected, prices[0].arithmetic, prices[0].term_id)
    return Price((), expected, how)


def _row(
    adjudication: Adjudication,
    contract: PayerContract,
    price: Price,
    decided: _Decided,
    ordinal: int,
) -> PaymentVarianceFields:
    expected, allowed = price.expected_cents, decided.allowed_cents
    refused = 0 if expected is None else _counted(decided.refused_cents, expected - allowed)
    difference = None if expected is None else allowed + refused - expected
    verdict = VarianceVerdict.NO_DATA
    arithmetic = price.arithmetic
    if expected is not None and difference is not None:
        tolerance = Tolerance(contract.tolerance_cents, contract.tolerance_basis_points)
        verdict = verdict_of(difference, expected, tolerance)
        arithmetic += f"; allowed {dollars(allowed)}"
        arithmetic += f", denied {dollars(refused)}" if refused else ""
        arithmetic += f": {dollars(difference)}"
    return PaymentVarianceFields(
        adjudication_id=adjudication.id,
        line_ordinal=ordinal,
        valuation=1,
        claim_id=adjudication.claim_id,
        patient_id=adjudication.patient_id,
        payer_id=adjudication.payer_id,
        claim_line_id=decided.claim_line_id,
        contract_id=contract.id,
        term_id=price.term_id,
        verdict=verdict,
        expected_cents=expected,
        allowed_cents=allowed,
        refused_cents=refused,
        difference_cents=difference,
        arithmetic=arithmetic[:500],
    )


def _counted(refused_cents: int, missing_cents: int) -> int:
    """A denial refuses in terms of the charge: no more of it counts than the contract pays."""
    return max(0, min(refused_cents, missing_cents))
