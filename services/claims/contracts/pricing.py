"""What a contract pays for the services of a claim, with the arithmetic. Pure.

Of several terms for a service the most particular counts: with its modifier before without, its
very code before a range, a range before none; among equals the first. A case rate prices the whole
claim at once, but for services that a term carves out. What a schedule does not say is not known,
and never zero.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

import msgspec

from services.claims.x12.scrub_tables import Rates
from storage.vocabulary.contracts import TermBasis, VarianceVerdict


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """How one kind of service is priced; see ``storage.tables.contracts.ContractTerm``."""

    id: UUID
    basis: TermBasis
    code_from: str | None = None
    code_to: str | None = None
    modifier: str | None = None
    schedule: str | None = None
    percent: Decimal | None = None
    amount_cents: int | None = None
    is_carve_out: bool = False


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a claim, as far as its price goes by it."""

    line_id: UUID
    code: str
    modifiers: tuple[str, ...]
    units: Decimal
    on: dt.date
    charge_cents: int


class Price(msgspec.Struct, frozen=True):
    """What the contract pays for some lines together; ``expected_cents`` None: it cannot be said,
    and the arithmetic says why."""

    line_ids: tuple[UUID, ...]
    expected_cents: int | None
    arithmetic: str
    term_id: UUID | None = None


class Tolerance(msgspec.Struct, frozen=True):
    """By how much a payment may differ: the larger of an amount and a part of what is expected."""

    cents: int = 0
    basis_points: int = 0

    def of(self, expected_cents: int) -> int:
        """In cents, for an amount that is expected."""
        part = _rounded(Decimal(expected_cents) * self.basis_points / 10_000)
        return max(self.cents, part)


def prices_of(
    services: Sequence[Service],
    terms: Sequence[Term],
    schedules: Mapping[str, Rates],
    *,
    at_most_the_charge: bool,
) -> list[Price]:
    """The prices of a claim's services: one for each, or one for all that a case rate covers."""
    prices: list[Price] = []
    case, trigger = _case_of(services, terms)
    covered: list[Service] = []
    for service in services:
        term = _term_for(service, terms)
        if case is not None and not (term is not None and term.is_carve_out):
            covered.append(service)
            continue
        prices.append(_price(service, term, schedules, at_most_the_charge=at_most_the_charge))
    if case is not None and trigger is not None and covered:
        prices.append(_case_price(case, trigger, covered, at_most_the_charge=at_most_the_charge))
    return prices


def verdict_of(difference_cents: int, expected_cents: int, tolerance: Tolerance) -> VarianceVerdict:
    """Whether a payment is what the contract pays, within the tolerance."""
    if abs(difference_cents) <= tolerance.of(expected_cents):
        return VarianceVerdict.AS_EXPECTED
    return VarianceVerdict.UNDERPAID if difference_cents < 0 else VarianceVerdict.OVERPAID


def dollars(cents: int) -> str:
    """An amount for people."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02}"


def _fits(term: Term, service: Service) -> bool:
    if term.modifier is not None and term.modifier not in service.modifiers:
        return False
    if term.code_from is None or term.code_to is None:
        return True
    return term.code_from <= service.code <= term.code_to


def _particularity(term: Term) -> tuple[bool, bool, bool]:
    return (
        term.modifier is not None,
        term.code_from is not None and term.code_from == term.code_to,
        term.code_from is not None,
    )


def _term_for(service: Service, terms: Sequence[Term]) -> Term | None:
    fitting = [
        term for term in terms if term.basis is not TermBasis.CASE_RATE and _fits(term, service)
    ]
    return max(fitting, key=_particularity, default=None)


def _case_of(
    services: Sequence[Service], terms: Sequence[Term]
) -> tuple[Term | None, Service | None]:
    """The case rate that a claim falls under, and the service that brings it about."""
    found = [
        (term, service)
        for term in terms
        if term.basis is TermBasis.CASE_RATE
        for service in services
        if _fits(term, service)
    ]
    return max(found, key=lambda pair: _particularity(pair[0]), default=(None, None))


def _price(
    service: Service, term: Term | None, schedules: Mapping[str, Rates], *, at_most_the_charge: bool
) -> Price:
    lines = (service.line_id,)
    if term is None:
        return Price(lines, None, f"no term of the contract is about {service.code}")
    match term.basis:
        case TermBasis.PERCENT_OF_SCHEDULE:
            assert term.schedule is not None
            assert term.percent is not None
            rates = schedules.get(term.schedule)
            if rates is None:
                return Price(lines, None, f"no fee schedule {term.schedule!r} is loaded", term.id)
            if not rates.covers(service.on):
                why = f"no edition of fee schedule {term.schedule!r} is loaded for {service.on}"
                return Price(lines, None, why, term.id)
            fee = rates.value(service.code, service.modifiers, service.on)
            if fee is None:
                why = f"fee schedule {term.schedule!r} has no price of {service.code}"
                return Price(lines, None, why, term.id)
            expected = _rounded(fee * term.percent * service.units / 100)
            how = (
                f"{term.percent}% of {dollars(fee)} ({term.schedule}: {service.code})"
                f" x {service.units} = {dollars(expected)}"
            )
        case TermBasis.PERCENT_OF_CHARGE:
            assert term.percent is not None
            expected = _rounded(service.charge_cents * term.percent / 100)
            how = f"{term.percent}% of the charge {dollars(service.charge_cents)}"
            how += f" = {dollars(expected)}"
        case _:
            assert term.amount_cents is not None
            expected = _rounded(term.amount_cents * service.units)
            how = f"{dollars(term.amount_cents)} x {service.units} = {dollars(expected)}"
    return _capped(lines, expected, how, term, service.charge_cents if at_most_the_charge else None)


def _case_price(
    case: Term, trigger: Service, covered: Sequence[Service], *, at_most_the_charge: bool
) -> Price:
    assert case.amount_cents is not None
    first = trigger if trigger in covered else covered[0]
    lines = (first.line_id, *(each.line_id for each in covered if each is not first))
    charge = sum(each.charge_cents for each in covered)
    how = f"case rate of {trigger.code} for {len(covered)} lines = {dollars(case.amount_cents)}"
    return _capped(lines, case.amount_cents, how, case, charge if at_most_the_charge else None)


def _capped(
    lines: tuple[UUID, ...], expected: int, how: str, term: Term, charge: int | None
) -> Price:
    if charge is not None and charge < expected:
        return Price(lines, charge, f"{how}, at most the charge {dollars(charge)}", term.id)
    return Price(lines, expected, how, term.id)


def _rounded(amount: Decimal) -> int:
    """Halves away from zero."""
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))
