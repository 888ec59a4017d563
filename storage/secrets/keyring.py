"""The installation's master keys, which are in no database: they seal the companies' data keys."""

import secrets
from collections.abc import Iterable
from functools import partial
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from storage.errors import MasterKeyUnknown, SecretUnreadable
from storage.files.sealing import FileKey

KEY_BYTES = 32
NONCE_BYTES = 12
BEFORE_DATA_KEYS = 0
"""Where a file's row names a data key: it was sealed under the master key."""
_KEY_ID_BYTES = 8
_VERSION = b"\x01"


def derived(key: bytes, use: str, *, length: int = KEY_BYTES) -> bytes:
    """A key for one use alone (HKDF, RFC 5869): what is sealed for one opens under no other."""
    info = b"wellkept/v1/" + use.encode()
    return HKDF(SHA256(), length=length, salt=None, info=info).derive(key)


class MasterKey:
    """One key of the installation, and the id that tells it from others and nothing about it."""

    def __init__(self, key: bytes) -> None:
        """``key`` is 32 bytes."""
        self.id = derived(key, "master key id", length=_KEY_ID_BYTES).hex()
        self._cipher = AESGCM(derived(key, "data keys"))
        self._key = key

    def seal(self, data_key: bytes, context: bytes) -> bytes:
        """A data key as it may lie in the database, bound to ``context``."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, data_key, _VERSION + context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """The data key again. Raises SecretUnreadable."""
        nonce, ciphertext = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        if sealed[:1] != _VERSION or len(nonce) != NONCE_BYTES:
            raise SecretUnreadable("data_keys.sealed_key")
        try:
            return self._cipher.decrypt(nonce, ciphertext, _VERSION + context)
        except InvalidTag as error:
            raise SecretUnreadable("data_keys.sealed_key") from error

    def file_block_key(self, company_id: UUID, object_key: str, salt: bytes) -> bytes:
        """What sealed the blocks of a file before there were data keys."""
        info = b"file|v1|" + company_id.bytes + object_key.encode() + salt
        return HKDF(SHA256(), length=KEY_BYTES, salt=None, info=info).derive(self._key)


class Keyring:
    """The current master key, which seals, and former ones, which only open."""

    def __init__(self, current: bytes, former: Iterable[bytes] = ()) -> None:
        """Each key is 32 bytes."""
        self.current = MasterKey(current)
        keys = (self.current, *map(MasterKey, former))
        self._keys = {key.id: key for key in keys}

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all of them."""
        return frozenset(self._keys)

    def open(self, sealed: bytes, context: bytes, *, master_key_id: str) -> bytes:
        """A data key that one of them sealed. Raises MasterKeyUnknown, SecretUnreadable."""
        key = self._keys.get(master_key_id)
        if key is None:
            raise MasterKeyUnknown(master_key_id)
        return key.open(sealed, context)

    def file_key(self, company_id: UUID, object_key: str) -> FileKey:
        """What opens a file of before there were data keys: whichever master key it was."""
        derivations = (
            partial(key.file_block_key, company_id, object_key) for key in self._keys.values()
        )
        return FileKey(company_id, object_key, BEFORE_DATA_KEYS, tuple(derivations))
