"""``mipsSubmissions``: what another system reported, beside our own submissions.

The original scored by a formula of its own (all points over ten a measure, those of measures that
were not eligible too) and checked neither identifiers nor points. Its score is kept as what it
said. What it says is submitted or accepted is no submission of ours, for nothing went out from
here; a draft that is still to be handed in is entered as a submission.
"""

from collections.abc import Sequence
from decimal import Decimal

from services.claims.npi import has_valid_check_digit
from services.claims.tin import is_tin
from services.importing.conversions import (
    Unusable,
    choice,
    coded,
    day,
    flag,
    text,
    whole,
)
from services.importing.declaration import (
    Draft,
    FieldRule,
    OriginalMap,
    Placed,
    Values,
    Workplace,
    converted,
)
from services.importing.maps.following import follows
from services.importing.maps.foreign import items
from services.importing.maps.numbers import decimal
from storage.interface import Store
from storage.tables.mips import (
    MipsPriorSubmission,
    MipsPriorSubmissionFields,
    PriorMeasure,
    PriorMeasures,
)
from storage.vocabulary.mips import MipsCategory, MipsSubmissionStatus, SubmissionMethod

_METHODS = {
    "ehr": SubmissionMethod.ELECTRONIC_HEALTH_RECORD,
    "qcdr": SubmissionMethod.REGISTRY,
    "cms_web_interface": SubmissionMethod.WEB_INTERFACE,
}
_FIRST_YEAR, _LAST_YEAR = 2017, 2199
_MOST_MEASURES, _MOST_PEOPLE = 500, 10**9
_POINTS_A_MEASURE = 10
_CHANGEABLE = frozenset({"status", "submitted_on", "said_score_pct", "feedback"})

_MEASURE = (
    FieldRule("measureId", "measure_id", text(60), is_required=True),
    FieldRule("performanceRate", "performance_rate", decimal(0, 10**9, places=4)),
    FieldRule("numerator", "numerator", whole(0, _MOST_PEOPLE)),
    FieldRule("denominator", "denominator", whole(0, _MOST_PEOPLE)),
    FieldRule("eligible", "is_eligible", flag),
    FieldRule("performanceMet", "is_met", flag),
    FieldRule("points", "points", decimal(0, _POINTS_A_MEASURE, places=4)),
)


def _npi(value: object) -> str:
    found = str(_TEN_DIGITS(value))
    if not has_valid_check_digit(found):
        raise Unusable("has a check digit that does not fit", "correct it")
    return found


_TEN_DIGITS = coded(r"^[0-9]{10}$", 10)


def _tin(value: object) -> str:
    found = str(_NINE_DIGITS(value))
    if not is_tin(found):
        raise Unusable("is a TIN that nobody has", "correct it")
    return found


_NINE_DIGITS = coded(r"^[0-9]{9}$", 9)


def _complete(draft: Draft) -> None:
    values = draft.values
    status, submitted_on = values["status"], values["submitted_on"]
    if status is MipsSubmissionStatus.DRAFT and submitted_on is not None:
        raise Unusable("is the day of what is a draft", "correct the status", "/submissionDate")
    for at, item in items(draft, "measures", _MOST_MEASURES):
        measure: Values = {}
        converted(_MEASURE, item, draft, measure, at)
        part, base = measure["numerator"], measure["denominator"]
        if part is not None and base is not None and part > base:
            raise Unusable("is more than the denominator", "correct one of them", f"{at}/numerator")
        draft.parts.append(measure)
    _note_score(draft)


def _note_score(draft: Draft) -> None:
    """Say where the score is not what its own formula makes of its own points."""
    said = draft.values["said_score_pct"]
    points = [each["points"] for each in draft.parts if each["points"] is not None]
    if said is None or not draft.parts:
        return
    made = sum(points, Decimal()) * 100 / (_POINTS_A_MEASURE * len(draft.parts))
    if abs(made - said) > _ROUNDING:
        draft.notes.append(f"/score: {said.normalize():f} is not what its points come to")


_ROUNDING = Decimal("0.01")


async def _write(store: Store, drafts: Sequence[Placed], _: Workplace) -> None:
    await store.mips_prior_submissions.create_many(
        [
            MipsPriorSubmissionFields.model_construct(
                content=PriorMeasures(measures=[PriorMeasure(**each) for each in draft.parts]),
                **draft.values,
            )
            for draft in drafts
        ],
        ids=[draft.row_id for draft in drafts],
    )


MIPS_SUBMISSIONS = OriginalMap(
    name="mipsSubmissions",
    row=MipsPriorSubmission,
    fields=(
        FieldRule(
            "submissionYear", "performance_year", whole(_FIRST_YEAR, _LAST_YEAR), is_required=True
        ),
        FieldRule("tin", "tin", _tin, is_required=True),
        FieldRule("npi", "npi", _npi),
        FieldRule("performanceCategory", "category", choice(MipsCategory), is_required=True),
        FieldRule(
            "submissionMethod",
            "submission_method",
            choice(SubmissionMethod, _METHODS),
            is_required=True,
        ),
        FieldRule(
            "status",
            "status",
            choice(MipsSubmissionStatus),
            default=MipsSubmissionStatus.DRAFT,
        ),
        FieldRule("submissionDate", "submitted_on", day),
        FieldRule("score", "said_score_pct", decimal(0, 100, places=4)),
        FieldRule("feedback", "feedback", text(4000, lines=True)),
    ),
    complete=_complete,
    changeable=_CHANGEABLE,
    known=frozenset({"measures", "createdBy", "createdAt", "updatedAt", "companyId"}),
    write=_write,
    update=follows(MipsPriorSubmission),
)
