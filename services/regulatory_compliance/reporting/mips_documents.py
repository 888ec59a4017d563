"""Who reports under MIPS, as the PDF and the CSV of a report say it."""

from collections.abc import Iterator, Mapping

from services.regulatory_compliance.reporting.mips_content import (
    ReportedMipsClinician,
    ReportedMipsFinalScore,
    ReportedMipsSubmission,
)
from storage.vocabulary.mips import MipsCategory, SubmissionMethod

_CATEGORIES = {
    MipsCategory.QUALITY: "Quality",
    MipsCategory.COST: "Cost",
    MipsCategory.IMPROVEMENT_ACTIVITIES: "Improvement activities",
    MipsCategory.PROMOTING_INTEROPERABILITY: "Promoting interoperability",
}
_METHODS = {
    SubmissionMethod.CLAIMS: "claims",
    SubmissionMethod.REGISTRY: "registry",
    SubmissionMethod.ELECTRONIC_HEALTH_RECORD: "electronic health record",
    SubmissionMethod.WEB_INTERFACE: "CMS web interface",
    SubmissionMethod.SURVEY_VENDOR: "certified survey vendor",
    SubmissionMethod.ADMINISTRATIVE_CLAIMS: "administrative claims",
}


def mips_rows(clinician: ReportedMipsClinician) -> Iterator[tuple[str, Mapping[str, object]]]:
    """The lines of the CSV: each its section and its cells by column."""
    who = {
        "performance_year": clinician.performance_year,
        "tin": clinician.tin,
        "npi": clinician.npi,
    }
    yield "mips_clinician", who | {"name": clinician.name}
    for each in clinician.submissions:
        yield (
            "mips_submission",
            who
            | {
                "code": each.category.value,
                "name": each.submission_method.value,
                "status": each.status.value,
                "reason": "; ".join(each.missing) or None,
                "value": each.score_pct,
                "text": each.submission_id,
            },
        )
        for measure in each.measures:
            yield (
                "mips_measure",
                who
                | {
                    "code": measure.measure_id,
                    "name": each.category.value,
                    "status": "counts" if measure.counts else "does not count",
                    "reason": measure.basis,
                    "value": measure.points,
                },
            )
    if clinician.final_score is not None:
        yield from _rows_of_the_final_score(clinician.final_score, who)


def _rows_of_the_final_score(
    final: ReportedMipsFinalScore, who: Mapping[str, object]
) -> Iterator[tuple[str, Mapping[str, object]]]:
    for weight in final.weights:
        yield (
            "mips_category",
            {
                **who,
                "code": weight.category.value,
                "status": weight.basis.value,
                "value": weight.percent,
                "text": f"weight {weight.weight_pct} %",
            },
        )
    for step in final.steps:
        yield (
            "mips_arithmetic",
            {
                **who,
                "name": step.what,
                "status": "verified" if step.is_verified else "not verified",
                "reason": step.source,
                "value": step.result,
                "text": step.arithmetic,
            },
        )
    yield "mips_final_score", {**who, "value": final.score}
    yield (
        "mips_adjustment",
        {**who, "value": final.adjustment_pct, "text": f"payment year {final.payment_year}"},
    )


def mips_said(clinician: ReportedMipsClinician) -> dict[str, object]:
    """What the PDF's template lays out."""
    group = "" if clinician.npi is None else f", NPI {clinician.npi}"
    final = clinician.final_score
    return {
        "who": f"{clinician.name}",
        "numbers": f"TIN {clinician.tin}{group}, performance year {clinician.performance_year}",
        "submissions": [_submission(each) for each in clinician.submissions],
        "final": None if final is None else _final(final),
        "steps": [
            (
                each.what,
                each.arithmetic,
                f"{each.result:f}",
                each.source + ("" if each.is_verified else " (not verified)"),
            )
            for each in (() if final is None else final.steps)
        ],
    }


def mips_line(clinician: ReportedMipsClinician) -> tuple[str, str, str, str, str]:
    """One line of the PDF's table: who, by which numbers, what each category scored, and what all
    of it came to."""
    scored = [
        f"{_CATEGORIES[each.category]} {each.score_pct:f} %"
        if each.score_pct is not None
        else f"{_CATEGORIES[each.category]} {each.status.value}"
        for each in clinician.submissions
    ]
    final = clinician.final_score
    numbers = clinician.tin if clinician.npi is None else f"{clinician.tin} / {clinician.npi}"
    return (
        clinician.name,
        f"{numbers}, {clinician.performance_year}",
        ", ".join(scored),
        "" if final is None else f"{final.score:f}",
        "" if final is None else f"{final.adjustment_pct:+f} % in {final.payment_year}",
    )


def _submission(each: ReportedMipsSubmission) -> tuple[str, str, str, str, str]:
    counting = [f"{m.measure_id}: {m.points:f}" for m in each.measures if m.counts]
    others = [m.measure_id for m in each.measures if not m.counts]
    parts = [", ".join(counting)]
    if others:
        parts.append("not counted: " + ", ".join(others))
    parts += each.missing
    return (
        _CATEGORIES[each.category],
        _METHODS[each.submission_method],
        each.status.value + (f" {each.submitted_at:%Y-%m-%d} UTC" if each.submitted_at else ""),
        "" if each.score_pct is None else f"{each.score_pct:f} %",
        "; ".join(part for part in parts if part),
    )


def _final(final: ReportedMipsFinalScore) -> str:
    weights = ", ".join(
        f"{_CATEGORIES[each.category]} {each.weight_pct} %"
        for each in final.weights
        if each.weight_pct
    )
    said = f"Final score {final.score:f} ({weights or 'too few categories are scored'})"
    said += f"; payment adjustment {final.adjustment_pct:+f} % in {final.payment_year}"
    is_estimate = final.adjustment_pct > 0
    return said + (", an estimate with a scaling factor of 1." if is_estimate else ".")
