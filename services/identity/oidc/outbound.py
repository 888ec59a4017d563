"""Which addresses a provider may name for itself."""

import httpx

from services.guarded_http import Guard, HostRefused


def may_be_called(guard: Guard, url: str) -> bool:
    """Whether an address has a form that is called at all: https, with nobody's name in it."""
    try:
        parsed = httpx.URL(url)
        guard.require_scheme(parsed)
    except (httpx.InvalidURL, HostRefused):
        return False
    return bool(parsed.host) and not parsed.userinfo
