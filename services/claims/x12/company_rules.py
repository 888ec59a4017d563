"""Rules that a company makes itself: a condition over fields of the claim, and what to do.

A condition says when there is something to do. It is data (JSON), checked before it is kept and
bounded in size, tried on past claims before it is switched on, and then one more rule of the
scrubber. A comparison with what a claim does not say is false, whatever the operator; ask
``is_absent`` for that. Pure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal, InvalidOperation
from enum import StrEnum

import msgspec

from services.claims.x12.claim_model import Claim, InstitutionalClaim, Line, ProfessionalClaim
from services.claims.x12.scrub_codes import diagnoses_of, lines_of, service_day
from services.claims.x12.scrub_findings import Finding
from services.claims.x12.scrubbing import Rule, Severity, Subject

MOST_PARTS = 100
MOST_LEVELS = 10
MOST_VALUES = 1_000


class Operator(StrEnum):
    """How a field is compared with values; a field of several values needs one that fits."""

    IS_ONE_OF = "is_one_of"
    STARTS_WITH = "starts_with"
    LESS_THAN = "less_than"
    MORE_THAN = "more_than"
    IS_ABSENT = "is_absent"


class Compare(msgspec.Struct, frozen=True, tag="compare", forbid_unknown_fields=True):
    """A field compared with values. Dates are written YYYY-MM-DD, numbers in decimals."""

    field: str
    operator: Operator
    values: tuple[str, ...] = ()


class All(msgspec.Struct, frozen=True, tag="all", forbid_unknown_fields=True):
    """Every one of the conditions holds."""

    conditions: tuple[Condition, ...]


class AnyOf(msgspec.Struct, frozen=True, tag="any", forbid_unknown_fields=True):
    """At least one of the conditions holds."""

    conditions: tuple[Condition, ...]


class Not(msgspec.Struct, frozen=True, tag="not", forbid_unknown_fields=True):
    """The condition does not hold."""

    condition: Condition


class SomeLine(msgspec.Struct, frozen=True, tag="some_line", forbid_unknown_fields=True):
    """There is one line for which the whole condition holds."""

    condition: Condition


Condition = Compare | All | AnyOf | Not | SomeLine


class ConditionFault(msgspec.Struct, frozen=True, gc=False):
    """What is wrong with a condition, and where in it (a JSON pointer)."""

    pointer: str
    detail: str


class CompanyRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of a company. ``severity`` HOLD keeps a claim until a person lets it go."""

    id: str
    version: int
    severity: Severity
    title: str
    remedy: str
    condition: Condition


class Trial(msgspec.Struct, frozen=True):
    """What a rule would have done to past claims: how many, and the first of them."""

    examined: int
    matched: int
    examples: tuple[str, ...]  # patient control numbers


_Value = str | Decimal | dt.date


class _Kind(StrEnum):
    TEXT = "text"
    CODE = "code"  # a text whose points mean nothing: E11.9 is E119
    NUMBER = "number"
    DATE = "date"


_OPERATORS = {
    _Kind.TEXT: frozenset((Operator.IS_ONE_OF, Operator.STARTS_WITH, Operator.IS_ABSENT)),
    _Kind.CODE: frozenset((Operator.IS_ONE_OF, Operator.STARTS_WITH, Operator.IS_ABSENT)),
    _Kind.NUMBER: frozenset(Operator) - {Operator.STARTS_WITH},
    _Kind.DATE: frozenset(Operator) - {Operator.STARTS_WITH},
}
_ClaimField = tuple[_Kind, Callable[[Claim], Iterable[_Value | None]]]
_LineField = tuple[_Kind, Callable[[Claim, Line], Iterable[_Value | None]]]


def _age(claim: Claim) -> int | None:
    """In completed years on the day of service."""
    born = (claim.dependent or claim.subscriber).birth_date
    if born is None:
        return None
    day = service_day(claim)
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _sex(claim: Claim) -> str | None:
    sex = (claim.dependent or claim.subscriber).sex
    return None if sex is None else sex.value


def _npi_of(party: str) -> Callable[[Claim], Iterable[str | None]]:
    def npi(claim: Claim) -> Iterable[str | None]:
        provider = getattr(claim, party, None)
        return (None if provider is None else provider.npi,)

    return npi


def _number(value: int | None) -> Decimal | None:
    return None if value is None else Decimal(value)


