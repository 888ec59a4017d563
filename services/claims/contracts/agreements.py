"""Contracts with payers: their days, their tolerance, and their terms, revision by revision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.claims.contracts.comparing import ask_about_contract
from services.claims.contracts.disputes import count_disputes_anew
from services.claims.drafts import HIGHEST_CHARGE_CENTS, CalendarDay
from services.inputs import Identifier, Input, Name, left_out
from services.refusals import Fault, InvalidInput
from storage.errors import VersionConflict
from storage.filters import ByContract, PayerContractFilter
from storage.interface import Page, Store
from storage.tables.contracts import (
    ContractTerm,
    ContractTermFields,
    PayerContract,
    PayerContractFields,
)
from storage.vocabulary.claims import ClaimType
from storage.vocabulary.contracts import TermBasis

MOST_TERMS = 2_000

Code = Annotated[str, Field(pattern=r"^[0-9A-Z]{5}$", examples=["99213"])]
Cents = Annotated[int, Field(ge=0, le=HIGHEST_CHARGE_CENTS)]
BasisPoints = Annotated[int, Field(ge=0, le=10_000)]
DisputeDays = Annotated[int, Field(ge=1, le=3650)]
Percent = Annotated[Decimal, Field(ge=0, max_digits=7, decimal_places=3)]


class NewContract(Input):
    """What a payer has agreed to, for claims of a type or of all, on some days of service."""

    payer_id: UUID
    name: Name
    claim_type: ClaimType | None = None
    effective_from: CalendarDay
    effective_to: Annotated[CalendarDay | None, Field(examples=[None])] = None
    pays_at_most_the_charge: bool = True
    tolerance_cents: Cents = 0
    tolerance_basis_points: BasisPoints = 0
    dispute_days: Annotated[DisputeDays | None, Field(examples=[120])] = None
    dispute_source: Annotated[Name | None, Field(examples=["Section 7.2"])] = None


class ContractChanges(Input):
    """What to change; what is left out stays. Payments are held against it anew."""

    name: Name = left_out()
    effective_to: Annotated[CalendarDay | None, Field(examples=[None])] = None
    pays_at_most_the_charge: bool = left_out()
    tolerance_cents: Cents = left_out()
    tolerance_basis_points: BasisPoints = left_out()
    dispute_days: Annotated[DisputeDays | None, Field(examples=[120])] = None
    dispute_source: Annotated[Name | None, Field(examples=["Section 7.2"])] = None


class NewTerm(Input):
    """How one kind of service is priced. ``code`` stands for a range of one; without codes it is
    for whatever no other term is about."""

    basis: Annotated[TermBasis, Field(examples=[TermBasis.PERCENT_OF_SCHEDULE])]
    code: Annotated[Code | None, Field(examples=[None])] = None
    code_from: Code | None = None
    code_to: Code | None = None
    modifier: Annotated[str | None, Field(pattern=r"^[0-9A-Z]{2}$", examples=[None])] = None
    schedule: Annotated[Identifier | None, Field(examples=["Medicare 2026"])] = None
    percent: Annotated[Percent | None, Field(examples=["110"])] = None
    amount_cents: Annotated[Cents | None, Field(examples=[None])] = None
    is_carve_out: bool = False


class Terms(Input):
    """All terms of a contract."""

    terms: Annotated[list[NewTerm], Field(min_length=1, max_length=MOST_TERMS)]


@dataclass(frozen=True)
class ContractWithTerms:
    """A contract, and the terms of its last revision in their order."""

    contract: PayerContract
    terms: list[ContractTerm]


async def create_contract(store: Store, new: NewContract) -> ContractWithTerms:
    """Raises InvalidInput, also where another contract of the payer is about the same claims."""
    await store.wait_for_lock(f"payer-contracts/{new.payer_id}")
    faults = []
    if not await store.payers.get_many([new.payer_id]):
        faults.append(Fault("/payer_id", "names nothing that exists"))
    fields = PayerContractFields(**dict(new))
    faults += _day_faults(fields)
    if not faults:
        faults += await _overlaps(store, fields, but=None)
    if faults:
        raise InvalidInput(faults)
    return ContractWithTerms(await store.payer_contracts.create(fields), [])


async def get_contract(store: Store, contract_id: UUID) -> ContractWithTerms:
    """Raises RowNotFound."""
    return await _with_terms(store, await store.payer_contracts.get(contract_id))


async def list_contracts(
    store: Store, conditions: PayerContractFilter, *, limit: int, after: UUID | None
) -> Page[PayerContract]:
    """Contracts, newest first."""
    return await store.payer_contracts.list(conditions, limit=limit, after=after)


async def change_contract(
    store: Store, contract_id: UUID, changes: ContractChanges, *, expected_version: int
) -> ContractWithTerms:
    """Raises RowNotFound, VersionConflict, InvalidInput."""
    payer_id = (await store.payer_contracts.get(contract_id)).payer_id
    await store.wait_for_lock(f"payer-contracts/{payer_id}")
    held = await _held(store, contract_id, expected_version)
    given = changes.given()
    wanted = PayerContractFields(
        **{name: getattr(held, name) for name in PayerContractFields.model_fields} | given
    )
    faults = _day_faults(wanted)
    if not faults:
        faults = await _overlaps(store, wanted, but=contract_id)
    if faults:
        raise InvalidInput(faults)
    if given:
        before = held
        held = await store.payer_contracts.update(
            contract_id, given, expected_version=expected_version
        )
        await ask_about_contract(store, held, before=before)
        await count_disputes_anew(store, payer_id)
    return await _with_terms(store, held)


async def set_terms(
    store: Store, contract_id: UUID, wanted: Terms, *, expected_version: int
) -> ContractWithTerms:
    """Replace all terms by a new revision; the earlier ones stay to be read. What the contract is
    about is compared anew.

    Raises RowNotFound, VersionConflict, InvalidInput with every fault.
    """
    faults = [
        Fault(f"/terms/{at}{fault.pointer}", fault.message)
        for at, term in enumerate(wanted.terms)
        for fault in _term_faults(term)
    ]
    if faults:
        raise InvalidInput(faults)
    held = await _held(store, contract_id, expected_version)
    revision = held.terms_revision + 1
    await store.contract_terms.create_many(
        [
            ContractTermFields(
                contract_id=contract_id,
                revision=revision,
                ordinal=ordinal,
                basis=term.basis,
                code_from=term.code or term.code_from,
                code_to=term.code or term.code_to,
                modifier=term.modifier,
                schedule=term.schedule,
                percent=term.percent,
                amount_cents=term.amount_cents,
                is_carve_out=term.is_carve_out,
            )
            for ordinal, term in enumerate(wanted.terms, start=1)
        ]
    )
    changed = await store.payer_contracts.update(
        contract_id, {"terms_revision": revision}, expected_version=expected_version
    )
    await ask_about_contract(store, changed)
    return await _with_terms(store, changed)


async def _held(store: Store, contract_id: UUID, expected_version: int) -> PayerContract:
    held = await store.payer_contracts.lock(contract_id)
    if held.version != expected_version:
        raise VersionConflict("payer_contracts")
    return held


async def _with_terms(store: Store, contract: PayerContract) -> ContractWithTerms:
    conditions = ByContract(contract_id=contract.id, revision=contract.terms_revision)
    terms = await store.contract_terms.all(conditions)
    return ContractWithTerms(contract, sorted(terms, key=lambda each: each.ordinal))


def _day_faults(wanted: PayerContractFields) -> list[Fault]:
    if wanted.effective_to is not None and wanted.effective_to < wanted.effective_from:
        return [Fault("/effective_to", "lies before the first day")]
    if (wanted.dispute_days is None) != (wanted.dispute_source is None):
        return [Fault("/dispute_source", "and dispute_days go together")]
    return []


async def _overlaps(store: Store, wanted: PayerContractFields, *, but: UUID | None) -> list[Fault]:
    """A fault where another contract of the payer for the same type holds on one of the days."""
    others = await store.payer_contracts.all(PayerContractFilter(payer_id=wanted.payer_id))
    for other in others:
        if other.id == but or other.claim_type != wanted.claim_type:
            continue
        begins_in_time = wanted.effective_to is None or other.effective_from <= wanted.effective_to
        ends_late = other.effective_to is None or wanted.effective_from <= other.effective_to
        if begins_in_time and ends_late:
            message = "a contract of the payer is about such claims on these days already; end it"
            return [Fault("/effective_from", message)]
    return []


_TAKES: dict[TermBasis, frozenset[str]] = {
    TermBasis.PERCENT_OF_SCHEDULE: frozenset({"schedule", "percent"}),
    TermBasis.PERCENT_OF_CHARGE: frozenset({"percent"}),
    TermBasis.FIXED: frozenset({"amount_cents"}),
    TermBasis.CASE_RATE: frozenset({"amount_cents"}),
}


def _term_faults(term: NewTerm) -> Iterator[Fault]:
    for name in ("schedule", "percent", "amount_cents"):
        is_given, is_taken = getattr(term, name) is not None, name in _TAKES[term.basis]
        if is_taken and not is_given:
            yield Fault(f"/{name}", f"is needed for {term.basis}")
        if is_given and not is_taken:
            yield Fault(f"/{name}", f"does not belong to {term.basis}")
    if term.code is not None and (term.code_from, term.code_to) != (None, None):
        yield Fault("/code", "stands beside a range: give one of the two")
    elif (term.code_from is None) != (term.code_to is None):
        yield Fault("/code_to", "and code_from go together")
    elif term.code_from is not None and term.code_to is not None and term.code_from > term.code_to:
        yield Fault("/code_to", "comes before code_from")
    if term.is_carve_out and term.basis is TermBasis.CASE_RATE:
        yield Fault("/is_carve_out", "does not belong to a case rate")
