"""The OpenAPI document: what Litestar derives of the routes, completed by what it cannot know.

The models speak for themselves (pydantic writes their schemas: unknown fields refused, limits
kept); every body has an example; every operation names the problems that it can answer with, the
headers that it takes and who may call it.
"""

import functools
from collections.abc import Iterator, Mapping
from types import CodeType
from typing import Any

from litestar import Litestar, Request
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.plugins import JsonRenderPlugin
from pydantic import TypeAdapter

from app.examples import example_of
from app.problems import PROBLEM_JSON

Json = dict[str, Any]

_REFERENCE = "#/components/schemas/{model}"
_JSON = "application/json"

PROBLEMS: Mapping[int, tuple[str, str]] = {
    400: ("bad-request", "A parameter is unknown or cannot be read, or the body is not JSON."),
    401: ("not-authenticated", "The credential is missing, unknown, expired or revoked."),
    403: ("missing-scope", "The credential lacks the scope of this operation."),
    404: ("there-is-no-such-thing", "There is no such thing in the company."),
    409: ("duplicate-value", "The state of the records, or another row, does not allow it."),
    412: ("it-has-changed-since-you-read-it", "If-Match names an old version."),
    413: ("the-body-is-too-large", "The body is too large."),
    415: ("the-body-s-media-type-is-not-supported", "The body's media type is not supported."),
    422: ("invalid-input", "The input breaks a rule; every fault is listed with its pointer."),
    428: ("if-match-is-needed", "If-Match is missing: send the ETag that you read."),
    429: ("too-many-requests", "The rate limit is used up; Retry-After says when to try again."),
    503: ("not-available-right-now", "The database does not answer; try again."),
}
"""Each problem's status, the end of its usual ``type``, and what it means."""

_PROBLEM_SCHEMA: Json = {
    "type": "object",
    "description": "What went wrong (RFC 9457). Further members carry the data of this problem.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "description": "Stable: programs may compare it."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "Where (RFC 6901)."},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}

_SECURITY_SCHEMES: Json = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key of the company: `Authorization: Bearer wk_...`",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "wellkept_session",
        "description": "A signed-in person. Changes also need the header `X-CSRF-Token`.",
    },
}

_IDEMPOTENCY_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key and request within 24 hours get the first answer again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    "example": "2f1c7c1e-claim-0001",
}
_IF_MATCH: Json = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag that you read.",
    "schema": {"type": "string"},
    "example": '"1"',
}


class CompletedDocument(JsonRenderPlugin):
    """Serves the completed document."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: Json) -> bytes:  # noqa: ARG002
        return self.render_json(request, document_of(request.app))


@functools.lru_cache(maxsize=4)
def document_of(app: Litestar) -> Json:
    """The OpenAPI 3.1 document of an application."""
    document: Json = app.openapi_schema.to_schema()
    handlers = {str(each.operation_id): each for each in handlers_of(app)}
    schemas, definitions = _schemas(handlers)
    for path, item in document["paths"].items():
        for method, operation in item.items():
            name = operation["operationId"]
            _complete(operation, handlers[name], schemas, definitions, path=path, method=method)
    components = document["components"]
    components["schemas"] = {
        **components.get("schemas", {}),
        **definitions,
        "Problem": _PROBLEM_SCHEMA,
    }
    components["responses"] = {f"Problem{status}": _problem(status) for status in PROBLEMS}
    components["securitySchemes"] = _SECURITY_SCHEMES
    document["security"] = [{"key": []}, {"session": []}]
    return document


def handlers_of(app: Litestar) -> Iterator[HTTPRouteHandler]:
    """The handlers whose operations stand in the document."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", []):
            if isinstance(handler, HTTPRouteHandler) and handler.operation_id is not None:
                yield handler


def body_of(handler: HTTPRouteHandler) -> object | None:
    """The type of a handler's JSON body."""
    field = handler.parsed_fn_signature.parameters.get("data")
    return None if field is None else field.annotation


def answer_of(handler: HTTPRouteHandler) -> object | None:
    """The type of a handler's JSON answer; None for one that is a stream of bytes or empty."""
    returned = handler.parsed_fn_signature.return_type
    if not returned.inner_types:
        return None if isinstance(returned.annotation, type) else returned.annotation
    inner = returned.inner_types[0].annotation
    return None if inner in (bytes, None, type(None), Any) else inner


