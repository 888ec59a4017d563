"""What clinicians and groups report under MIPS, what becomes of it, and what it scores."""

import datetime as dt
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict
from sqlmodel import Field, SQLModel

from storage.rows import (
    AppendOnlyRow,
    TenantRow,
    belongs_to,
    bytes_column,
    check,
    choice_column,
    date_column,
    document_column,
    index,
    key_column,
    moment_column,
    quantity_column,
    text_column,
    texts_column,
    unique,
)
from storage.vocabulary.mips import (
    MeasurementKind,
    MipsCategory,
    MipsSubmissionStatus,
    SubmissionMethod,
)

_REPORTED = "met + not_met + exceptions + exclusions"


class MipsClinicianFields(SQLModel):
    performance_year: int = Field(sa_type=sa.Integer)
    tin: str = text_column(9, searched=True)
    npi: str | None = text_column(10, searched=True, default=None)
    name: str = text_column(200)
    is_small_practice: bool = Field(sa_type=sa.Boolean)
    needs_fewer_activities: bool = Field(sa_type=sa.Boolean)
    is_medical_home: bool = Field(sa_type=sa.Boolean)
    excused_categories: list[str] = texts_column()
    required_measures: int | None = Field(default=None, sa_type=sa.Integer)
    quality_improvement_pct: Decimal = quantity_column(7, 4)
    cost_improvement_pct: Decimal = quantity_column(7, 4)
    complex_patient_bonus: Decimal = quantity_column(7, 4)


class MipsClinician(MipsClinicianFields, TenantRow, table=True):
    """A clinician (TIN and NPI) or a group (TIN alone) in a performance year, with what CMS says
    of them for it.

    The categories that are excused lose their weight to the others if nothing is submitted for
    them. ``required_measures`` is fewer than the year's where CMS found that fewer apply.
    """

    __tablename__ = "mips_clinicians"
    __table_args__ = (
        unique("mips_clinicians", "performance_year", "tin", where="npi IS NULL"),
        unique("mips_clinicians", "performance_year", "tin", "npi"),
        check("tin_is_nine_digits", "tin ~ '^[0-9]{9}$'"),
        check("npi_is_ten_digits", "npi ~ '^[0-9]{10}$'"),
        check("required_measures_are_not_negative", "required_measures >= 0"),
        check(
            "additions_are_bounded",
            "quality_improvement_pct BETWEEN 0 AND 100 AND cost_improvement_pct BETWEEN 0 AND 100"
            " AND complex_patient_bonus BETWEEN 0 AND 100",
        ),
    )


class MipsSubmissionFields(SQLModel):
    clinician_id: UUID = key_column()
    performance_year: int = Field(sa_type=sa.Integer)
    tin: str = text_column(9, searched=True)
    npi: str | None = text_column(10, searched=True, default=None)
    category: MipsCategory = choice_column(MipsCategory)
    submission_method: SubmissionMethod = choice_column(SubmissionMethod)
    performance_start: dt.date = date_column()
    performance_end: dt.date = date_column()
    cehrt_id: str | None = text_column(40, default=None)
    status: MipsSubmissionStatus = choice_column(MipsSubmissionStatus)
    content_number: int = Field(sa_type=sa.Integer)
    submitted_at: dt.datetime | None = moment_column(default=None)
    score_number: int | None = Field(default=None, sa_type=sa.Integer)
    score_pct: Decimal | None = quantity_column(7, 4, default=None)


class MipsSubmission(MipsSubmissionFields, TenantRow, table=True):
    """One category of a clinician or group, by one submission method.

    There is one at a time that is neither rejected nor withdrawn. ``content_number`` rises with
    every change of what is reported. From when it is submitted, ``score_number`` names the score
    that was computed then.
    """

    __tablename__ = "mips_submissions"
    __table_args__ = (
        belongs_to("mips_clinicians", "clinician_id"),
        unique(
            "mips_submissions",
            "clinician_id",
            "category",
            "submission_method",
            where="status NOT IN ('rejected', 'withdrawn')",
        ),
        index("mips_submissions", "performance_year", "id"),
        index("mips_submissions", "clinician_id", "id"),
        check("ends_after_it_begins", "performance_start <= performance_end"),
        check(
            "submitted_with_a_score",
            "CASE WHEN status IN ('submitted', 'accepted', 'rejected')"
            " THEN num_nulls(submitted_at, score_number) = 0"
            " ELSE num_nonnulls(submitted_at, score_number, score_pct) = 0 END",
        ),
    )


