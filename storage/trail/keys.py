"""The keys that sign seals and retirements (Ed25519, RFC 8032). None of them is in the database."""

import base64
import hashlib
from collections.abc import Iterable
from enum import StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


class SignatureCheck(StrEnum):
    """What became of checking a signature."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN_KEY = "unknown key"


class Signer:
    """The installation's signing key."""

    def __init__(self, seed: bytes) -> None:
        """``seed`` is the private key's 32 bytes."""
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = self._key.public_key().public_bytes_raw()
        self.key_id = key_id_of(self.public_key)

    def sign(self, message: bytes) -> bytes:
        """The signature (64 bytes) of a message."""
        return self._key.sign(message)


class KnownKeys:
    """The public keys that signatures are believed of: the present one and former ones."""

    def __init__(self, public_keys: Iterable[bytes]) -> None:
        """Each key is 32 raw bytes. Raises ValueError for what is no key."""
        self._keys = {
            key_id_of(raw): Ed25519PublicKey.from_public_bytes(raw) for raw in public_keys
        }

    def check(self, *, key_id: str, signature: bytes, message: bytes) -> SignatureCheck:
        """Whether the key of this id signed this message."""
        key = self._keys.get(key_id)
        if key is None:
            return SignatureCheck.UNKNOWN_KEY
        try:
            key.verify(signature, message)
        except InvalidSignature:
            return SignatureCheck.BAD
        return SignatureCheck.GOOD


def key_id_of(public_key: bytes) -> str:
    """A key's fingerprint: the SHA-256 of its 32 bytes in hexadecimal."""
    return hashlib.sha256(public_key).hexdigest()


def parse_public_keys(text: str) -> list[bytes]:
    """Public keys, one a line as base64; empty lines and those that begin with # are passed over.

    Raises ValueError.
    """
    lines = (line.strip() for line in text.splitlines())
    return [base64.b64decode(line, validate=True) for line in lines if line and line[0] != "#"]
