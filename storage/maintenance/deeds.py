"""What maintenance did, or left and why: one line each."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class PartitionMade:
    """A month got its partition; ``moved`` rows came out of the default one."""

    table: str
    month: dt.date
    moved: int

    def __str__(self) -> str:
        moved = f", {self.moved} rows moved into it" if self.moved else ""
        return f"{self.table}: partition for {self.month:%Y-%m} made{moved}"


@dataclass(frozen=True)
class PartitionRetired:
    """A month's rows are past everybody's retention and were dropped."""

    table: str
    month: dt.date
    rows: int

    def __str__(self) -> str:
        return f"{self.table}: {self.month:%Y-%m} retired, {self.rows} rows"


@dataclass(frozen=True)
class PartitionKept:
    """A month is past the least retention, and a company still needs it."""

    table: str
    month: dt.date
    company: str
    reason: str

    def __str__(self) -> str:
        return f"{self.table}: {self.month:%Y-%m} kept for {self.company}: {self.reason}"


@dataclass(frozen=True)
class RowsForgotten:
    """Rows of the machinery that have done their work were deleted."""

    table: str
    rows: int

    def __str__(self) -> str:
        return f"{self.table}: {self.rows} rows deleted"


@dataclass(frozen=True)
class RowsKept:
    """Rows past their retention that a company's legal hold is about."""

    table: str
    company: str
    rows: int
    reason: str

    def __str__(self) -> str:
        return f"{self.table}: {self.rows} rows kept for {self.company}: {self.reason}"


@dataclass(frozen=True)
class RowsState:
    """A table whose rows go one by one: since when it has some, and what retirement would do."""

    table: str
    oldest: dt.date | None
    due: Sequence[RowsForgotten | RowsKept]


@dataclass(frozen=True)
class LogState:
    """The months of a log that have a partition, oldest first, and what retirement would do to
    those that are past the least retention."""

    table: str
    months: Sequence[dt.date]
    due: Sequence[PartitionRetired | PartitionKept]


Deed = PartitionMade | PartitionRetired | PartitionKept | RowsForgotten | RowsKept
