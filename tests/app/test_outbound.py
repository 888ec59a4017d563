"""The way out reaches public hosts only, whatever a name resolves to."""

import httpx
import pytest

from app.outbound import LARGEST_ANSWER_BYTES, GuardedOutbound, is_public
from tests.builders.providers import running_forger

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),  # noqa: S104
        *("100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1"),
        *("::ffff:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "ff02::1"),
    ],
)
def test_an_address_of_a_network_of_somebodys_own_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "is_so"),
    [
        ("https://login.example", True),
        ("https://login.example:8443/realm", True),
        ("http://login.example", False),
        ("http://idp.internal", True),
        ("https://user@login.example", False),
        ("https://", False),
        ("https://a:b", False),
        ("ftp://login.example", False),
        ("file:///etc/passwd", False),
        ("nonsense", False),
    ],
)
def test_only_https_is_called_except_at_hosts_that_are_allowed(url: str, is_so: bool) -> None:
    assert GuardedOutbound(["idp.internal"]).may_reach(url) == is_so


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "2130706433", "0x7f.1", "[::1]"])
async def test_this_machine_is_not_reached_by_any_of_its_names(host: str) -> None:
    async with httpx.AsyncClient(transport=GuardedOutbound().transport()) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(f"https://{host}/")


async def test_a_host_that_is_allowed_is_reached_under_that_name_alone() -> None:
    with running_forger() as forger:
        transport = GuardedOutbound(["localhost"]).transport()
        async with httpx.AsyncClient(transport=transport) as client:
            assert (await client.get(f"{forger.issuer}/jwks")).json() == {"keys": []}
            with pytest.raises(httpx.UnsupportedProtocol):
                await client.get(forger.issuer.replace("localhost", "127.0.0.1"))


async def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    with running_forger() as forger:
        forger.make_token = lambda _: "x" * LARGEST_ANSWER_BYTES
        transport = GuardedOutbound(["localhost"]).transport()
        async with httpx.AsyncClient(transport=transport) as client:
            with pytest.raises(httpx.ReadError):
                await client.post(f"{forger.issuer}/token", data={"code": "any"})
