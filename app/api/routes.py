"""How routes are declared: each names its scope, or says that it needs none."""

from litestar.handlers import HTTPRouteHandler

from app.answers import JSON

PUBLIC = "public"
"""The scope of a route that anybody may call: health checks and sign-in."""
OWN = "own"
"""The scope of a route about the caller's own sign-in: any credential that holds may call it."""


class UndeclaredScope(Exception):
    """A route says nothing of who may call it."""


def describe(handler: HTTPRouteHandler) -> None:
    """Check a route at start and note what the runner needs to know of it.

    Raises UndeclaredScope.
    """
    scope = handler.opt.get("scope")
    if scope is None:
        raise UndeclaredScope(str(handler))
    handler.opt["is_public"] = scope == PUBLIC
    if scope in (PUBLIC, OWN):
        handler.opt["scope"] = None
    handler.opt["operation"] = handler.operation_id or handler.handler_name
    parameters = frozenset(handler.parsed_fn_signature.parameters)
    handler.opt["parameters"] = parameters
    handler.opt.setdefault("media_types", (JSON,) if "data" in parameters else ())
