"""What a company, a browser and an honest provider do in a sign-in, in one line each."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.builders.companies import CompanyForTests
from tests.builders.people import PersonForTests
from tests.builders.providers import CLIENT_ID, CLIENT_SECRET, Forger, ProviderForTests

PROVIDERS = "/api/v1/identity-providers"
SESSIONS = "/api/v1/sessions"
CURRENT = "/api/v1/sessions/current"
CALLBACK = "https://wellkept.test/api/v1/sign-in/callback"
REFUSED = "/problems/provider-sign-in-refused"

MARKS = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore::authlib.deprecate.AuthlibDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning"),
]

KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})
Claims = dict[str, Any]


async def bring(client: httpx.AsyncClient, issuer: str, **more: object) -> dict[str, Any]:
    """Have the company bring a provider, enabled."""
    body = {
        "issuer": issuer,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "email_domains": ["example.org"],
        "is_enabled": True,
        **more,
    }
    answer = await client.post(PROVIDERS, json=body)
    assert answer.status_code == 201, answer.text
    brought: dict[str, Any] = answer.json()
    return brought


async def begin(page: httpx.AsyncClient, company: CompanyForTests, **query: str) -> str:
    """Where the company's provider is."""
    answer = await page.get(f"/api/v1/sign-in/{company.slug}", params=query)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


async def signed_in(
    page: httpx.AsyncClient, provider: ProviderForTests, company: CompanyForTests, subject: str
) -> httpx.Response:
    """What comes of a sign-in at the real provider."""
    return await page.get(await provider.signs_in(await begin(page, company), subject))


def subject_of(person: PersonForTests) -> str:
    return f"subject-{person.id.hex}"


def token(claims: Claims, *, key: Any = KEY, alg: str = "RS256", kid: str = "first") -> str:
    return jwt.encode({"alg": alg, "kid": kid}, claims, key, algorithms=[alg])


def good(
    asked: Mapping[str, str], forger: Forger, person: PersonForTests, now: dt.datetime
) -> Claims:
    """What an honest provider says."""
    return {
        "iss": forger.issuer,
        "sub": subject_of(person),
        "aud": CLIENT_ID,
        "iat": int(now.timestamp()),
        "exp": int(now.timestamp()) + 300,
        "nonce": asked["nonce"],
        "email": person.email,
        "email_verified": True,
    }
