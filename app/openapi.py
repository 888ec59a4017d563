"""The OpenAPI document: what Litestar derives of the routes, completed by what it cannot know.

The models speak for themselves (pydantic writes their schemas: unknown fields refused, limits
kept); every body has an example; every operation names the problems that it can answer with, the
headers that it takes and who may call it.
"""

import functools
from collections.abc import Iterator, Mapping
from types import CodeType
from typing import Any, get_args, get_origin

from litestar import Litestar, Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.plugins import JsonRenderPlugin
from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from app.examples import REMITTANCE, example_of
from app.problems import PROBLEM_JSON

Json = dict[str, Any]

_REFERENCE = "#/components/schemas/{model}"
_JSON = "application/json"

PROBLEMS: Mapping[int, tuple[str, str]] = {
    400: ("bad-request", "A parameter is unknown or cannot be read, or the body is not JSON."),
    401: ("not-authenticated", "The credential is missing, unknown, expired or revoked."),
    403: ("missing-scope", "The credential lacks the scope of this operation."),
    404: ("not-found", "There is no such thing in the company."),
    409: ("duplicate-value", "The state of the records, or another row, does not allow it."),
    412: ("version-conflict", "If-Match names an old version."),
    413: ("body-too-large", "The body is too large."),
    415: ("media-type-not-supported", "The body's media type is not supported."),
    422: ("invalid-input", "The input breaks a rule; every fault is listed with its pointer."),
    428: ("if-match-needed", "If-Match is missing: send the ETag that you read."),
    429: ("too-many-requests", "The rate limit is used up; Retry-After says when to try again."),
    503: ("not-available", "The database, a store or a scanner does not answer; try again."),
    507: ("file-store-full", "The store of kept files takes no more."),
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
    models = _Models(handlers)
    for path, item in document["paths"].items():
        for method, operation in item.items():
            handler = handlers[operation["operationId"]]
            _describe(operation, handler, method)
            _exchange(operation, handler, models)
            statuses = _problem_statuses(operation, handler, path=path, method=method)
            operation["responses"] |= {
                str(status): {"$ref": f"#/components/responses/Problem{status}"}
                for status in statuses
            }
    components = document["components"]
    components["schemas"] = {
        **components.get("schemas", {}),
        **models.definitions,
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


def body_of(handler: HTTPRouteHandler) -> Any | None:
    """The type of a handler's JSON body."""
    field = handler.parsed_fn_signature.parameters.get("data")
    return None if field is None else field.annotation


def answer_of(handler: HTTPRouteHandler) -> Any | None:
    """The type of a handler's JSON answer; None for one that is a stream of bytes or empty."""
    annotation = handler.parsed_fn_signature.return_type.annotation
    if isinstance(annotation, type) and issubclass(annotation, Response):
        return None
    if get_origin(annotation) is Response:
        (annotation,) = get_args(annotation)
    return None if annotation in (bytes, None, type(None), Any) else annotation


class _Models:
    """The schemas of all bodies and answers, as their models give them, and their examples."""

    def __init__(self, handlers: Mapping[str, HTTPRouteHandler]) -> None:
        wanted: list[tuple[str, JsonSchemaMode, TypeAdapter[Any]]] = []
        for name, handler in handlers.items():
            if (body := body_of(handler)) is not None:
                wanted.append((name, "validation", TypeAdapter(body)))
            if (answer := answer_of(handler)) is not None:
                wanted.append((name, "serialization", TypeAdapter(answer)))
        self._schemas, shared = TypeAdapter.json_schemas(wanted, ref_template=_REFERENCE)
        self.definitions: Json = shared.get("$defs", {})

    def content(self, name: str, mode: JsonSchemaMode) -> Json | None:
        """The content of an operation's body or answer, or None where it has none in JSON."""
        schema = self._schemas.get((name, mode))
        if schema is None:
            return None
        return {_JSON: {"schema": schema, "example": example_of(schema, self.definitions)}}


def _describe(operation: Json, handler: HTTPRouteHandler, method: str) -> None:
    """What the operation does, who may call it and which headers it takes."""
    first_line, _, rest = (handler.fn.__doc__ or "").strip().partition("\n")
    lines = [line.strip() for line in rest.strip().splitlines()]
    operation["summary"] = first_line.rstrip(".")
    if _is_public(handler):
        operation["security"] = []
    else:
        scope = handler.opt["scope"]
        needed = "none: any credential that holds" if scope is None else f"`{scope}`"
        lines += ["", f"Scope: {needed}."]
    operation["description"] = "\n".join(lines).strip()
    headers = []
    if method == "post" and not _is_public(handler):
        headers.append(_IDEMPOTENCY_KEY)
    if _needs_version(handler):
        headers.append(_IF_MATCH)
    if headers:
        operation["parameters"] = [*operation.get("parameters", []), *headers]


def _exchange(operation: Json, handler: HTTPRouteHandler, models: _Models) -> None:
    """What goes in, and what comes out when all is well."""
    name = str(handler.operation_id)
    content = models.content(name, "validation")
    if content is None and handler.opt["media_types"]:
        schema = {"type": "string", "format": "binary"}
        upload = {"schema": schema, "example": REMITTANCE}
        content = dict.fromkeys(handler.opt["media_types"], upload)
    if content is not None:
        operation["requestBody"] = {"required": True, "content": content}
    usual = min(operation["responses"])
    answer = {"description": "Done", **operation["responses"][usual]}
    if (content := models.content(name, "serialization")) is not None:
        answer["content"] = content
    if produced := handler.opt.get("produces"):
        file = {"schema": {"type": "string", "format": "binary"}}
        answer["content"] = dict.fromkeys(produced, file)
    statuses = (usual, *(str(status) for status in handler.opt.get("also_answers", ())))
    operation["responses"] = dict.fromkeys(statuses, answer)


def _problem(status: int) -> Json:
    kind, meaning = PROBLEMS[status]
    example = {"type": f"/problems/{kind}", "title": meaning.rstrip("."), "status": status}
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": meaning,
        "content": {PROBLEM_JSON: {"schema": schema, "example": example}},
    }


def _problem_statuses(
    operation: Json, handler: HTTPRouteHandler, *, path: str, method: str
) -> list[int]:
    has_body = "requestBody" in operation
    statuses = {429, 503}
    if has_body or not _is_public(handler):
        statuses |= {400, 401, 403}
    if "{" in path:
        statuses |= {404}
    if method != "get":
        statuses |= {409, 422}
    if has_body:
        statuses |= {413, 415}
    if "application/octet-stream" in handler.opt["media_types"]:
        statuses |= {507}
    if _needs_version(handler):
        statuses |= {412, 428}
    statuses |= set(handler.opt.get("also_refuses", ()))
    return sorted(statuses)


def _is_public(handler: HTTPRouteHandler) -> bool:
    return bool(handler.opt["is_public"])


def _needs_version(handler: HTTPRouteHandler) -> bool:
    """Whether a handler asks for If-Match: its code says so."""
    return _mentions(handler.fn.__code__, "expected_version")


def _mentions(code: CodeType, name: str) -> bool:
    inner = (each for each in code.co_consts if isinstance(each, CodeType))
    return name in code.co_names or any(_mentions(each, name) for each in inner)
