"""The page that mailed links lead to: choose a password, or ask for another link.

One file of our own. Its policy names the hashes of its script and its style, so nothing else runs
there, and it can talk to nobody but this program.
"""

import base64
import hashlib
import re
from pathlib import Path

from litestar import Response, get

from app.api.routes import PUBLIC
from services.identity.mailed_links import PAGE

HTML = (Path(__file__).parent / "pages" / "choose_password.html").read_text("utf-8")


def _hash_of(element: str) -> str:
    """The CSP source that allows the page's one inline element of a name."""
    (content,) = re.findall(rf"<{element}>(.*?)</{element}>", HTML, re.DOTALL)
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


POLICY = (
    f"default-src 'none'; script-src {_hash_of('script')}; style-src {_hash_of('style')};"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


@get(
    PAGE,
    operation_id="choose_password_page",
    scope=PUBLIC,
    include_in_schema=False,
    sync_to_thread=False,
)
def page() -> Response[str]:
    """The page."""
    return Response(HTML, media_type="text/html", headers=_HEADERS)
