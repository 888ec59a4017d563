"""Whether the MIPS scores of an audit pack are what their own arithmetic comes to."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from services.regulatory_compliance.mips.arithmetic import rounded
from services.regulatory_compliance.mips.years import TABLE
from services.regulatory_compliance.mips_reporting.final_scores import (
    ScoredSubmission,
    final_outcome,
)
from services.regulatory_compliance.mips_reporting.scores import SHOWN_PLACES
from services.regulatory_compliance.reporting.mips_figures import reported_final_score
from storage.tables.mips import MipsClinicianFields, MipsScoreContent, MipsSubmission
from storage.tables.mips import MipsSubmissionFields as _Fields

FOLDER = "mips/clinicians/"


def problems_of_scores(said: Mapping[str, Any], rules_sha256: str | None) -> Iterator[str]:
    """What does not fit in a clinician's document.

    The final score is computed anew where the pack was made by the rules that this program has.
    Raises what comes of a document of another form: KeyError, TypeError, ValueError.
    """
    scores = {}
    for part in said["submissions"]:
        for each in part["scores"]:
            content = MipsScoreContent.model_validate(each["content"])
            scores[each["id"]] = (part["submission"], content)
            if content.percent != _shown(content.percent_exact):
                yield f"score {each['id']} is not what it says that it is exactly"
    missing = [name for name in said["final_score_of"] if name not in scores]
    if missing:
        yield f"the final score is of a score that is not there: {missing[0]}"
    elif rules_sha256 == TABLE.sha256.hex() and said["final_score"] is not None:
        clinician = MipsClinicianFields.model_validate(said["clinician"])
        outcome = final_outcome(
            clinician,
            [_scored(*scores[name]) for name in said["final_score_of"]],
        )
        if reported_final_score(outcome).model_dump(mode="json") != said["final_score"]:
            yield "the final score is not what its scores come to"


def _shown(exact: str | None) -> Decimal | None:
    return None if exact is None else rounded(Fraction(exact), SHOWN_PLACES)


def _scored(submission: Mapping[str, Any], content: MipsScoreContent) -> ScoredSubmission:
    fields = _Fields.model_validate({name: submission[name] for name in _Fields.model_fields})
    return ScoredSubmission(
        MipsSubmission.model_construct(**dict(fields), id=submission["id"]), content
    )
