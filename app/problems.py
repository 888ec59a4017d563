"""Everything that goes wrong becomes an RFC 9457 problem document here, and nowhere else."""

import re
from dataclasses import dataclass, field, replace

import msgspec
from litestar import Response
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    ValidationException,
)

from services.refusals import Category, Fault, InvalidInput, InvalidParameter, Refusal
from storage import errors
from storage.files import FileDamaged

PROBLEM_JSON = "application/problem+json"
TYPE_PREFIX = "/problems/"

_STATUS = {
    Category.MALFORMED: 400,
    Category.INVALID: 422,
    Category.NOT_AUTHENTICATED: 401,
    Category.FORBIDDEN: 403,
    Category.NOT_FOUND: 404,
    Category.CONFLICT: 409,
    Category.TOO_LARGE: 413,
    Category.TOO_MANY: 429,
    Category.UNAVAILABLE: 503,
}

CLIENT_GONE = 499
"""For logs and figures: nobody is left to be answered."""

_ASK_AGAIN = frozenset({412, 428, 429})
"""What another try may change: a version read anew, a window that is over."""

_FORBIDDING_PATTERN = r"[^\x00-"
"""How the patterns of texts begin that forbid characters: see ``services.inputs``."""

_MISSING_PARAMETER = re.compile(r"Missing required \w+ parameter '(\w+)'")
"""How the framework says that a parameter was left out."""

_PARAMETER_SOURCES = ("query", "path", "header", "cookie")

_OF_HTTP = {
    400: ("bad-request", "The request cannot be understood"),
    401: ("not-authenticated", "A valid credential is needed"),
    404: ("not-found", "There is no such thing"),
    405: ("method-not-allowed", "The method is not allowed here"),
    412: ("version-conflict", "It has changed since you read it"),
    413: ("body-too-large", "The body is too large"),
    415: ("media-type-not-supported", "The body's media type is not supported"),
    CLIENT_GONE: ("client-gone", "The request broke off"),
    428: ("if-match-needed", "If-Match is needed"),
    429: ("too-many-requests", "Too many requests"),
    500: ("internal-error", "Something went wrong on our side"),
    503: ("not-available", "Not available right now"),
    507: ("file-store-full", "No file can be kept right now"),
}
"""The stable type and the title of the problems of HTTP itself."""


class ClientGone(Exception):
    """The client went before its request had come in whole."""


@dataclass(frozen=True)
class Problem:
    """One problem document and the headers that go with it."""

    status: int
    type: str
    title: str
    detail: str | None = None
    data: dict[str, object] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def is_final(self) -> bool:
        """Whether asking again would change nothing: not so for faults of ours, old versions and
        full windows."""
        return self.status < 500 and self.status not in _ASK_AGAIN  # noqa: PLR2004

    def response(self) -> Response[bytes]:
        """The answer."""
        content: dict[str, object] = {
            "type": TYPE_PREFIX + self.type,
            "title": self.title,
            "status": self.status,
        }
        if self.detail is not None:
            content["detail"] = self.detail
        content |= self.data
        return Response(
            msgspec.json.encode(content),
            media_type=PROBLEM_JSON,
            status_code=self.status,
            headers=self.headers,
        )


