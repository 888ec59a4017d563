"""CMS's lists of a performance year: what MIPS measures are, and what their rates are held to."""

import datetime as dt
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Bounded
from sqlmodel import Field, SQLModel

from storage.rows import (
    AppendOnlyRow,
    TenantRow,
    belongs_to,
    bytes_column,
    check,
    choice_column,
    document_column,
    index,
    key_column,
    moment_column,
    quantity_column,
    text_column,
    texts_column,
    unique,
)
from storage.vocabulary.mips import Algorithm, MeasureType, MipsCategory, MipsListKind


class MipsListFields(SQLModel):
    kind: MipsListKind = choice_column(MipsListKind)
    performance_year: int = Field(sa_type=sa.Integer)
    file_name: str = text_column(255)
    sha256: bytes = bytes_column()
    row_count: int = Field(sa_type=sa.Integer)
    withdrawn_at: dt.datetime | None = moment_column(default=None)
    withdrawal_reason: str | None = text_column(500, default=None)


class MipsList(MipsListFields, TenantRow, table=True):
    """One of CMS's files, loaded whole. Its version is the hash of its content.

    Of a kind and year the last one loaded that is not withdrawn is in force.
    """

    __tablename__ = "mips_lists"
    __table_args__ = (
        unique("mips_lists", "kind", "performance_year", "sha256", where="withdrawn_at IS NULL"),
        check("hash_is_sha256", "octet_length(sha256) = 32"),
        check("withdrawal_says_why", "num_nulls(withdrawn_at, withdrawal_reason) <> 1"),
    )


class CutOffs(BaseModel):
    """Where the deciles begin: the rates at the percentiles 1, 10, 20 and so on to 90 and 99,
    which ascend, for inverse measures too."""

    model_config = ConfigDict(extra="forbid")

    percentiles: Annotated[list[Decimal], Bounded(min_length=11, max_length=11)]


class MipsBenchmarkFields(SQLModel):
    list_id: UUID = key_column()
    measure_id: str = text_column(60, searched=True)
    submission_method: str = text_column(60)
    benchmark_year: int = Field(sa_type=sa.Integer)
    metric_type: str = text_column(80)
    is_inverse: bool = Field(sa_type=sa.Boolean)
    is_high_priority: bool = Field(sa_type=sa.Boolean)
    is_topped_out: bool = Field(sa_type=sa.Boolean)
    is_topped_out_by_program: bool = Field(sa_type=sa.Boolean)
    average_rate: Decimal | None = quantity_column(16, 6, default=None)
    cut_offs: CutOffs = document_column(CutOffs)


class MipsBenchmark(MipsBenchmarkFields, AppendOnlyRow, table=True):
    """The benchmark of one measure by one collection type."""

    __tablename__ = "mips_benchmarks"
    __table_args__ = (
        belongs_to("mips_lists", "list_id"),
        unique("mips_benchmarks", "list_id", "measure_id", "submission_method"),
    )


class MipsListedMeasureFields(SQLModel):
    list_id: UUID = key_column()
    measure_id: str = text_column(60, searched=True)
    category: MipsCategory = choice_column(MipsCategory)
    title: str = text_column(1000)
    metric_type: str = text_column(80)
    measure_type: MeasureType | None = choice_column(MeasureType, default=None)
    is_high_priority: bool = Field(sa_type=sa.Boolean)
    is_inverse: bool = Field(sa_type=sa.Boolean)
    submission_methods: list[str] = texts_column()
    overall_algorithm: Algorithm | None = choice_column(Algorithm, default=None)
    strata: list[str] = texts_column()
    seven_point_cap_removed: list[str] = texts_column()
    first_performance_year: int = Field(sa_type=sa.Integer)
    last_performance_year: int | None = Field(default=None, sa_type=sa.Integer)


class MipsListedMeasure(MipsListedMeasureFields, AppendOnlyRow, table=True):
    """A measure or activity as CMS lists it. What only quality measures have is empty elsewhere."""

    __tablename__ = "mips_listed_measures"
    __table_args__ = (
        belongs_to("mips_lists", "list_id"),
        unique("mips_listed_measures", "list_id", "measure_id"),
    )


class MipsExclusionFields(SQLModel):
    list_id: UUID = key_column()
    measure_id: str = text_column(60, searched=True)
    submission_method: str = text_column(60)
    benchmark_year: int = Field(sa_type=sa.Integer)
    reason_codes: list[str] = texts_column()
    reasons: list[str] = texts_column()


class MipsExclusion(MipsExclusionFields, AppendOnlyRow, table=True):
    """Why a measure has no benchmark by a collection type."""

    __tablename__ = "mips_exclusions"
    __table_args__ = (
        belongs_to("mips_lists", "list_id"),
        index("mips_exclusions", "list_id", "measure_id"),
    )
