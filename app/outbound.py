"""The way to hosts that companies name: public ones only, whatever their names resolve to.

The address that was judged is the one that is connected to, so a name that resolves to something
else the next moment gains nothing. Answers are bounded, redirects are the caller's affair.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Iterable
from urllib.parse import urlsplit

import httpcore
import httpx

LARGEST_ANSWER_BYTES = 1_000_000
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/32")
"""Addresses that stand for IPv4 ones (NAT64), private ones included."""


class GuardedOutbound:
    """Reaches public hosts by https, and those in ``private_hosts`` wherever they are."""

    def __init__(self, private_hosts: Iterable[str] = ()) -> None:
        self._private_hosts = frozenset(private_hosts)

    def may_reach(self, url: str) -> bool:
        """Whether an address has a form that is called at all: https, with no one's name in it."""
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            return False
        if not host or parts.username is not None or parts.password is not None:
            return False
        return parts.scheme == "https" or (parts.scheme == "http" and host in self._private_hosts)

    def transport(self) -> httpx.AsyncBaseTransport:
        """What a client sends its requests by, for as long as the client lasts."""
        return _GuardedTransport(self, _GuardedNetwork(self._private_hosts))


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet's own."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return is_public(str(parsed.ipv4_mapped))
        if parsed.sixtofour is not None or parsed.teredo is not None or parsed in _TRANSLATED:
            return False
    return parsed.is_global and not parsed.is_multicast


class _GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Resolves a name itself and connects to what it has judged."""

    def __init__(self, private_hosts: frozenset[str]) -> None:
        self._private_hosts = private_hosts
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError("the host is not known") from error
        addresses = [str(place[0]) for *_, place in found]
        if host not in self._private_hosts and not all(map(is_public, addresses)):
            raise httpcore.ConnectError("the host is not public")
        failure: Exception = httpcore.ConnectError("the host has no address")
        for address in addresses:
            try:
                return await self._network.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self,
        path: str,  # noqa: ARG002 -- the signature is httpcore's
        timeout: float | None = None,  # noqa: ARG002, ASYNC109
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        raise httpcore.ConnectError("sockets of this machine are not reached")

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)


class _GuardedTransport(httpx.AsyncBaseTransport):
    """Sends requests over the guarded network."""

    def __init__(self, outbound: GuardedOutbound, network: _GuardedNetwork) -> None:
        self._outbound = outbound
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(), network_backend=network
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not self._outbound.may_reach(str(request.url)):
            raise httpx.UnsupportedProtocol("the address is not one that is called")
        assert isinstance(request.stream, httpx.AsyncByteStream)
        asked = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        try:
            answer = await self._pool.handle_async_request(asked)
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise httpx.ConnectError(str(error), request=request) from error
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Bounded(answer),
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Bounded(httpx.AsyncByteStream):
    """An answer up to a size; whoever reads further gets an error."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        try:
            async for chunk in self._answer.aiter_stream():
                size += len(chunk)
                if size > LARGEST_ANSWER_BYTES:
                    raise httpx.ReadError("the answer is too large")
                yield chunk
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise httpx.ReadError(str(error)) from error

    async def aclose(self) -> None:
        await self._answer.aclose()