def _schemas(
    handlers: Mapping[str, HTTPRouteHandler],
) -> tuple[Mapping[tuple[str, str], Json], Json]:
    """The schemas of all bodies and answers, by operation and mode, and what they refer to."""
    wanted: list[tuple[str, Any, TypeAdapter[Any]]] = []
    for name, handler in handlers.items():
        if (body := body_of(handler)) is not None:
            wanted.append((name, "validation", TypeAdapter(body)))
        if (answer := answer_of(handler)) is not None:
            wanted.append((name, "serialization", TypeAdapter(answer)))
    schemas, definitions = TypeAdapter.json_schemas(wanted, ref_template=_REFERENCE)
    return (
        {(str(name), str(mode)): schema for (name, mode), schema in schemas.items()},
        definitions.get("$defs", {}),
    )


def _complete(
    operation: Json,
    handler: HTTPRouteHandler,
    schemas: Mapping[tuple[str, str], Json],
    definitions: Json,
    *,
    path: str,
    method: str,
) -> None:
    name = str(handler.operation_id)
    is_public = handler.opt.get("scope") is None
    needs_version = _mentions(handler.fn.__code__, "expected_version")
    first_line, _, rest = (handler.fn.__doc__ or "").strip().partition("\n")
    operation["summary"] = first_line.rstrip(".")
    operation["description"] = "\n".join(line.strip() for line in rest.strip().splitlines())
    if not is_public:
        operation["description"] += f"\n\nScope: `{handler.opt['scope']}`."
    operation["description"] = operation["description"].strip()
    headers = [_IDEMPOTENCY_KEY] if method == "post" and not is_public else []
    headers += [_IF_MATCH] if needs_version else []
    if headers:
        operation["parameters"] = [*operation.get("parameters", []), *headers]
    consumes = handler.opt.get("consumes")
    if body_of(handler) is not None:
        operation["requestBody"] = _body(schemas[name, "validation"], definitions)
    elif consumes is not None:
        schema = {"type": "string", "format": "binary"}
        operation["requestBody"] = {"required": True, "content": {consumes: {"schema": schema}}}
    answers = _answers(operation, handler, schemas.get((name, "serialization")), definitions)
    statuses = _problem_statuses(
        path=path,
        method=method,
        is_public=is_public,
        has_body="requestBody" in operation,
        needs_version=needs_version,
    )
    operation["responses"] = answers | {
        str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in statuses
    }
    if is_public:
        operation["security"] = []


def _answers(
    operation: Json, handler: HTTPRouteHandler, schema: Json | None, definitions: Json
) -> Json:
    """The answers of success: the usual status and those that the route also names."""
    usual = min(operation["responses"])
    described = operation["responses"][usual]
    answer: Json = {"description": described.get("description", "Done")}
    if schema is not None:
        answer["content"] = _body(schema, definitions)["content"]
    elif "content" in described:
        answer["content"] = described["content"]
    also = (str(status) for status in handler.opt.get("also_answers", ()))
    return {status: answer for status in (usual, *also)}  # noqa: C420 -- dict.fromkeys reads worse


def _body(schema: Json, definitions: Json) -> Json:
    example = example_of(schema, definitions)
    return {"required": True, "content": {_JSON: {"schema": schema, "example": example}}}


def _problem(status: int) -> Json:
    kind, meaning = PROBLEMS[status]
    example = {"type": f"/problems/{kind}", "title": meaning.rstrip("."), "status": status}
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": meaning,
        "content": {PROBLEM_JSON: {"schema": schema, "example": example}},
    }


def _problem_statuses(
    *, path: str, method: str, is_public: bool, has_body: bool, needs_version: bool
) -> list[int]:
    is_change = method != "get"
    statuses = {429, 503}
    if not is_public:
        statuses |= {400, 401, 403}
    if is_public and has_body:
        statuses |= {400, 401, 403}
    if "{" in path:
        statuses |= {404}
    if is_change:
        statuses |= {409, 422}
    if has_body:
        statuses |= {413, 415, 422}
    if needs_version:
        statuses |= {412, 428}
    return sorted(statuses)


def _mentions(code: CodeType, name: str) -> bool:
    """Whether a function, or one inside it, reads an attribute of this name."""
    inner = (each for each in code.co_consts if isinstance(each, CodeType))
    return name in code.co_names or any(_mentions(each, name) for each in inner)
