"""CMS's own files, where they stand beside the project."""

from functools import cache
from pathlib import Path

import pytest

from services.regulatory_compliance.mips.benchmarks import Benchmark, read_benchmarks
from services.regulatory_compliance.mips.measures import Measure, read_measures

FOLDER = Path(__file__).parents[4] / "shared" / "mips"

needs_published = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="CMS's files are not beside the project"
)


@cache
def published() -> dict[tuple[str, str], Benchmark]:
    """The benchmarks of 2026 by measure and collection type."""
    benchmarks = read_benchmarks((FOLDER / "benchmarks-2026.json").read_bytes())
    return {(each.measure_id, each.submission_method): each for each in benchmarks}


@cache
def published_measures() -> dict[str, Measure]:
    """The measures of 2026 by id."""
    measures = read_measures((FOLDER / "measures-data-2026.json").read_bytes())
    return {each.measure_id: each for each in measures}
