"""Documents that leave the house, signed by the installation (Ed25519, RFC 8032), so that whoever
holds one can tell where it came from and that nothing of it was changed.

The key is the installation's signing key, which also signs the seals of the audit trail and is in
no database. What is signed is the document's purpose, a line feed and its bytes: a signature holds
for no other kind of document, and never for a seal. Somebody without this program checks it with
the public key and ``openssl pkeyutl -verify -rawin``.

To sign one, with the keys of ``Installation.signing`` (commands, jobs) or of
``request.platform.signing`` (routes)::

    signature = signed(keys.signer, purpose="wellkept-audit-pack/2", content=content)

Keep ``DocumentSignature`` beside the content: ``msgspec.json`` writes and reads it. To check one,
with nothing but itself and what the holder has been told of the key::

    signature = read_signature(text)                               # raises SignatureUnreadable
    holds(signature, purpose="wellkept-audit-pack/2", content=content)
    signature.key_id in trusted_key_ids(what_the_holder_was_told)   # raises ValueError

A signature that holds says only that whoever has its key made the document, and anybody can make a
key: the key id has to be compared with what the installation publishes.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from storage.trail.keys import KnownKeys, SignatureCheck, Signer, key_id_of, parse_public_keys

ALGORITHM = "Ed25519"
_PURPOSE = re.compile(r"[a-z][a-z0-9-]*/[0-9]+")
_KEY_ID = re.compile(r"[0-9a-f]{64}")


class SignatureUnreadable(ValueError):
    """What should be a signature is none."""


class DocumentSignature(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A signature, with the public key that it can be checked with. Bytes are base64.

    ``key_id`` is the key's fingerprint: the SHA-256 of its 32 bytes in hexadecimal.
    """

    algorithm: str
    purpose: str
    key_id: str
    public_key: str
    signature: str


@dataclass(frozen=True)
class SigningKeys:
    """The installation's signing key, and the public keys that it had before."""

    signer: Signer
    former: Sequence[bytes] = ()

    @property
    def public_keys(self) -> list[bytes]:
        """Every public key that signatures of this installation are of, the present one first."""
        return list(dict.fromkeys([self.signer.public_key, *self.former]))

    @property
    def known(self) -> KnownKeys:
        """What seals and retirements are checked with."""
        return KnownKeys(self.public_keys)


def signed(signer: Signer, *, purpose: str, content: bytes) -> DocumentSignature:
    """The signature of a document, whose purpose names its kind and form: ``name/number``."""
    return DocumentSignature(
        algorithm=ALGORITHM,
        purpose=purpose,
        key_id=signer.key_id,
        public_key=base64.b64encode(signer.public_key).decode(),
        signature=base64.b64encode(signer.sign(_message(purpose, content))).decode(),
    )


def holds(signature: DocumentSignature, *, purpose: str, content: bytes) -> bool:
    """Whether it is of this document, by the key that it names. Whose key that is, it cannot say:
    compare ``key_id``."""
    if signature.algorithm != ALGORITHM or signature.purpose != purpose:
        return False
    try:
        public_key = base64.b64decode(signature.public_key, validate=True)
        found = KnownKeys([public_key]).check(
            key_id=signature.key_id,
            signature=base64.b64decode(signature.signature, validate=True),
            message=_message(purpose, content),
        )
    except ValueError:
        return False
    return found is SignatureCheck.GOOD


def read_signature(text: bytes) -> DocumentSignature:
    """A signature as it was kept. Raises SignatureUnreadable."""
    try:
        return msgspec.json.decode(text, type=DocumentSignature)
    except ValueError as error:
        raise SignatureUnreadable(str(error)) from None


def trusted_key_ids(text: str) -> frozenset[str]:
    """The ids of keys that somebody was told of: public keys as base64, or key ids, one a line;
    empty lines and those that begin with # are passed over. Raises ValueError."""
    lines = [line.strip() for line in text.splitlines()]
    ids = [line for line in lines if _KEY_ID.fullmatch(line)]
    keys = "\n".join(line for line in lines if not _KEY_ID.fullmatch(line))
    try:
        return frozenset([*ids, *map(_id_of, parse_public_keys(keys))])
    except binascii.Error as error:
        raise ValueError(f"neither a public key as base64 nor its fingerprint: {error}") from None


def pem_of(public_key: bytes) -> str:
    """A public key as other programs read it (RFC 8410)."""
    key = Ed25519PublicKey.from_public_bytes(public_key)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _id_of(public_key: bytes) -> str:
    """Raises ValueError for what is no key."""
    Ed25519PublicKey.from_public_bytes(public_key)
    return key_id_of(public_key)


def _message(purpose: str, content: bytes) -> bytes:
    """What is signed. A purpose that could run into the content is a mistake of the program."""
    assert _PURPOSE.fullmatch(purpose), purpose
    return purpose.encode() + b"\n" + content
