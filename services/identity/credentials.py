"""Bearer secrets: made once, shown once, kept as a hash.

A credential names its company, so looking it up is already bound to the tenant:
``<prefix>_<company, 22 characters><secret, 43 characters>``.
"""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from uuid import UUID

KEY_PREFIX = "wk"
SESSION_PREFIX = "ws"
_COMPANY_CHARACTERS = 22
_SECRET_BYTES = 32
_SECRET_CHARACTERS = 43
_SHAPE = re.compile(rf"[A-Za-z0-9_-]{{{_COMPANY_CHARACTERS + _SECRET_CHARACTERS}}}")


@dataclass(frozen=True, slots=True)
class Credential:
    """A parsed credential: whose, and the SHA-256 of its secret."""

    company_id: UUID
    secret_sha256: bytes


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A fresh credential: its text, to be shown once, and what is kept of it."""

    text: str
    secret_sha256: bytes

    def __repr__(self) -> str:
        return "NewSecret(...)"


def sha256(secret: str) -> bytes:
    """What is kept of a secret of 256 random bits: a plain hash is enough for those."""
    return hashlib.sha256(secret.encode()).digest()


def _company_text(company_id: UUID) -> str:
    return base64.urlsafe_b64encode(company_id.bytes).decode().rstrip("=")


def make_credential(prefix: str, company_id: UUID) -> NewSecret:
    """A new random credential of a company."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    return NewSecret(f"{prefix}_{_company_text(company_id)}{secret}", sha256(secret))


def parse_credential(prefix: str, text: str) -> Credential | None:
    """The parts of a credential, or None when ``text`` cannot be one."""
    if not text.startswith(f"{prefix}_"):
        return None
    body = text[len(prefix) + 1 :]
    company, secret = body[:_COMPANY_CHARACTERS], body[_COMPANY_CHARACTERS:]
    if not _SHAPE.fullmatch(body):
        return None
    company_id = UUID(bytes=base64.urlsafe_b64decode(company + "=="))
    return Credential(company_id, sha256(secret)) if _company_text(company_id) == company else None
