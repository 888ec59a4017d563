"""Identity providers on this machine: a real one, and one that forges whatever a test wants."""

import json
import socket
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from joserfc.jwk import RSAKey

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it uses what its own libraries are about to drop
    import oidc_provider_mock

CLIENT_ID = "wellkept"
CLIENT_SECRET = "a secret for tests: with / and +"


@dataclass(frozen=True)
class ProviderForTests:
    """A real provider, by its issuer."""

    issuer: str

    async def knows(self, subject: str, **claims: object) -> None:
        """Have it know somebody."""
        async with httpx.AsyncClient() as client:
            answer = await client.put(f"{self.issuer}/users/{subject}", json=claims)
        assert answer.status_code == 204, answer.text

    async def signs_in(self, location: str, subject: str) -> str:
        """What somebody does at the provider; where it sends their browser then."""
        async with httpx.AsyncClient() as client:
            answer = await client.post(location, data={"sub": subject})
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]


@contextmanager
def running_provider() -> Iterator[ProviderForTests]:
    """The provider of the package ``oidc-provider-mock``, on a loopback port."""
    with oidc_provider_mock.run_server_in_thread() as server:
        yield ProviderForTests(f"http://localhost:{server.server_port}")


@dataclass
class Forger:
    """A provider that answers with the token that a test makes, whatever the code is."""

    issuer: str = ""
    published: list[RSAKey] = field(default_factory=list)
    make_token: Callable[[Mapping[str, str]], str] = lambda _: ""
    asked: Mapping[str, str] = field(default_factory=dict)
    """What the last authorization request said."""
    traded: Mapping[str, str] = field(default_factory=dict)
    """What the last request for a token said."""
    key_requests: int = 0

    def answer(self, path: str, form: Mapping[str, str]) -> dict[str, Any] | None:
        match path:
            case "/.well-known/openid-configuration":
                return {
                    "issuer": self.issuer,
                    "authorization_endpoint": f"{self.issuer}/authorize",
                    "token_endpoint": f"{self.issuer}/token",
                    "jwks_uri": f"{self.issuer}/jwks",
                }
            case "/jwks":
                self.key_requests += 1
                return {"keys": [key.as_dict(private=False) for key in self.published]}
            case "/token":
                self.traded = form
                return {"id_token": self.make_token(self.asked), "token_type": "Bearer"}
            case _:
                return None

    def signs_in(self, location: str, public_url: str) -> str:
        """Remember what was asked; where the browser is sent back to."""
        self.asked = {
            name: values[0] for name, values in parse_qs(urlsplit(location).query).items()
        }
        return f"{public_url}?code=any&state={self.asked['state']}"


@contextmanager
def running_forger() -> Iterator[Forger]:
    """A forging provider on a loopback port."""
    forger = Forger()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._reply({name: values[0] for name, values in parse_qs(body).items()})

        def _reply(self, form: Mapping[str, str]) -> None:
            content = forger.answer(self.path, form)
            self.send_response(404 if content is None else 200)
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    forger.issuer = f"http://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield forger
    server.shutdown()
    server.server_close()
    thread.join()


@contextmanager
def hanging_provider() -> Iterator[str]:
    """The issuer of a provider that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://localhost:{server.getsockname()[1]}"
