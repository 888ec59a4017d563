"""A data key: what one company's secrets are sealed under, and its pseudonyms are made with.

A sealed secret is a version byte, the number of its data key (four bytes), a nonce (twelve) and
AES-256-GCM's ciphertext with its tag. Company, row and purpose are associated data: a secret that
is copied to another company, row, table or column does not open there. Secrets of the first version
name no row; they open until they are sealed anew.
"""

import hashlib
import hmac
import secrets
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.errors import SecretUnreadable
from storage.files.sealing import FileKey
from storage.secrets.keyring import NONCE_BYTES, derived

_VERSION = b"\x02"
_OF_NO_ROW = b"\x01"
_NUMBER_BYTES = 4
_HEAD_BYTES = len(_VERSION) + _NUMBER_BYTES


class DataKey:
    """One numbered key of one company, opened."""

    def __init__(self, company_id: UUID, number: int, key: bytes) -> None:
        """``key`` is 32 bytes."""
        self.number = number
        self._company_id = company_id
        self._key = key
        self._cipher = AESGCM(derived(key, "secrets"))

    def seal(self, purpose: str, row_id: UUID, plaintext: bytes) -> bytes:
        """A secret as it may lie in that row of the database."""
        head = _VERSION + self.number.to_bytes(_NUMBER_BYTES, "big")
        nonce = secrets.token_bytes(NONCE_BYTES)
        return (
            head
            + nonce
            + self._cipher.encrypt(nonce, plaintext, self._bound(head, purpose, row_id))
        )

    def open(self, purpose: str, row_id: UUID, sealed: bytes) -> bytes:
        """The secret again. Raises SecretUnreadable."""
        head, rest = sealed[:_HEAD_BYTES], sealed[_HEAD_BYTES:]
        nonce, ciphertext = rest[:NONCE_BYTES], rest[NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, ciphertext, self._bound(head, purpose, row_id))
        except (InvalidTag, ValueError) as error:  # ValueError: cut off within the nonce
            raise SecretUnreadable(purpose) from error

    def pseudonym(self, purpose: str, text: str) -> bytes:
        """32 bytes that are the same for the same text, purpose and company, and tell nothing."""
        key = derived(self._key, f"pseudonyms/{purpose}")
        return hmac.new(key, self._company_id.bytes + text.encode(), hashlib.sha256).digest()

    def file_key(self, file_id: UUID) -> FileKey:
        """Where a new file lies and what seals it; its name is a keyed hash of its id."""
        message = self._company_id.bytes + file_id.bytes
        name = hmac.new(derived(self._key, "file names"), message, hashlib.sha256).hexdigest()
        return self.file_key_of(name)

    def file_key_of(self, object_key: str) -> FileKey:
        """What seals a file that lies there."""
        use = f"file contents/{object_key}/"
        return FileKey(
            self._company_id,
            object_key,
            self.number,
            (lambda salt: derived(self._key, use + salt.hex()),),
        )

    def _bound(self, head: bytes, purpose: str, row_id: UUID) -> bytes:
        row = b"" if head.startswith(_OF_NO_ROW) else row_id.bytes
        return head + self._company_id.bytes + row + purpose.encode()


def number_of(purpose: str, sealed: bytes) -> int:
    """The number of the data key that sealed a secret. Raises SecretUnreadable."""
    if sealed[:1] not in (_VERSION, _OF_NO_ROW) or len(sealed) < _HEAD_BYTES:
        raise SecretUnreadable(purpose)
    return int.from_bytes(sealed[1:_HEAD_BYTES], "big")


def names_its_row(sealed: bytes) -> bool:
    """Whether a secret is bound to its row, which those of the first version are not."""
    return sealed.startswith(_VERSION)


def place_of(company_id: UUID, number: int) -> bytes:
    """Where a data key belongs: what its own seal is bound to."""
    return company_id.bytes + number.to_bytes(_NUMBER_BYTES, "big")
