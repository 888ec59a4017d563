"""The demonstration, running, for tests that use it as its user does."""

from collections.abc import Iterator

import pytest

from tests.running.program import Program


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """What ``make run`` gives: two companies with their books."""
    program = Program(
        tmp_path_factory.mktemp("demonstration") / "data",
        rate_per_address="1000000/second",
        rate_per_principal="1000000/second",
    )
    program.start()
    yield program
    program.stop()
