"""The final score and the change of payment that it brings (42 CFR 414.1380(c), 414.1405)."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

import msgspec

from services.regulatory_compliance.mips.arithmetic import Step, rounded, shown, step
from services.regulatory_compliance.mips.years import Weighting, YearRules
from storage.vocabulary.mips import MipsCategory

_PLACES = 2
"""Of the final score and of the adjustment in percent."""

_OF_THE_ADJUSTMENT = ("highest_adjustment_pct", "highest_scaling_factor", "threshold")


class FinalScore(msgspec.Struct, frozen=True, kw_only=True):
    """From 0 to 100, with the weights that applied, in percent.

    ``is_neutral`` where too few categories are scored: the score is then the threshold itself.
    """

    score: Decimal
    weights: Mapping[MipsCategory, int]
    is_neutral: bool
    steps: tuple[Step, ...]


class PaymentAdjustment(msgspec.Struct, frozen=True, kw_only=True):
    """In percent of what Medicare pays in the payment year.

    Above the threshold it depends on a scaling factor that CMS sets when all scores are known, so
    that the changes of all clinicians sum to nothing; it is an estimate until then.
    """

    payment_year: int
    percent: Decimal
    scaling_factor: Decimal
    steps: tuple[Step, ...]


def final_score(
    percents: Mapping[MipsCategory, Fraction],
    rules: YearRules,
    *,
    is_small_practice: bool,
    complex_patient_bonus: Fraction = Fraction(0),
    rests_on: Sequence[Step] = (),
) -> FinalScore:
    """The score of the categories that are scored, each from 0 to 100.

    The weight of a category that is left out moves to the others by the year's table. The bonus for
    complex patients is what CMS states, within the year's cap. ``rests_on`` are the steps of the
    categories, which pass on whether they are verified.
    """
    limits = rules.final
    weighting = rules.weighting(percents.keys(), is_small_practice=is_small_practice)
    bonus = min(max(complex_patient_bonus, Fraction(0)), Fraction(limits.complex_patient_bonus_cap))
    if weighting is None:
        weights: Mapping[MipsCategory, int] = {}
        score = Fraction(limits.threshold)
        arithmetic = f"fewer than {limits.fewest_categories} categories are scored"
    else:
        weights = weighting.weights
        weighted = sum((percents[each] * weights[each] for each in weights), Fraction(0)) / 100
        score = min(weighted + bonus, Fraction(limits.highest_score))
        terms = " + ".join(f"{shown(percents[each])} x {weights[each]} %" for each in weights)
        arithmetic = f"min({limits.highest_score}, {terms} + {shown(bonus)})"
    what, names = "Final score", _rests_on(weighting, bonus)
    return FinalScore(
        score=rounded(score, _PLACES),
        weights=weights,
        is_neutral=weighting is None,
        steps=(step(what, arithmetic, score, limits, *names, rests_on=rests_on),),
    )


def _rests_on(weighting: Weighting | None, bonus: Fraction) -> Iterator[str]:
    """The constants that a final score follows from."""
    if weighting is None:
        yield from ("fewest_categories", "threshold")
        return
    yield "highest_score"
    if not weighting.checked:
        yield "weightings"
    if len(weighting.weights) < len(MipsCategory):
        yield "fewest_categories"
    if bonus:
        yield "complex_patient_bonus_cap"


def payment_adjustment(
    score: Decimal,
    rules: YearRules,
    *,
    scaling_factor: Decimal = Decimal(1),
    rests_on: Sequence[Step] = (),
) -> PaymentAdjustment:
    """What the score changes.

    Up to a quarter of the threshold it is the whole reduction; from there it jumps to the line that
    reaches nothing at the threshold (section 1848(q)(6)(A) of the Social Security Act).
    ``rests_on`` are the steps of the score. Raises ValueError for a score or factor outside of its
    bounds.
    """
    limits = rules.final
    if not 0 <= score <= limits.highest_score:
        raise ValueError(f"a score of {score}")
    if not 0 < scaling_factor <= limits.highest_scaling_factor:
        raise ValueError(f"a scaling factor of {scaling_factor}")
    threshold, most = limits.threshold, limits.highest_adjustment_pct
    factor = Decimal(1)
    if score * 4 <= threshold:
        percent, arithmetic = Fraction(-most), f"{score} is at most {threshold} / 4"
    elif score < threshold:
        percent = -most * (threshold - Fraction(score)) / threshold
        arithmetic = f"-{most} x ({threshold} - {score}) / {threshold}"
    else:
        factor, above = scaling_factor, limits.highest_score - threshold
        percent = most * Fraction(factor) * (Fraction(score) - threshold) / above
        arithmetic = f"{most} x {factor} x ({score} - {threshold}) / {above}"
    what = "Payment adjustment in percent"
    return PaymentAdjustment(
        payment_year=rules.payment_year,
        percent=rounded(percent, _PLACES),
        scaling_factor=factor,
        steps=(step(what, arithmetic, percent, limits, *_OF_THE_ADJUSTMENT, rests_on=rests_on),),
    )