_CLAIM_FIELDS: dict[str, _ClaimField] = {
    "kind": (
        _Kind.TEXT,
        lambda c: ("professional" if isinstance(c, ProfessionalClaim) else "institutional",),
    ),
    "charge_cents": (_Kind.NUMBER, lambda c: (Decimal(c.charge_cents),)),
    "line_count": (_Kind.NUMBER, lambda c: (Decimal(len(c.lines)),)),
    "frequency": (_Kind.TEXT, lambda c: (c.frequency.value,)),
    "place_of_service": (_Kind.TEXT, lambda c: (getattr(c, "place_of_service", None),)),
    "facility_type": (_Kind.TEXT, lambda c: (getattr(c, "facility_type", None),)),
    "service_date": (_Kind.DATE, lambda c: (service_day(c),)),
    "diagnosis": (
        _Kind.CODE,
        lambda c: [each.code.replace(".", "") for _, each in diagnoses_of(c)],
    ),
    "drg": (
        _Kind.TEXT,
        lambda c: (c.drg if isinstance(c, InstitutionalClaim) else None,),
    ),
    "prior_authorization": (_Kind.TEXT, lambda c: (c.prior_authorization,)),
    "referral_number": (_Kind.TEXT, lambda c: (c.referral_number,)),
    "payer_claim_number": (_Kind.TEXT, lambda c: (c.payer_claim_number,)),
    "payer.identifier": (_Kind.TEXT, lambda c: (c.payer.identifier,)),
    "subscriber.responsibility": (
        _Kind.TEXT,
        lambda c: (c.subscriber.responsibility.value,),
    ),
    "subscriber.filing_indicator": (_Kind.TEXT, lambda c: (c.subscriber.filing_indicator,)),
    "subscriber.group_number": (_Kind.TEXT, lambda c: (c.subscriber.group_number,)),
    "patient.age_years": (_Kind.NUMBER, lambda c: (_number(_age(c)),)),
    "patient.sex": (_Kind.TEXT, lambda c: (_sex(c),)),
    "billing_provider.npi": (_Kind.TEXT, lambda c: (c.billing_provider.npi,)),
    "billing_provider.taxonomy": (_Kind.TEXT, lambda c: (c.billing_provider.taxonomy,)),
    "rendering.npi": (_Kind.TEXT, _npi_of("rendering")),
    "referring.npi": (_Kind.TEXT, _npi_of("referring")),
    "attending.npi": (_Kind.TEXT, _npi_of("attending")),
    "facility.npi": (_Kind.TEXT, _npi_of("facility")),
}
_LINE_FIELDS: dict[str, _LineField] = {
    "line.procedure_code": (_Kind.TEXT, lambda _, e: (e.procedure_code,)),
    "line.modifier": (_Kind.TEXT, lambda _, e: e.modifiers),
    "line.revenue_code": (_Kind.TEXT, lambda _, e: (getattr(e, "revenue_code", None),)),
    "line.place_of_service": (
        _Kind.TEXT,
        lambda c, e: (
            getattr(e, "place_of_service", None) or getattr(c, "place_of_service", None),
        ),
    ),
    "line.charge_cents": (_Kind.NUMBER, lambda _, e: (Decimal(e.charge_cents),)),
    "line.units": (_Kind.NUMBER, lambda _, e: (e.units,)),
    "line.service_date": (_Kind.DATE, lambda c, e: (service_day(c, e),)),
    "line.ndc": (_Kind.TEXT, lambda _, e: (e.drug.ndc.replace("-", "") if e.drug else None,)),
    "line.rendering_npi": (_Kind.TEXT, lambda _, e: (e.rendering.npi if e.rendering else None,)),
}
FIELDS = {name: kind for name, (kind, _) in (*_CLAIM_FIELDS.items(), *_LINE_FIELDS.items())}
"""What conditions may ask about. Fields of lines, asked outside of ``some_line``, ask all lines."""


def faults_of(condition: Condition) -> list[ConditionFault]:
    """Everything that is wrong with a condition; none if it may be kept."""
    faults: list[ConditionFault] = []
    parts = 0
    waiting: list[tuple[str, Condition, int]] = [("", condition, 1)]
    while waiting:
        at, part, level = waiting.pop()
        parts += 1
        if parts > MOST_PARTS:
            faults.append(ConditionFault("", f"has more than {MOST_PARTS} parts"))
            break
        if level > MOST_LEVELS:
            faults.append(ConditionFault(at, f"stands deeper than {MOST_LEVELS} levels"))
        elif isinstance(part, Compare):
            faults += _faults_of_comparison(at, part)
        elif isinstance(part, All | AnyOf):
            if not part.conditions:
                faults.append(ConditionFault(f"{at}/conditions", "is empty"))
            waiting += [
                (f"{at}/conditions/{number}", each, level + 1)
                for number, each in enumerate(part.conditions[: MOST_PARTS + 1])
            ]
        else:
            waiting.append((f"{at}/condition", part.condition, level + 1))
    return faults


