"""Requests to hosts that somebody else names: never inward, never endless."""

import ipaddress
import ssl
from collections.abc import Sequence

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.guarded_http import (
    Address,
    AnswerEndless,
    Guard,
    HostRefused,
    guarded_client,
    is_public,
)
from tests.builders.certificates import Authority
from tests.builders.receivers import (
    Receiver,
    Respond,
    close_in_the_middle,
    flood,
    receiving,
    silence,
    status,
    trickle,
)

pytestmark = pytest.mark.anyio

PRIVATE_V4 = [
    "10.0.0.0/8",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "0.0.0.0/8",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "192.0.2.0/24",
    "198.18.0.0/15",
]
PRIVATE_V6 = ["fc00::/7", "fe80::/10", "ff00::/8", "::1/128", "::/128", "2001:db8::/32"]
WRAPPED = {
    "mapped": lambda v4: (0xFFFF << 32) | v4,
    "compatible": lambda v4: v4,
    "NAT64": lambda v4: (0x64FF9B << 96) | v4,
    "6to4": lambda v4: (0x2002 << 112) | (v4 << 80),
    "Teredo": lambda v4: (0x20010000 << 96) | (v4 ^ 0xFFFFFFFF),
}


def address_in(network: str) -> st.SearchStrategy[Address]:
    held = ipaddress.ip_network(network)
    return st.integers(0, held.num_addresses - 1).map(lambda at: held[at])


@given(address=st.one_of(map(address_in, PRIVATE_V4 + PRIVATE_V6)))
def test_no_private_address_is_public(address: Address) -> None:
    assert not is_public(address)


@given(address=st.one_of(map(address_in, PRIVATE_V4)), way=st.sampled_from(sorted(WRAPPED)))
def test_no_private_address_is_public_in_another_form(address: Address, way: str) -> None:
    assert not is_public(ipaddress.IPv6Address(WRAPPED[way](int(address))))


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "fd00:ec2::254", "168.63.129.16", "100.100.100.200", "fe80::1%eth0"],
)
def test_the_addresses_of_clouds_own_data_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "::ffff:8.8.8.8"]
)
def test_the_public_internet_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def guard(authority: Authority, port: int | None = None) -> Guard:
    return Guard(
        tls=authority.client,
        private_hosts=frozenset() if port is None else frozenset({("localhost", port)}),
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost:{port}/",
        "https://127.0.0.1:{port}/",
        "https://[::1]:{port}/",
        "https://2130706433:{port}/",
        "https://0x7f.1:{port}/",
        "https://[::ffff:127.0.0.1]:{port}/",
        "http://localhost:{port}/",
        "http://example.org/",
        "ftp://example.org/",
    ],
)
async def test_this_machine_is_refused_by_every_name_it_has_and_so_is_http(
    authority: Authority, url: str
) -> None:
    receiver = Receiver()
    async with (
        receiving(receiver, tls=authority.server) as port,
        guarded_client(guard(authority)) as client,
    ):
        with pytest.raises((HostRefused, httpx.ConnectError, httpx.UnsupportedProtocol)):
            await client.post(url.format(port=port), content=b"inside?")
    assert receiver.connections == 0


async def test_a_host_that_the_operator_admits_is_reached_at_that_port_alone(
    authority: Authority,
) -> None:
    receiver = Receiver()
    async with (
        receiving(receiver, tls=authority.server) as port,
        guarded_client(guard(authority, port)) as client,
    ):
        answer = await client.post(f"https://localhost:{port}/hook", content=b"{}")
        with pytest.raises(HostRefused):
            await client.post(f"https://localhost:{port + 1}/hook", content=b"{}")
    assert answer.status_code == 204
    (received,) = receiver.received
    assert (received.line, received.body) == ("POST /hook HTTP/1.1", b"{}")


async def test_a_name_that_changes_its_mind_is_connected_to_where_it_was_checked(
    authority: Authority,
) -> None:
    """DNS rebinding: public when it is looked at, this machine when it is connected to."""
    asked: list[str] = []
    public = ipaddress.ip_address("203.0.114.1")

    async def rebinding(host: str, _: int) -> Sequence[Address]:
        asked.append(host)
        return [public if len(asked) == 1 else ipaddress.ip_address("127.0.0.1")]

    receiver = Receiver()
    async with receiving(receiver, tls=authority.server) as port:
        rebound = Guard(tls=authority.client, resolve=rebinding)
        async with guarded_client(rebound, longest_seconds=0.3) as client:
            with pytest.raises(httpx.TransportError):
                await client.get(f"https://localhost:{port}/")
    assert (asked, receiver.connections) == (["localhost"], 0)


async def test_one_private_address_among_public_ones_refuses_the_name(
    authority: Authority,
) -> None:
    async def mixed(_: str, __: int) -> Sequence[Address]:
        return [ipaddress.ip_address("8.8.8.8"), ipaddress.ip_address("10.0.0.1")]

    async with guarded_client(Guard(tls=authority.client, resolve=mixed)) as client:
        with pytest.raises(HostRefused):
            await client.get("https://two-faced.example/")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (silence, httpx.TimeoutException),
        (trickle, httpx.TimeoutException),
        (flood, AnswerEndless),
        (close_in_the_middle, httpx.ReadError),
    ],
)
async def test_an_answer_without_an_end_is_left(
    authority: Authority, answer: Respond, error: type[Exception]
) -> None:
    receiver = Receiver(answers=[answer])
    async with (
        receiving(receiver, tls=authority.server) as port,
        guarded_client(guard(authority, port), longest_seconds=0.5) as client,
    ):
        with pytest.raises(error):
            await client.post(f"https://localhost:{port}/", content=b"{}")


async def test_a_redirect_is_an_answer_and_not_followed(authority: Authority) -> None:
    receiver = Receiver(answers=[status(302, "Location: https://localhost:1/inside")])
    async with (
        receiving(receiver, tls=authority.server) as port,
        guarded_client(guard(authority, port)) as client,
    ):
        answer = await client.get(f"https://localhost:{port}/")
    assert (answer.status_code, len(receiver.received)) == (302, 1)


async def test_a_certificate_that_nobody_vouches_for_is_not_believed(authority: Authority) -> None:
    receiver = Receiver()
    async with receiving(receiver, tls=authority.server) as port:
        admitted = Guard(
            tls=ssl.create_default_context(), private_hosts=frozenset({("localhost", port)})
        )
        async with guarded_client(admitted) as client:
            with pytest.raises(httpx.ConnectError):
                await client.get(f"https://localhost:{port}/")
    assert receiver.received == []
