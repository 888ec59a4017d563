"""The form in which an archive lies on a medium: a head, then blocks as those of kept files.

The head is a mark, the cost of scrypt (RFC 7914) as a power of two, its salt, and a check value
that tells a wrong passphrase from a damaged file. The blocks are AES-256-GCM under a key derived
of what scrypt made of the passphrase; each is numbered and the last one is marked, so that a
changed, swapped, missing or added byte is found out before anything of its block is used.
"""

import hmac
import secrets
from collections.abc import Iterator
from uuid import UUID

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from storage.archive.errors import ArchiveUnusable
from storage.files.sealing import FileDamaged, FileKey, opened, sealed
from storage.secrets.keyring import KEY_BYTES, derived

_MARK = b"WELLKEPT ARCHIVE 1\n"
_SALT_BYTES = 16
_CHECK_BYTES = 16
_HEAD_BYTES = len(_MARK) + 1 + _SALT_BYTES + _CHECK_BYTES
_COST_BITS = 17
"""128 MB and half a second for every guess."""
_COSTS_BELIEVED = range(10, 19)
"""A head that asks for more is not obeyed: it would take the machine's memory."""


def encrypted(
    passphrase: str, content: Iterator[bytes], *, cost_bits: int = _COST_BITS
) -> Iterator[bytes]:
    """What is written of a content, whose pieces may have any length."""
    salt = secrets.token_bytes(_SALT_BYTES)
    key = _stretched(passphrase, salt, cost_bits)
    yield _MARK + bytes([cost_bits]) + salt + _check_value(key)
    yield from sealed(_block_key(key), content)


def decrypted(passphrase: str, stored: Iterator[bytes]) -> Iterator[bytes]:
    """The content again, block by block. Raises ArchiveUnusable."""
    head, rest = _headed(stored)
    if len(head) < _HEAD_BYTES or not head.startswith(_MARK):
        raise ArchiveUnusable("it does not begin as one of this form does")
    cost_bits = head[len(_MARK)]
    salt = head[len(_MARK) + 1 :][:_SALT_BYTES]
    if cost_bits not in _COSTS_BELIEVED:
        raise ArchiveUnusable("its head was changed")
    key = _stretched(passphrase, salt, cost_bits)
    if not hmac.compare_digest(_check_value(key), head[-_CHECK_BYTES:]):
        raise ArchiveUnusable("the passphrase is another one, or its head was changed")
    try:
        yield from opened(_block_key(key), rest)
    except FileDamaged as error:
        raise ArchiveUnusable("it was changed or cut off") from error


def _headed(stored: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The head, and the pieces after it."""
    held = b""
    while len(held) < _HEAD_BYTES and (piece := next(stored, b"")):
        held += piece

    def rest() -> Iterator[bytes]:
        yield held[_HEAD_BYTES:]
        yield from stored

    return held[:_HEAD_BYTES], rest()


def _stretched(passphrase: str, salt: bytes, cost_bits: int) -> bytes:
    return Scrypt(salt=salt, length=KEY_BYTES, n=1 << cost_bits, r=8, p=1).derive(
        passphrase.encode()
    )


def _check_value(key: bytes) -> bytes:
    return derived(key, "archive check", length=_CHECK_BYTES)


def _block_key(key: bytes) -> FileKey:
    """What seals the blocks; an archive lies nowhere in the store of files."""
    return FileKey(
        UUID(int=0), "archive", 0, (lambda salt: derived(key, f"archive contents/{salt.hex()}"),)
    )
