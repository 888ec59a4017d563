"""The page that shows the API's reference, from files of an installed package: no other host."""

import importlib.util
from pathlib import Path
from typing import Any

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from app.api.routes import PUBLIC

PATH = "/api/v1/reference"
DOCUMENT_PATH = "/api/v1/openapi"

_PAGE = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Wellkept: API reference</title>
<link rel="stylesheet" href="{PATH}/swagger-ui.css">
</head>
<body>
<div id="reference"></div>
<script src="{PATH}/swagger-ui-bundle.js"></script>
<script src="{PATH}/start.js"></script>
</body>
</html>
"""

_START = f"""SwaggerUIBundle({{
  url: "{DOCUMENT_PATH}/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  docExpansion: "none",
  filter: true,
  persistAuthorization: false,
  validatorUrl: null
}});
"""

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Only files of this program. Swagger UI writes style attributes, hence the one exception."""

_MEDIA_TYPES = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}


@get(PATH, operation_id="reference", scope=PUBLIC, include_in_schema=False, sync_to_thread=False)
def page() -> Response[str]:
    """The page."""
    headers = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"}
    return Response(_PAGE, media_type="text/html", headers=headers)


@get(
    f"{PATH}/{{name:str}}",
    operation_id="reference_file",
    scope=PUBLIC,
    include_in_schema=False,
    sync_to_thread=True,
)
def file(name: FromPath[str]) -> Response[Any]:
    """A script or style sheet of the page."""
    if name == "start.js":
        return Response(_START, media_type="text/javascript")
    if name not in _MEDIA_TYPES:
        raise NotFoundException
    return Response(
        (_files() / name).read_bytes(),
        media_type=_MEDIA_TYPES[name],
        headers={"Cache-Control": "public, max-age=86400"},
    )


def _files() -> Path:
    """Where the package keeps Swagger UI; found without running the package."""
    package = importlib.util.find_spec("swagger_ui")
    assert package is not None
    assert package.submodule_search_locations is not None
    return Path(package.submodule_search_locations[0]) / "static"
