"""The indicators: what each divides by what, over which days, after whom, and what is left out.

Sources: "HFMA MAP Keys" is the Healthcare Financial Management Association's set of revenue-cycle
indicators; "HFMA Claim Integrity Task Force" its definitions of denial metrics (hfma.org, March
2021). What is marked as our own has no standard behind it.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from services.claims.figures.periods import Span
from storage.vocabulary.figures import FigureInputKind, Measure

MAP_KEYS = "HFMA MAP Keys"
TASK_FORCE = "HFMA Claim Integrity Task Force"
OURS = "our own definition, no industry standard"


class Counting(StrEnum):
    """What is taken of a measure's rows: how many there are, or the sum of their amounts."""

    ROWS = "rows"
    AMOUNT = "amount"


class Per(StrEnum):
    """By what a part is divided before the two are: nothing, the months that it covers, or the
    days (of months that are not over, those that have begun)."""

    ALL = "all"
    MONTH = "month"
    DAY = "day"


class FigureUnit(StrEnum):
    """What a figure's value is."""

    PERCENT = "percent"
    DAYS = "days"


class IndicatorName(StrEnum):
    """What the indicators are called."""

    CLEAN_CLAIM_RATE = "clean_claim_rate"
    INITIAL_DENIAL_RATE = "initial_denial_rate"
    INITIAL_DENIAL_RATE_OF_CHARGES = "initial_denial_rate_of_charges"
    PRIMARY_DENIAL_RATE = "primary_denial_rate"
    DENIAL_WRITE_OFFS = "denial_write_offs"
    OVERTURN_RATE = "overturn_rate"
    DAYS_FROM_DENIAL_TO_APPEAL = "days_from_denial_to_appeal"
    DAYS_FROM_DENIAL_TO_RESOLUTION = "days_from_denial_to_resolution"
    NET_DAYS_IN_RECEIVABLES = "net_days_in_receivables"
    AGED_RECEIVABLES_OVER_90_DAYS = "aged_receivables_over_90_days"
    COST_TO_COLLECT = "cost_to_collect"
    CASH_COLLECTION = "cash_collection"
    POINT_OF_SERVICE_CASH = "point_of_service_cash"
    FIRST_PASS_RESOLUTION = "first_pass_resolution"  # noqa: S105 -- of a claim
    NET_COLLECTION_RATE = "net_collection_rate"


@dataclass(frozen=True)
class Term:
    """A measure over the days of a span."""

    measure: Measure
    counting: Counting
    span: Span = Span.REPORTED


@dataclass(frozen=True)
class Entered:
    """What a company enters by month; where ``is_needed``, a month without it means no data."""

    kind: FigureInputKind
    is_needed: bool = True


@dataclass(frozen=True)
class Part:
    """A numerator or denominator: the sum of its terms, by ``per``."""

    terms: tuple[Term | Entered, ...]
    per: Per = Per.ALL


@dataclass(frozen=True)
class Exclusion:
    """What is in neither part, and how much of it there is."""

    text: str
    term: Term


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """One figure."""

    name: IndicatorName
    definition: str
    source: str
    unit: FigureUnit
    numerator: Part
    denominator: Part
    exclusions: tuple[Exclusion, ...] = field(default=())


def _rows(measure: Measure, span: Span = Span.REPORTED) -> Part:
    return Part((Term(measure, Counting.ROWS, span),))


def _amount(measure: Measure, span: Span = Span.REPORTED) -> Part:
    return Part((Term(measure, Counting.AMOUNT, span),))


def _monthly(measure: Measure, counting: Counting, span: Span) -> Part:
    return Part((Term(measure, counting, span),), Per.MONTH)


def _left_out(text: str, measure: Measure, span: Span = Span.REPORTED) -> Exclusion:
    return Exclusion(text, Term(measure, Counting.ROWS, span))


_CASH = Part(
    (
        Term(Measure.PAYER_CASH, Counting.AMOUNT),
        Term(Measure.PATIENT_CASH, Counting.AMOUNT),
    )
)
_NO_CLAIM = _left_out(
    "provider-level adjustments and money that no claim is known for", Measure.CASH_OF_NO_CLAIM
)
_NEVER_TAKEN_IN = (
    _left_out("claims turned away before adjudication", Measure.TURNED_AWAY, Span.THREE_BEFORE),
    _left_out("voided claims", Measure.VOIDED, Span.THREE_BEFORE),
)