class MipsMeasureFields(SQLModel):
    submission_id: UUID = key_column()
    measure_id: str = text_column(60, searched=True)
    stratum: str | None = text_column(60, default=None)
    kind: MeasurementKind = choice_column(MeasurementKind)
    is_end_to_end: bool = Field(sa_type=sa.Boolean)
    eligible: int | None = Field(default=None, sa_type=sa.Integer)
    met: int | None = Field(default=None, sa_type=sa.Integer)
    not_met: int | None = Field(default=None, sa_type=sa.Integer)
    exceptions: int | None = Field(default=None, sa_type=sa.Integer)
    exclusions: int | None = Field(default=None, sa_type=sa.Integer)
    value: Decimal | None = quantity_column(16, 4, default=None)
    cases: int | None = Field(default=None, sa_type=sa.Integer)
    numerator: int | None = Field(default=None, sa_type=sa.Integer)
    denominator: int | None = Field(default=None, sa_type=sa.Integer)


class MipsMeasure(MipsMeasureFields, TenantRow, table=True):
    """What is reported for one measure or activity; one row a rate where it has several.

    Who is eligible and neither met, not met, excepted nor excluded was not reported; certified
    technology from end to end reports everybody.
    """

    __tablename__ = "mips_measures"
    __table_args__ = (
        belongs_to("mips_submissions", "submission_id"),
        unique("mips_measures", "submission_id", "measure_id", where="stratum IS NULL"),
        unique("mips_measures", "submission_id", "measure_id", "stratum"),
        check(
            "holds_its_kind",
            "num_nonnulls(eligible, met, not_met, exceptions, exclusions)"
            " = CASE kind WHEN 'counts' THEN 5 ELSE 0 END"
            " AND num_nonnulls(value, cases) = CASE kind WHEN 'value' THEN 2 ELSE 0 END"
            " AND num_nonnulls(numerator, denominator) = CASE kind WHEN 'ratio' THEN 2 ELSE 0 END",
        ),
        check(
            "counts_are_not_negative",
            "least(eligible, met, not_met, exceptions, exclusions, cases, numerator) >= 0",
        ),
        check("counts_stay_within_the_eligible", f"{_REPORTED} <= eligible"),
        check("end_to_end_reports_everybody", f"NOT is_end_to_end OR {_REPORTED} = eligible"),
        check("ratio_is_at_most_one", "numerator <= denominator AND denominator >= 1"),
        check("only_rates_have_strata", "kind = 'counts' OR stratum IS NULL AND NOT is_end_to_end"),
    )


class MipsStepContent(BaseModel):
    """One step of an arithmetic: what, from what, to what, and by whose rule.

    Nobody has checked a rule that is not verified against the year's final rule.
    """

    model_config = ConfigDict(extra="forbid")

    what: str
    arithmetic: str
    result: Decimal
    source: str
    is_verified: bool


class ScoredMeasureContent(BaseModel):
    """A measure in a score: its points, to four places and as a fraction, what they rest on,
    and whether they count for the category."""

    model_config = ConfigDict(extra="forbid")

    measure_id: str
    submission_method: str
    basis: str
    points: Decimal
    points_exact: str
    counts: bool
    is_outcome: bool
    is_high_priority: bool
    steps: list[MipsStepContent]


class MipsFactsContent(BaseModel):
    """What CMS says of the clinician or group, as it was when the score was computed."""

    model_config = ConfigDict(extra="forbid")

    is_small_practice: bool
    needs_fewer_activities: bool
    is_medical_home: bool
    required_measures: int | None
    quality_improvement_pct: Decimal
    cost_improvement_pct: Decimal


