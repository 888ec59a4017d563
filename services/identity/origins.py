"""Roughly from what and where somebody signs in: enough to recognise one's own, no more.

Of the address only its network is kept (the first 24 bits, of IPv6 48), of what the browser says
of itself only a name from the tables below: nothing that singles out a person or a machine, and
nothing that the other side could choose freely.
"""

import ipaddress
from dataclasses import dataclass

_LONGEST_USER_AGENT = 1000
_IPV4_PREFIX = 24
_IPV6_PREFIX = 48
_OTHER = "another program"

_BROWSERS = (
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("OPR/", "Opera"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""What a browser's name is known by. Many name others as well, so the first that fits counts."""

_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class Origin:
    """From what, such as ``Firefox on Windows``, and from which network, ``203.0.113.0/24``."""

    browser: str = _OTHER
    network: str | None = None


def origin_of(user_agent: str | None, address: str | None) -> Origin:
    """The origin of a request with this User-Agent, from this address."""
    return Origin(_browser(user_agent or ""), _network(address or ""))


def _browser(user_agent: str) -> str:
    text = user_agent[:_LONGEST_USER_AGENT]
    browser = next((name for sign, name in _BROWSERS if sign in text), _OTHER)
    system = next((name for sign, name in _SYSTEMS if sign in text), None)
    return browser if system is None else f"{browser} on {system}"


def _network(address: str) -> str | None:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            return str(ipaddress.IPv6Network((int(parsed), _IPV6_PREFIX), strict=False))
        parsed = parsed.ipv4_mapped
    return str(ipaddress.IPv4Network((int(parsed), _IPV4_PREFIX), strict=False))
