"""The document of the API and the page that shows it."""

import re
from typing import Any

import httpx
import pytest
from litestar import Litestar
from pydantic import BaseModel, TypeAdapter

from app.openapi import body_of, document_of, handlers_of

pytestmark = pytest.mark.anyio


def operations(application: Litestar) -> list[tuple[str, str, dict[str, Any]]]:
    """Path, method and operation of everything in the document."""
    return [
        (path, method, operation)
        for path, item in document_of(application)["paths"].items()
        for method, operation in item.items()
    ]


async def test_every_body_has_an_example_that_its_model_accepts(application: Litestar) -> None:
    bodies = {str(each.operation_id): body_of(each) for each in handlers_of(application)}
    for _, _, operation in operations(application):
        body = bodies[operation["operationId"]]
        if body is not None:
            content = operation["requestBody"]["content"]["application/json"]
            TypeAdapter(body).validate_json(_json(content["example"]))


async def test_every_body_says_that_it_takes_no_other_fields(application: Litestar) -> None:
    schemas = document_of(application)["components"]["schemas"]
    for handler in handlers_of(application):
        body = body_of(handler)
        if isinstance(body, type) and issubclass(body, BaseModel):
            assert schemas[body.__name__]["additionalProperties"] is False


async def test_every_operation_of_a_company_names_the_problems_that_any_of_them_has(
    application: Litestar,
) -> None:
    for path, method, operation in operations(application):
        if not operation.get("security", True):
            continue
        wanted = {"400", "401", "403", "429", "503"}
        wanted |= {"404"} if "{" in path else set()
        wanted |= {"409", "422"} if method != "get" else set()
        wanted |= {"413", "415"} if "requestBody" in operation else set()
        assert wanted <= operation["responses"].keys(), operation["operationId"]


async def test_an_operation_that_needs_if_match_says_so(client: httpx.AsyncClient) -> None:
    document = (await client.get("/api/v1/openapi/openapi.json")).json()
    operation = document["paths"]["/api/v1/payers/{payer_id}"]["patch"]
    (header,) = (each for each in operation["parameters"] if each["in"] == "header")
    assert (header["name"], header["required"]) == ("If-Match", True)
    assert {"412", "428"} <= operation["responses"].keys()


async def test_the_page_loads_everything_from_the_program_itself(
    client: httpx.AsyncClient,
) -> None:
    page = await client.get("/api/v1/reference")
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(loaded) == 3
    for path in loaded:
        assert path.startswith("/api/v1/reference/")
        assert (await client.get(path)).status_code == 200
    assert "default-src 'none'; script-src 'self'" in page.headers["Content-Security-Policy"]
    assert (await client.get("/api/v1/reference/swagger-editor.css")).status_code == 404


def _json(example: object) -> bytes:
    return TypeAdapter(Any).dump_json(example)