def _faults_of_comparison(at: str, part: Compare) -> Iterator[ConditionFault]:
    kind = FIELDS.get(part.field)
    if kind is None:
        yield ConditionFault(f"{at}/field", "is no field of a claim")
        return
    if part.operator not in _OPERATORS[kind]:
        yield ConditionFault(f"{at}/operator", f"does not go with a {kind}")
    wants_one = part.operator in (Operator.LESS_THAN, Operator.MORE_THAN)
    if part.operator is Operator.IS_ABSENT:
        if part.values:
            yield ConditionFault(f"{at}/values", "stand beside is_absent")
    elif not part.values or (wants_one and len(part.values) > 1):
        yield ConditionFault(f"{at}/values", "are one value" if wants_one else "are at least one")
    elif len(part.values) > MOST_VALUES:
        yield ConditionFault(f"{at}/values", f"are more than {MOST_VALUES}")
    for number, value in enumerate(part.values[:MOST_VALUES]):
        if _value(kind, value) is None:
            yield ConditionFault(f"{at}/values/{number}", f"is no {kind}")


def _value(kind: _Kind, text: str) -> _Value | None:
    try:
        match kind:
            case _Kind.NUMBER:
                number = Decimal(text)
                return number if number.is_finite() else None
            case _Kind.DATE:
                return dt.date.fromisoformat(text)
            case _Kind.CODE:
                return text.replace(".", "") or None
            case _:
                return text or None
    except (InvalidOperation, ValueError):
        return None


def holds(condition: Condition, claim: Claim, line: Line | None = None) -> bool:
    """Whether a condition without faults holds for a claim, or for one line of it."""
    match condition:
        case All():
            return all(holds(each, claim, line) for each in condition.conditions)
        case AnyOf():
            return any(holds(each, claim, line) for each in condition.conditions)
        case Not():
            return not holds(condition.condition, claim, line)
        case SomeLine():
            return any(holds(condition.condition, claim, each) for each in lines_of(claim))
        case Compare():
            return _compares(condition, claim, line)


def _compares(condition: Compare, claim: Claim, line: Line | None) -> bool:
    kind = FIELDS[condition.field]
    found = [each for each in _found(condition.field, claim, line) if each not in (None, "")]
    if condition.operator is Operator.IS_ABSENT:
        return not found
    wanted = [value for text in condition.values if (value := _value(kind, text)) is not None]
    match condition.operator:
        case Operator.IS_ONE_OF:
            return any(each in wanted for each in found)
        case Operator.STARTS_WITH:
            starts = tuple(str(each) for each in wanted)
            return any(str(each).startswith(starts) for each in found)
        case Operator.LESS_THAN:
            return any(_is_less(each, wanted[0]) for each in found)
        case _:
            return any(_is_less(wanted[0], each) for each in found)


def _found(field: str, claim: Claim, line: Line | None) -> Iterator[_Value | None]:
    if field in _CLAIM_FIELDS:
        yield from _CLAIM_FIELDS[field][1](claim)
        return
    for each in lines_of(claim) if line is None else (line,):
        yield from _LINE_FIELDS[field][1](claim, each)


def _is_less(one: _Value | None, other: _Value | None) -> bool:
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return one < other
    return isinstance(one, dt.date) and isinstance(other, dt.date) and one < other


def as_rule(rule: CompanyRule) -> Rule:
    """The rule for the scrubber: it fails where the condition holds."""

    def check(subject: Subject) -> Iterator[Finding]:
        if holds(rule.condition, subject.claim):
            yield Finding("", "the company's condition holds")

    return Rule(
        id=rule.id,
        version=rule.version,
        severity=rule.severity,
        title=rule.title,
        remedy=rule.remedy,
        source="the company's own rule",
        check=check,
    )


def try_on(rule: CompanyRule, claims: Iterable[Claim], most_examples: int = 20) -> Trial:
    """What the rule would have done to past claims, before it is switched on."""
    examined = matched = 0
    examples: list[str] = []
    for claim in claims:
        examined += 1
        if holds(rule.condition, claim):
            matched += 1
            if len(examples) < most_examples:
                examples.append(claim.patient_control_number)
    return Trial(examined=examined, matched=matched, examples=tuple(examples))