def kebab(name: str) -> str:
    """``ClaimNotEditable`` as ``claim-not-editable``: the stable type of a problem."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


def http_problem(status: int, detail: str | None = None) -> Problem:
    """A problem of HTTP itself."""
    kind, title = _OF_HTTP.get(status, ("refused", "The request was refused"))
    headers = {"Retry-After": "2"} if status == 503 else {}  # noqa: PLR2004
    return Problem(status, kind, title, detail, {}, headers)


def problem_of(error: Exception) -> Problem:
    """The problem document of any exception; what is unknown says nothing of itself."""
    match error:
        case InvalidInput():
            return _invalid(error.faults)
        case InvalidParameter():
            return Problem(400, "invalid-parameter", error.title, None, _invalid(error.faults).data)
        case Refusal():
            status = _STATUS[error.category]
            name = kebab(type(error).__name__)
            headers = _headers_of(error)
            return Problem(status, name, error.title, error.detail, error.data, headers)
        case ValidationException():
            return _malformed(error)
        case RecursionError():
            return http_problem(400, "The body is nested too deeply.")
        case ClientGone():
            return http_problem(CLIENT_GONE)
        case MethodNotAllowedException():
            allowed = ", ".join(sorted((error.headers or {}).get("allow", "").split(", ")))
            return replace(http_problem(405), headers={"Allow": allowed})
        case HTTPException():
            problem = http_problem(error.status_code, error.detail)
            return problem if error.status_code < 500 else http_problem(error.status_code)  # noqa: PLR2004
        case errors.StorageError():
            return _storage_problem(error)
        case _:
            return http_problem(500)


def _headers_of(refusal: Refusal) -> dict[str, str]:
    match refusal.category:
        case Category.NOT_AUTHENTICATED:
            return {"WWW-Authenticate": "Bearer"}
        case Category.TOO_MANY:
            seconds = str(refusal.data["retry_after_seconds"])
            return {"Retry-After": seconds, "RateLimit-Remaining": "0", "RateLimit-Reset": seconds}
        case _:
            return {}


def _invalid(faults: list[Fault]) -> Problem:
    return Problem(
        422,
        "invalid-input",
        InvalidInput.title,
        None,
        {
            "errors": [
                {"pointer": f.pointer, "code": f.code, "detail": _readable(f.message)}
                for f in faults
            ]
        },
    )


def _readable(message: str) -> str:
    """A message about a pattern that forbids characters, without the pattern."""
    is_about_one = _FORBIDDING_PATTERN in message.replace("\\\\", "\\")
    return "holds characters that are not allowed" if is_about_one else message


def _malformed(error: ValidationException) -> Problem:
    """A body that does not fit its model is a 422; a parameter that does not, or is missing, is
    a 400."""
    if missing := _MISSING_PARAMETER.match(error.detail):
        data = _invalid([Fault(f"/{missing[1]}", "is needed")]).data
        return Problem(400, *_OF_HTTP[400], None, data)
    found = error.extra if isinstance(error.extra, list) else []
    faults = [
        Fault("", "a JSON body is needed")
        if e.get("key") == "data"
        else Fault("/" + str(e.get("key", "")).replace(".", "/"), str(e.get("message", "")))
        for e in found
        if isinstance(e, dict)
    ]
    problem = _invalid(faults)
    if any(e.get("source") in _PARAMETER_SOURCES for e in found if isinstance(e, dict)):
        return Problem(400, *_OF_HTTP[400], None, problem.data)
    return problem


def _storage_problem(error: errors.StorageError) -> Problem:
    match error:
        case errors.RowNotFound():
            return http_problem(404)
        case errors.CompanyClosed():
            return replace(http_problem(401), headers={"WWW-Authenticate": "Bearer"})
        case errors.VersionConflict():
            return http_problem(412, "Read it again and repeat your change with its new ETag.")
        case errors.DuplicateValue():
            return Problem(
                409,
                "duplicate-value",
                "Another row of the company has this value",
                None,
                {"fields": list(error.columns)},
            )
        case errors.ReferenceNotFound():
            return _invalid([Fault(f"/{c}", "names nothing that exists") for c in error.columns])
        case errors.ConstraintRefused():
            return Problem(
                422,
                "rule-broken",
                "A rule of the records would be broken",
                None,
                {"rule": error.constraint},
            )
        case errors.StorageUnavailable() | errors.TransactionConflict():
            return http_problem(503)
        case _:
            return _file_problem(error)


def _file_problem(error: errors.StorageError) -> Problem:
    match error:
        case errors.MalwareFound():
            return Problem(
                422,
                "malware-found",
                "The file holds malware and was not kept",
                None,
                {"signature": error.signature},
            )
        case errors.MalwareScannerUnavailable():
            return http_problem(503, "The malware scanner does not answer; nothing was kept.")
        case errors.FileStoreUnavailable():
            return http_problem(503, "The store of kept files does not work now; try again later.")
        case errors.FileStoreFull():
            return http_problem(507, "The store of kept files takes no more; nothing was kept.")
        case FileDamaged():
            return Problem(500, "file-damaged", "The kept file is missing or was altered")
        case _:
            return http_problem(500)
