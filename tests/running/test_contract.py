"""The running API keeps to its own document: no 5xx, no answer that the document does not name.

A short round; WELLKEPT_TEST_CONTRACT_EXAMPLES says how many requests each operation gets.
"""

import contextlib
import json
import os
from collections.abc import Callable

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.running.program import Program

EXAMPLES = int(os.environ.get("WELLKEPT_TEST_CONTRACT_EXAMPLES", "5"))


@pytest.fixture(scope="session")
def document(demonstration: Program) -> BaseSchema:
    """The document that the program serves."""
    url = f"{demonstration.url}/api/v1/openapi/openapi.json"
    return schemathesis.openapi.from_url(url, timeout=120)


@pytest.fixture(scope="session")
def key(demonstration: Program) -> str:
    """A key that may do everything."""
    credentials = json.loads((demonstration.data_directory / "credentials.json").read_text())
    return str(credentials["lakeshore"]["keys"]["everything"])


def test_every_answer_is_one_that_the_document_names(
    document: BaseSchema, key: str, subtests: pytest.Subtests
) -> None:
    for found in document.get_all_operations():
        operation = found.ok()
        for mode in GenerationMode:

            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                derandomize=True,
                database=None,
                phases=(Phase.generate,),
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def keeps_to_the_document(case: Case) -> None:
                case.call_and_validate(
                    headers={"Authorization": f"Bearer {key}"},
                    checks=[
                        not_a_server_error,
                        status_code_conformance,
                        content_type_conformance,
                        response_schema_conformance,
                    ],
                )

            with subtests.test(operation.label, mode=mode):
                _run(keeps_to_the_document)


def _run(check: Callable[[], None]) -> None:
    """Run a property; one that has no input of its kind (a negative one of no input) is fine."""
    with contextlib.suppress(Unsatisfiable):
        check()
