"""Kept files: one company's each, under keyed names, encrypted, streamed both ways.

A file is stored in blocks of AES-256-GCM, so that it is written and read in flat memory and a
changed, swapped or missing block is found out. Its name is a keyed hash of company and content:
equal files of two companies have unequal names, so nobody learns what another company has.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

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


class FileVault:
    """Files below one folder, sealed under a master key of 32 bytes."""

    def __init__(self, folder: Path, master_key: bytes) -> None:
        self._folder = folder
        self._master_key = master_key

    def key_of(self, company_id: UUID, sha256: bytes) -> str:
        """The name under which a company's file of this content is kept."""
        purpose = b"file-name|v1|" + company_id.bytes
        return hmac.new(self._derived(purpose), sha256, hashlib.sha256).hexdigest()

    def keep(self, company_id: UUID, sha256: bytes, content: BinaryIO) -> str:
        """Store a file durably and return its key; a file that is there already stays.

        Raises FileDamaged where ``content`` does not have that hash: it changed while it was read.
        """
        key = self.key_of(company_id, sha256)
        path = self._path(company_id, key)
        if path.exists():
            self._make_names_durable(path)
            return key
        for folder in (self._folder, path.parent.parent, path.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
        try:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                digest = hashlib.sha256()
                for block in self._sealed(company_id, key, _blocks(content, digest)):
                    file.write(block)
                if digest.digest() != sha256:
                    raise FileDamaged
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        self._make_names_durable(path)
        return key

    def read(self, company_id: UUID, key: str) -> Iterator[bytes]:
        """The content of a kept file, block by block. Raises FileDamaged."""
        try:
            with self._path(company_id, key).open("rb") as file:
                head = file.read(len(_MAGIC) + _SALT_BYTES)
                if head[: len(_MAGIC)] != _MAGIC:
                    raise FileDamaged
                cipher = self._cipher(company_id, key, head[len(_MAGIC) :])
                yield from _opened(cipher, file)
        except (FileNotFoundError, InvalidTag) as error:
            raise FileDamaged from error

    def _make_names_durable(self, path: Path) -> None:
        """Have the directories that lead to a file on disk as well."""
        for folder in (path.parent, path.parent.parent, self._folder):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _sealed(self, company_id: UUID, key: str, blocks: Iterator[bytes]) -> Iterator[bytes]:
        salt = secrets.token_bytes(_SALT_BYTES)
        yield _MAGIC + salt
        cipher = self._cipher(company_id, key, salt)
        number, block = 0, next(blocks, b"")
        while True:
            following = next(blocks, b"")
            mark = _MORE if following else _LAST
            yield cipher.encrypt(number.to_bytes(_NONCE_BYTES, "big"), block, mark)
            if not following:
                return
            number, block = number + 1, following

    def _cipher(self, company_id: UUID, key: str, salt: bytes) -> AESGCM:
        return AESGCM(self._derived(b"file|v1|" + company_id.bytes + key.encode() + salt))

    def _derived(self, purpose: bytes) -> bytes:
        return HKDF(SHA256(), length=32, salt=None, info=purpose).derive(self._master_key)

    def _path(self, company_id: UUID, key: str) -> Path:
        return self._folder / company_id.hex / key[:2] / key


def _blocks(content: BinaryIO, digest: "hashlib._Hash") -> Iterator[bytes]:
    while block := content.read(BLOCK_BYTES):
        digest.update(block)
        yield block


def _opened(cipher: AESGCM, file: BinaryIO) -> Iterator[bytes]:
    sealed_bytes = BLOCK_BYTES + _TAG_BYTES
    number, block = 0, file.read(sealed_bytes)
    while True:
        following = file.read(sealed_bytes)
        mark = _MORE if following else _LAST
        yield cipher.decrypt(number.to_bytes(_NONCE_BYTES, "big"), block, mark)
        if not following:
            return
        number, block = number + 1, following