INDICATORS = (
    Indicator(
        name=IndicatorName.CLEAN_CLAIM_RATE,
        definition=(
            "Claims that passed every rule when they were first held against them, without manual"
            " work, by claims held against the rules; by the day on which they first were. Rules"
            " that lack their table find nothing"
        ),
        source="HFMA, as repeated by vendors' manuals",
        unit=FigureUnit.PERCENT,
        numerator=_rows(Measure.CLEAN),
        denominator=_rows(Measure.SCRUBBED),
        exclusions=(
            _left_out("claims submitted and never held against rules", Measure.NEVER_SCRUBBED),
        ),
    ),
    Indicator(
        name=IndicatorName.INITIAL_DENIAL_RATE,
        definition=(
            "Claims whose first decision held a denial, a month, by claims submitted, a month of"
            " the three before"
        ),
        source=TASK_FORCE,
        unit=FigureUnit.PERCENT,
        numerator=_monthly(Measure.INITIALLY_DENIED, Counting.ROWS, Span.REPORTED),
        denominator=_monthly(Measure.SUBMITTED, Counting.ROWS, Span.THREE_BEFORE),
        exclusions=_NEVER_TAKEN_IN,
    ),
    Indicator(
        name=IndicatorName.INITIAL_DENIAL_RATE_OF_CHARGES,
        definition=(
            "Gross charges of claims whose first decision held a denial, a month, by gross charges"
            " submitted, a month of the three before"
        ),
        source=TASK_FORCE,
        unit=FigureUnit.PERCENT,
        numerator=_monthly(Measure.INITIALLY_DENIED, Counting.AMOUNT, Span.REPORTED),
        denominator=_monthly(Measure.SUBMITTED, Counting.AMOUNT, Span.THREE_BEFORE),
        exclusions=_NEVER_TAKEN_IN,
    ),
    Indicator(
        name=IndicatorName.PRIMARY_DENIAL_RATE,
        definition=(
            "Primary remits that paid nothing, by all primary remits, of four weeks. A remit that"
            " paid nothing need not be a denial: a deductible is one, too"
        ),
        source=TASK_FORCE,
        unit=FigureUnit.PERCENT,
        numerator=_rows(Measure.ZERO_REMITS, Span.FOUR_WEEKS),
        denominator=_rows(Measure.PRIMARY_REMITS, Span.FOUR_WEEKS),
        exclusions=(
            _left_out("remits refused as duplicates", Measure.DUPLICATE_REMITS, Span.FOUR_WEEKS),
            _left_out("reversals", Measure.REVERSALS, Span.FOUR_WEEKS),
        ),
    ),
    Indicator(
        name=IndicatorName.DENIAL_WRITE_OFFS,
        definition=(
            "Amounts written off because a denial stands, the filing was late or an authorization"
            " lacked, by net patient service revenue"
        ),
        source=f"{TASK_FORCE} (AR-6)",
        unit=FigureUnit.PERCENT,
        numerator=_amount(Measure.DENIAL_WRITE_OFFS),
        denominator=_amount(Measure.NET_REVENUE),
    ),
    Indicator(
        name=IndicatorName.OVERTURN_RATE,
        definition="Appeals that were won as a whole or in part, by appeals that were decided",
        source=TASK_FORCE,
        unit=FigureUnit.PERCENT,
        numerator=_rows(Measure.APPEALS_WON),
        denominator=_rows(Measure.APPEALS_DECIDED),
    ),
    Indicator(
        name=IndicatorName.DAYS_FROM_DENIAL_TO_APPEAL,
        definition="Days from the last denial of the claim to its appeal, by appeals made",
        source=TASK_FORCE,
        unit=FigureUnit.DAYS,
        numerator=_amount(Measure.APPEALS_FILED),
        denominator=_rows(Measure.APPEALS_FILED),
        exclusions=(
            _left_out(
                "appeals of claims without an earlier denial", Measure.APPEALS_WITHOUT_DENIAL
            ),
        ),
    ),
    Indicator(
        name=IndicatorName.DAYS_FROM_DENIAL_TO_RESOLUTION,
        definition=(
            "Days from a denial to its resolution, by people or by the payer's next decision, by"
            " denials resolved"
        ),
        source=TASK_FORCE,
        unit=FigureUnit.DAYS,
        numerator=_amount(Measure.DENIALS_RESOLVED),
        denominator=_rows(Measure.DENIALS_RESOLVED),
        exclusions=(
            _left_out("denials superseded without a resolution", Measure.DENIALS_SUPERSEDED),
        ),
    ),
    Indicator(
        name=IndicatorName.NET_DAYS_IN_RECEIVABLES,
        definition=(
            "What payers and patients owe at the end, less credit balances, by net patient service"
            " revenue a day of the three months to the end. Contractual adjustments count once a"
            " remittance has stated them; none are estimated"
        ),
        source=MAP_KEYS,
        unit=FigureUnit.DAYS,
        numerator=_amount(Measure.RECEIVABLE, Span.TO_END),
        denominator=Part((Term(Measure.NET_REVENUE, Counting.AMOUNT, Span.THREE_TO_END),), Per.DAY),
    ),
    Indicator(
        name=IndicatorName.AGED_RECEIVABLES_OVER_90_DAYS,
        definition=(
            "Billed and open for over 90 days since the service, by all that is billed and open;"
            " both as of today"
        ),
        source=MAP_KEYS,
        unit=FigureUnit.PERCENT,
        numerator=Part(
            (
                Term(Measure.INSURANCE_BY_SERVICE, Counting.AMOUNT, Span.OPEN_OVER_90),
                Term(Measure.PATIENT_BY_SERVICE, Counting.AMOUNT, Span.OPEN_OVER_90),
            )
        ),
        denominator=Part(
            (
                Term(Measure.INSURANCE_BY_SERVICE, Counting.AMOUNT, Span.OPEN_TODAY),
                Term(Measure.PATIENT_BY_SERVICE, Counting.AMOUNT, Span.OPEN_TODAY),
            )
        ),
        exclusions=(
            _left_out("credit balances of payers", Measure.INSURANCE_CREDITS, Span.OPEN_TODAY),
            _left_out("credit balances of patients", Measure.PATIENT_CREDITS, Span.OPEN_TODAY),
        ),
    ),
    Indicator(
        name=IndicatorName.COST_TO_COLLECT,
        definition="Total cost of the revenue cycle, by patient service cash collected",
        source=MAP_KEYS,
        unit=FigureUnit.PERCENT,
        numerator=Part((Entered(FigureInputKind.REVENUE_CYCLE_COST),)),
        denominator=_CASH,
        exclusions=(_NO_CLAIM,),
    ),
    Indicator(
        name=IndicatorName.CASH_COLLECTION,
        definition="Patient service cash collected, by net patient service revenue",
        source=MAP_KEYS,
        unit=FigureUnit.PERCENT,
        numerator=_CASH,
        denominator=_amount(Measure.NET_REVENUE),
        exclusions=(_NO_CLAIM,),
    ),
    Indicator(
        name=IndicatorName.POINT_OF_SERVICE_CASH,
        definition="What patients paid at or before their visit, by all that patients paid",
        source=MAP_KEYS,
        unit=FigureUnit.PERCENT,
        numerator=Part(
            (
                Term(Measure.POINT_OF_SERVICE_CASH, Counting.AMOUNT),
                Entered(FigureInputKind.POINT_OF_SERVICE_CASH, is_needed=False),
            )
        ),
        denominator=Part(
            (
                Term(Measure.PATIENT_CASH, Counting.AMOUNT),
                Entered(FigureInputKind.SELF_PAY_CASH, is_needed=False),
            )
        ),
    ),
    Indicator(
        name=IndicatorName.FIRST_PASS_RESOLUTION,
        definition=(
            "Claims with nothing left for payers to pay after one decision of each, with no denial,"
            " reversal, rejection or appeal, by claims with a decision; by the day of the first"
        ),
        source=OURS,
        unit=FigureUnit.PERCENT,
        numerator=_rows(Measure.FIRST_PASS),
        denominator=_rows(Measure.DECIDED),
    ),
    Indicator(
        name=IndicatorName.NET_COLLECTION_RATE,
        definition=(
            "Payments by charges less contractual adjustments, of claims of the months of service"
            " on which nothing is open"
        ),
        source=OURS,
        unit=FigureUnit.PERCENT,
        numerator=_amount(Measure.SETTLED_CASH),
        denominator=_amount(Measure.SETTLED_REVENUE),
        exclusions=(_left_out("claims with an open balance", Measure.UNSETTLED),),
    ),
)
