"""Roughly from what and where somebody signs in."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.origins import origin_of

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64"
CHROMIUM = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("user_agent", "browser"),
    [
        (f"{WINDOWS}; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox on Windows"),
        (f"{WINDOWS}) {CHROMIUM}", "Chrome on Windows"),
        (f"{WINDOWS}) {CHROMIUM} Edg/126.0.0.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5) Version/17.5 Safari/604.1", "Safari on iPhone"),
        (f"Mozilla/5.0 (Linux; Android 14; Pixel 8) {CHROMIUM}", "Chrome on Android"),
        ("curl/8.5.0", "another program"),
        ("", "another program"),
        (None, "another program"),
    ],
)
def test_a_browser_is_known_by_its_name_and_system(user_agent: str | None, browser: str) -> None:
    assert origin_of(user_agent, None).browser == browser


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:aaaa:bbbb::1", "2001:db8:aaaa::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("local", None),
        ("203.0.113.77:443", None),
        (None, None),
    ],
)
def test_of_an_address_only_the_network_is_kept(address: str | None, network: str | None) -> None:
    assert origin_of(None, address).network == network


@given(st.ip_addresses())
def test_the_network_holds_the_address_and_at_least_two_hundred_others(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    network = ipaddress.ip_network(origin_of(None, str(address)).network or "")
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    assert (mapped or address) in network
    assert network.num_addresses >= 256


@given(st.text(), st.text())
def test_nothing_is_kept_that_the_other_side_can_choose_freely(before: str, after: str) -> None:
    browser = origin_of(f"{before}Firefox/1.0 (Windows){after}", None).browser
    names = "Edge|Opera|Firefox|Chrome|Safari|iPhone|iPad|Android|Windows|Mac|ChromeOS|Linux"
    assert set(browser.split(" on ")) <= set(names.split("|"))
