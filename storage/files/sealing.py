"""The form in which a file is kept: blocks of AES-256-GCM under a key of the file's own.

Each block is numbered in its nonce and the last one is marked, so a file is written and read in
flat memory and a changed, swapped, missing or added block is found out.
"""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.errors import StorageError

BLOCK_BYTES = 1 << 20
_MAGIC = b"WKF1"
_SALT_BYTES = 16
_NONCE_BYTES = 12
_TAG_BYTES = 16
_LAST = b"\x01"
_MORE = b"\x00"


class FileDamaged(StorageError):
    """A kept file is missing, cut off or altered."""


@dataclass(frozen=True)
class FileKey:
    """Where a file lies and what seals it. Its name is a keyed hash: it tells nothing."""

    company_id: UUID
    object_key: str
    data_key_number: int
    derivations: tuple[Callable[[bytes], bytes], ...] = field(repr=False)
    """From a file's salt to the key of its blocks: the first seals, any may open."""

    @property
    def name(self) -> str:
        """The object's name in the store."""
        return f"{self.company_id.hex}/{self.object_key[:2]}/{self.object_key}"


def sealed(key: FileKey, content: Iterator[bytes]) -> Iterator[bytes]:
    """What is stored of a content, whose pieces may have any length."""
    salt = secrets.token_bytes(_SALT_BYTES)
    yield _MAGIC + salt
    cipher = AESGCM(key.derivations[0](salt))
    blocks = _regrouped(content, BLOCK_BYTES)
    for number, (block, is_last) in enumerate(_told_which_is_last(blocks)):
        yield cipher.encrypt(_nonce(number), block, _LAST if is_last else _MORE)


def opened(key: FileKey, stored: Iterator[bytes]) -> Iterator[bytes]:
    """The content again, block by block. Raises FileDamaged."""
    head_bytes = len(_MAGIC) + _SALT_BYTES
    pieces = _Pieces(stored)
    head = pieces.take(head_bytes)
    if len(head) != head_bytes or not head.startswith(_MAGIC):
        raise FileDamaged
    cipher: AESGCM | None = None
    blocks = iter(lambda: pieces.take(BLOCK_BYTES + _TAG_BYTES), b"")
    for number, (block, is_last) in enumerate(_told_which_is_last(blocks)):
        mark = _LAST if is_last else _MORE
        if cipher is None:
            cipher = _fitting(key, head[len(_MAGIC) :], block, mark)
        try:
            yield cipher.decrypt(_nonce(number), block, mark)
        except InvalidTag as error:
            raise FileDamaged from error


def _fitting(key: FileKey, salt: bytes, first_block: bytes, mark: bytes) -> AESGCM:
    """The cipher that opens the first block."""
    for derive in key.derivations:
        cipher = AESGCM(derive(salt))
        try:
            cipher.decrypt(_nonce(0), first_block, mark)
        except InvalidTag:
            continue
        return cipher
    raise FileDamaged


def _nonce(number: int) -> bytes:
    return number.to_bytes(_NONCE_BYTES, "big")


def _told_which_is_last(blocks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each block and whether it is the last; an empty one where there is none."""
    block = next(blocks, b"")
    for following in blocks:
        yield block, False
        block = following
    yield block, True


def _regrouped(pieces: Iterator[bytes], length: int) -> Iterator[bytes]:
    """The same bytes in blocks of one length, the last of which may be shorter."""
    source = _Pieces(pieces)
    return iter(lambda: source.take(length), b"")


class _Pieces:
    """Bytes that come in pieces, to be taken in other lengths."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = bytearray()

    def take(self, length: int) -> bytes:
        """So many bytes; fewer only at the end."""
        while len(self._held) < length:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._held += piece
        taken = bytes(self._held[:length])
        del self._held[:length]
        return taken
