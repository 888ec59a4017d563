"""HTTP to hosts that a company names: never into a private network, never without an end.

A name is resolved here, every address that it has is checked, and the connection goes to one of
the checked addresses itself, so that a name which leads elsewhere a moment later changes nothing.
Redirects are not followed, proxies of the environment are not used.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import httpcore
import httpx

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Awaitable[Sequence[Address]]]
"""The addresses of a host name. Raises OSError."""

LONGEST_SECONDS = 15.0
"""How long one exchange may take, from the look-up of the name to the last byte."""

MOST_BYTES = 1_000_000
"""How much of an answer is read."""

_MOST_ADDRESSES = 4

_NOT_PUBLIC = tuple(
    map(
        ipaddress.ip_network,
        (
            "168.63.129.16/32",  # Azure's platform, in public space
            "192.88.99.0/24",  # 6to4 relays
            "::/96",  # IPv4-compatible
            "64:ff9b::/96",  # NAT64 (RFC 6052)
            "64:ff9b:1::/48",  # NAT64 (RFC 8215)
            "2001::/32",  # Teredo
            "2002::/16",  # 6to4
            "fec0::/10",  # site-local
        ),
    )
)
"""What leads to private addresses by another way, beside what ``ipaddress`` knows."""


class HostRefused(httpx.TransportError):
    """The host is, or leads to, an address that is not public, or is not spoken to by https."""


class AnswerEndless(httpx.TransportError):
    """The answer is longer than will be read."""


def is_public(address: Address) -> bool:
    """Whether an address is somewhere on the public internet, by whatever form it is written."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return False
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
    if any(address in network for network in _NOT_PUBLIC if network.version == address.version):
        return False
    is_special = address.is_multicast or address.is_reserved or address.is_unspecified
    return address.is_global and not is_special


async def system_resolver(host: str, port: int) -> Sequence[Address]:
    """What the system's resolver says."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(str(name[0])) for *_, name in found]


@dataclass(frozen=True)
class Guard:
    """Which hosts may be spoken to."""

    tls: ssl.SSLContext = field(repr=False)
    """By which certificates hosts are believed."""
    private_hosts: frozenset[tuple[str, int]] = frozenset()
    """Hosts with their ports that the operator admits although they are not public. One of this
    machine may be spoken to without TLS."""
    resolve: Resolver = field(default=system_resolver, repr=False)

    async def addresses(self, host: str, port: int) -> Sequence[Address]:
        """Where a host may be reached. Raises HostRefused, OSError."""
        found = await self.resolve(host, port)
        if not found:
            raise OSError("the name has no address")
        if (host.lower(), port) not in self.private_hosts and not all(map(is_public, found)):
            raise HostRefused("an address of the host is not public")
        return list(dict.fromkeys(found))[:_MOST_ADDRESSES]

    def require_scheme(self, url: httpx.URL) -> None:
        """Raises HostRefused for anything but https, or http to an admitted host of this
        machine."""
        if url.scheme == "https":
            return
        is_admitted = (url.host.lower(), _port_of(url)) in self.private_hosts
        if url.scheme != "http" or not (is_admitted and _is_here(url.host)):
            raise HostRefused("the host is not spoken to by https")


class GuardedTransport(httpx.AsyncBaseTransport):
    """The one way out for requests to hosts that somebody else has named.

    Used as ``httpx.AsyncClient(transport=GuardedTransport(guard), follow_redirects=False)``;
    ``guarded_client`` makes one. Bounds the time and the length of each exchange by itself.
    """

    def __init__(
        self,
        guard: Guard,
        *,
        longest_seconds: float = LONGEST_SECONDS,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._guard = guard
        self._longest_seconds = longest_seconds
        self._most_bytes = most_bytes
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=guard.tls,
            max_keepalive_connections=0,
            network_backend=_GuardedBackend(guard),
        )

    async def __aenter__(self) -> Self:
        await self._pool.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self._pool.__aexit__(kind, value, traceback)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises HostRefused, AnswerEndless, httpx.TimeoutException, httpx.TransportError."""
        self._guard.require_scheme(request.url)
        deadline = asyncio.get_running_loop().time() + self._longest_seconds
        assert isinstance(request.stream, httpx.AsyncByteStream)
        wanted = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.stream,
        )
        async with _until(deadline):
            answer = await self._pool.handle_async_request(wanted)
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_BoundedStream(answer, deadline, self._most_bytes),
        )

    async def aclose(self) -> None:
        """Give the connections up."""
        await self._pool.aclose()


def guarded_client(
    guard: Guard, *, longest_seconds: float = LONGEST_SECONDS, most_bytes: int = MOST_BYTES
) -> httpx.AsyncClient:
    """A client whose every request is guarded."""
    transport = GuardedTransport(guard, longest_seconds=longest_seconds, most_bytes=most_bytes)
    return httpx.AsyncClient(
        transport=transport,
        follow_redirects=False,
        trust_env=False,
        timeout=None,  # noqa: S113 -- the transport bounds the whole exchange
        headers={"User-Agent": "Wellkept", "Accept-Encoding": "identity"},
    )


class _GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects to the addresses that have been checked, and to no others."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- the library's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            addresses = await self._guard.addresses(host, port)
        except OSError as error:
            raise httpcore.ConnectError("the name cannot be resolved") from error
        *others, last = map(str, addresses)
        for address in others:
            try:
                return await self._inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except httpcore.ConnectError:
                continue
        return await self._inner.connect_tcp(last, port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class _BoundedStream(httpx.AsyncByteStream):
    """An answer's body up to its deadline and its length."""

    def __init__(self, answer: httpcore.Response, deadline: float, most_bytes: int) -> None:
        self._answer = answer
        self._deadline = deadline
        self._most_bytes = most_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        parts = self._answer.aiter_stream().__aiter__()
        while True:
            async with _until(self._deadline):
                part = await anext(parts, None)
            if part is None:
                return
            read += len(part)
            if read > self._most_bytes:
                raise AnswerEndless("the answer is too long")
            yield part

    async def aclose(self) -> None:
        await self._answer.aclose()


class _until:  # noqa: N801 -- read as a word
    """A deadline, and the library's errors as those of the client."""

    def __init__(self, deadline: float) -> None:
        self._timeout = asyncio.timeout_at(deadline)

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            await self._timeout.__aexit__(kind, error, traceback)
        except TimeoutError as timeout:
            raise httpx.ReadTimeout("the exchange took too long") from timeout
        match error:
            case httpcore.TimeoutException():
                raise httpx.ReadTimeout(str(error)) from error
            case httpcore.ConnectError():
                raise httpx.ConnectError(str(error)) from error
            case httpcore.NetworkError() | httpcore.ProtocolError():
                raise httpx.ReadError(str(error)) from error


def _port_of(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _is_here(host: str) -> bool:
    """Whether a host is this machine by its name alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
