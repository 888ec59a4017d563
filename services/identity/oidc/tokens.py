"""ID tokens, judged without asking anybody (OpenID Connect Core 1.0, 3.1.3.7; RFC 8725).

Only signatures of asymmetric keys count: neither ``none``, nor an HMAC whose key would be the
client's secret or, confused, a public key.
"""

import datetime as dt
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

SKEW = dt.timedelta(minutes=1)
"""How far the provider's clock may be from ours."""

LONGEST_AGE = dt.timedelta(minutes=10)
"""A token that was issued longer ago than a sign-in takes was not made for it."""

LONGEST_TOKEN = 16_000
MOST_KEYS = 100
LEAST_RSA_BITS = 2048

_KEY_TYPES: Mapping[str, type[Key]] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), RSAKey),
    **dict.fromkeys(("ES256", "ES384", "ES512"), ECKey),
    "EdDSA": OKPKey,
}
"""The algorithms that count, and the kind of key that each takes."""

_IMPORTED: Mapping[str, type[Key]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}


class IdTokenRefused(Exception):
    """The token does not prove who somebody is; says why, for the log of whoever runs this."""


class KeyUnknown(IdTokenRefused):
    """It is signed with a key that was not among the provider's: they may have changed."""


class JsonWebKey(BaseModel):
    """A public key as a provider publishes it; what is not known of it is kept for its import."""

    model_config = ConfigDict(extra="allow")

    kty: str
    kid: str | None = None
    use: str | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token of this sign-in says.

    ``asked_since``: from when on the provider must have asked the person who they are, where one
    that it remembers from before does not do.
    """

    issuer: str
    client_id: str
    nonce: str
    asked_since: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Identified:
    """Whom a provider vouches for. The address is only given where it is verified.

    ``asked_at`` is when the person last gave the provider their secret, in seconds since 1970, and
    ``methods`` how (acr and amr): what it does not say, or not in the right form, is missing.
    """

    issuer: str
    subject: str
    verified_email: str | None
    name: str | None
    asked_at: float | None = None
    context: str | None = None
    methods: frozenset[str] = frozenset()

    def was_asked(self, since: dt.datetime, now: dt.datetime) -> bool:
        """Whether the person was asked who they are between two moments, clocks a minute off."""
        skew = SKEW.total_seconds()
        begin, end = since.timestamp() - skew, now.timestamp() + skew
        return self.asked_at is not None and begin <= self.asked_at <= end


class _Claims(BaseModel):
    """The claims that are judged or used. Numbers of seconds may be fractions (RFC 7519, 2)."""

    model_config = ConfigDict(strict=True)

    iss: str
    sub: Annotated[str, Field(min_length=1, max_length=255)]
    aud: str | list[str]
    exp: float
    iat: float
    nonce: str
    azp: str | None = None
    nbf: float | None = None
    email: str | None = None
    email_verified: JsonValue = None
    name: str | None = None
    auth_time: JsonValue = None
    acr: JsonValue = None
    amr: JsonValue = None


def usable_keys(published: Iterable[JsonWebKey]) -> dict[str | None, list[Key]]:
    """The keys by their ids that can verify a signature; others are passed over."""
    found: dict[str | None, list[Key]] = {}
    for described in list(published)[:MOST_KEYS]:
        kind = _IMPORTED.get(described.kty)
        if kind is None or described.use not in (None, "sig"):
            continue
        try:
            key = kind.import_key(described.model_dump(exclude_none=True))
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if isinstance(key, RSAKey) and key.public_key.key_size < LEAST_RSA_BITS:
            continue
        found.setdefault(described.kid, []).append(key)
    return found


def verified(
    id_token: str, keys: Mapping[str | None, list[Key]], expected: Expected, *, now: dt.datetime
) -> Identified:
    """Whom the token proves somebody to be. Raises IdTokenRefused, KeyUnknown."""
    if len(id_token) > LONGEST_TOKEN:
        raise IdTokenRefused("it is too long")
    try:
        header = jws.extract_compact(id_token.encode()).headers()
        algorithm = header.get("alg")
        if not isinstance(algorithm, str) or algorithm not in _KEY_TYPES:
            raise IdTokenRefused("its algorithm is not one that counts")
        key = _key(keys, header.get("kid"), _KEY_TYPES[algorithm])
        content = jwt.decode(id_token, key, algorithms=[algorithm]).claims
        claims = _Claims.model_validate(content)
    except ValidationError as error:
        raise IdTokenRefused("a claim is missing or malformed") from error
    except (JoseError, ValueError, TypeError) as error:
        raise IdTokenRefused("its signature does not hold") from error
    _judge(claims, expected, now)
    who = _identified(claims)
    if expected.asked_since is not None and not who.was_asked(expected.asked_since, now):
        raise IdTokenRefused("its person was not asked again who they are")
    return who


def _identified(claims: _Claims) -> Identified:
    methods = claims.amr if isinstance(claims.amr, list) else []
    return Identified(
        issuer=claims.iss,
        subject=claims.sub,
        verified_email=claims.email if claims.email_verified is True else None,
        name=claims.name,
        asked_at=_number(claims.auth_time),
        context=claims.acr if isinstance(claims.acr, str) else None,
        methods=frozenset(each for each in methods if isinstance(each, str)),
    )


def _number(value: JsonValue) -> float | None:
    """However large; what is none is nothing."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _key(keys: Mapping[str | None, list[Key]], kid: object, kind: type[Key]) -> Key:
    """The key of this id and kind; without an id, the only one of the kind. Raises KeyUnknown."""
    if isinstance(kid, str):
        named = keys.get(kid, [])
    else:
        named = [key for each in keys.values() for key in each]
    fitting = [key for key in named if isinstance(key, kind)]
    if len(fitting) != 1:
        raise KeyUnknown("it names no key of the provider")
    return fitting[0]


def _judge(claims: _Claims, expected: Expected, now: dt.datetime) -> None:
    """Raises IdTokenRefused."""
    audience = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    at, skew = now.timestamp(), SKEW.total_seconds()
    faults = {
        "it is of another issuer": claims.iss != expected.issuer,
        "it is for somebody else": expected.client_id not in audience,
        "it was handed to somebody else": claims.azp not in (None, expected.client_id)
        or (len(audience) > 1 and claims.azp is None),
        "it belongs to another sign-in": not hmac.compare_digest(
            claims.nonce.encode(), expected.nonce.encode()
        ),
        "it has expired": not at < claims.exp + skew,
        "it was issued in the future": not claims.iat <= at + skew,
        "it was issued too long ago": not at - skew - LONGEST_AGE.total_seconds() <= claims.iat,
        "it does not hold yet": claims.nbf is not None and not claims.nbf <= at + skew,
    }
    for fault, is_so in faults.items():
        if is_so:
            raise IdTokenRefused(fault)
