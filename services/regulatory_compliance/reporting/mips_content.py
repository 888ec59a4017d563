"""What a report of MIPS says of submissions: who reported what, what it scored, and how."""

import datetime as dt
from decimal import Decimal
from uuid import UUID

from services.regulatory_compliance.reporting.parts import ReportPart
from storage.tables.mips import MipsStepContent
from storage.vocabulary.mips import (
    CategoryBasis,
    MipsCategory,
    MipsSubmissionStatus,
    SubmissionMethod,
)


class ReportedMipsMeasure(ReportPart):
    """A measure in a score: its points, what they rest on, and whether they count."""

    measure_id: str
    basis: str
    points: Decimal
    counts: bool


class ReportedMipsSubmission(ReportPart):
    """One category by one method, as it stood. ``score_pct`` and ``measures`` are those of the
    score that it was submitted with; a draft has none."""

    submission_id: UUID
    category: MipsCategory
    submission_method: SubmissionMethod
    performance_start: dt.date
    performance_end: dt.date
    status: MipsSubmissionStatus
    submitted_at: dt.datetime | None
    score_number: int | None
    score_pct: Decimal | None
    measures: list[ReportedMipsMeasure]
    missing: list[str]


class ReportedMipsWeight(ReportPart):
    """What a category brought to a final score; no weight where it was left out."""

    category: MipsCategory
    basis: CategoryBasis
    percent: Decimal | None
    weight_pct: int


class ReportedMipsFinalScore(ReportPart):
    """What the submissions that were with CMS come to, and the change of payment. Above the
    threshold the change is an estimate: CMS's scaling factor is taken as 1."""

    score: Decimal
    is_neutral: bool
    payment_year: int
    adjustment_pct: Decimal
    scaling_factor: Decimal
    weights: list[ReportedMipsWeight]
    steps: list[MipsStepContent]


class ReportedMipsClinician(ReportPart):
    """A clinician (TIN and NPI) or a group (TIN alone) in a performance year. There is no final
    score where nothing of theirs was with CMS."""

    performance_year: int
    tin: str
    npi: str | None
    name: str
    submissions: list[ReportedMipsSubmission]
    final_score: ReportedMipsFinalScore | None
