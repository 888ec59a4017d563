"""The improvement activities category (42 CFR 414.1380(b)(3))."""

from collections.abc import Set as AbstractSet
from fractions import Fraction

import msgspec

from services.regulatory_compliance.mips.arithmetic import Step, step
from services.regulatory_compliance.mips.years import ActivityRules


class ActivitiesScore(msgspec.Struct, frozen=True, kw_only=True):
    """The category in percent."""

    percent: Fraction
    steps: tuple[Step, ...]


def score_activities(
    activity_ids: AbstractSet[str],
    rules: ActivityRules,
    *,
    needs_fewer: bool,
    is_medical_home: bool = False,
) -> ActivitiesScore:
    """The score of the activities attested.

    ``needs_fewer`` is true of small, rural and non-patient-facing practices and those in areas
    short of health professionals; a certified patient-centered medical home earns all of it.
    """
    required = (
        rules.required_activities_small_practice if needs_fewer else rules.required_activities
    )
    if is_medical_home:
        percent, arithmetic = Fraction(100), "patient-centered medical home"
    else:
        counted = min(len(activity_ids), required)
        percent, arithmetic = Fraction(100 * counted, required), f"{counted} / {required} x 100"
    return ActivitiesScore(
        percent=percent,
        steps=(step("Improvement activities in percent", arithmetic, percent, rules),),
    )