class MipsScoreContent(BaseModel):
    """How a category's score came about. ``percent_exact`` is a fraction; null where nothing in it
    could be scored. ``missing`` says why a score is nothing, where a part is missing."""

    model_config = ConfigDict(extra="forbid")

    percent: Decimal | None
    percent_exact: str | None
    facts: MipsFactsContent
    measures: list[ScoredMeasureContent]
    missing: list[str]
    steps: list[MipsStepContent]


class MipsScoreFields(SQLModel):
    submission_id: UUID = key_column()
    number: int = Field(sa_type=sa.Integer)
    content_number: int = Field(sa_type=sa.Integer)
    rules_edition: dt.date = date_column()
    rules_sha256: bytes = bytes_column()
    measure_list_id: UUID = key_column()
    benchmark_list_id: UUID | None = key_column(default=None)
    content: MipsScoreContent = document_column(MipsScoreContent)


class MipsScore(MipsScoreFields, AppendOnlyRow, table=True):
    """The score of a submission as it was submitted, with its arithmetic and the versions of the
    rules, measures and benchmarks that it was computed by. It is never computed anew."""

    __tablename__ = "mips_scores"
    __table_args__ = (
        belongs_to("mips_submissions", "submission_id"),
        belongs_to("mips_lists", "measure_list_id"),
        belongs_to("mips_lists", "benchmark_list_id"),
        unique("mips_scores", "submission_id", "number"),
        check("hash_is_sha256", "octet_length(rules_sha256) = 32"),
    )


class MipsStepTakenFields(SQLModel):
    submission_id: UUID = key_column()
    from_status: MipsSubmissionStatus | None = choice_column(MipsSubmissionStatus, default=None)
    to_status: MipsSubmissionStatus = choice_column(MipsSubmissionStatus)
    note: str | None = text_column(4000, default=None)


class MipsStepTaken(MipsStepTakenFields, AppendOnlyRow, table=True):
    """That a submission went from one status to another: who, when, and what was said of it."""

    __tablename__ = "mips_steps"
    __table_args__ = (
        belongs_to("mips_submissions", "submission_id"),
        index("mips_steps", "submission_id", "id"),
    )


class PriorMeasure(BaseModel):
    """A measure as another system reported it, with the points that it gave."""

    model_config = ConfigDict(extra="forbid")

    measure_id: str
    performance_rate: Decimal | None
    numerator: int | None
    denominator: int | None
    is_eligible: bool | None
    is_met: bool | None
    points: Decimal | None


class PriorMeasures(BaseModel):
    """All measures of a submission of another system."""

    model_config = ConfigDict(extra="forbid")

    measures: list[PriorMeasure]


class MipsPriorSubmissionFields(SQLModel):
    performance_year: int = Field(sa_type=sa.Integer)
    tin: str = text_column(9, searched=True)
    npi: str | None = text_column(10, searched=True, default=None)
    category: MipsCategory = choice_column(MipsCategory)
    submission_method: SubmissionMethod = choice_column(SubmissionMethod)
    status: MipsSubmissionStatus = choice_column(MipsSubmissionStatus)
    submitted_on: dt.date | None = date_column(default=None)
    said_score_pct: Decimal | None = quantity_column(7, 4, default=None)
    feedback: str | None = text_column(4000, default=None)
    content: PriorMeasures = document_column(PriorMeasures)


class MipsPriorSubmission(MipsPriorSubmissionFields, TenantRow, table=True):
    """What another system reported before the company moved over, as it says. It is no submission
    of ours: nothing of it is scored here, and ``said_score_pct`` is that system's reckoning."""

    __tablename__ = "mips_prior_submissions"
    __table_args__ = (
        index("mips_prior_submissions", "performance_year", "id"),
        check("tin_is_nine_digits", "tin ~ '^[0-9]{9}$'"),
        check("npi_is_ten_digits", "npi ~ '^[0-9]{10}$'"),
        check("score_is_a_percentage", "said_score_pct BETWEEN 0 AND 100"),
    )
