"""A company's data keys for work of the owner's, outside of ``store.secrets``."""

import datetime as dt
import secrets
from collections.abc import Mapping
from uuid import UUID

from storage.archive.manifest import Connection
from storage.files.sealing import FileKey
from storage.identifiers import OPERATOR_ACTOR_ID, new_id
from storage.secrets.data_key import DataKey, number_of, place_of
from storage.secrets.keyring import BEFORE_DATA_KEYS, KEY_BYTES, Keyring

_FIRST = 1
_INSERT = (
    "INSERT INTO data_keys (company_id, id, version, created_at, created_by, updated_at,"
    " updated_by, number, sealed_key, master_key_id)"
    " VALUES (%(company_id)s, %(id)s, 1, %(now)s, %(by)s, %(now)s, %(by)s, %(number)s,"
    " %(sealed_key)s, %(master_key_id)s)"
)


class CompanyKeys:
    """All data keys that the bound company has."""

    def __init__(
        self, company_id: UUID, keyring: Keyring, data_keys: Mapping[int, DataKey]
    ) -> None:
        self._company_id = company_id
        self._keyring = keyring
        self._data_keys = data_keys

    @classmethod
    def read(cls, connection: Connection, company_id: UUID, keyring: Keyring) -> "CompanyKeys":
        """Those of the bound company. Raises MasterKeyUnknown, SecretUnreadable."""
        rows = connection.execute(
            "SELECT number, sealed_key, master_key_id FROM data_keys"
        ).fetchall()
        opened: dict[int, DataKey] = {}
        for number, sealed_key, master_key_id in rows:
            assert isinstance(number, int)
            assert isinstance(sealed_key, bytes)
            place = place_of(company_id, number)
            plain = keyring.open(sealed_key, place, master_key_id=str(master_key_id))
            opened[number] = DataKey(company_id, number, plain)
        return cls(company_id, keyring, opened)

    @classmethod
    def begun(
        cls, connection: Connection, company_id: UUID, keyring: Keyring, now: dt.datetime
    ) -> "CompanyKeys":
        """The first one of a company that has none, made now."""
        plain = secrets.token_bytes(KEY_BYTES)
        connection.execute(
            _INSERT,
            {
                "company_id": company_id,
                "id": new_id(),
                "now": now,
                "by": OPERATOR_ACTOR_ID,
                "number": _FIRST,
                "sealed_key": keyring.current.seal(plain, place_of(company_id, _FIRST)),
                "master_key_id": keyring.current.id,
            },
        )
        return cls(company_id, keyring, {_FIRST: DataKey(company_id, _FIRST, plain)})

    @property
    def newest(self) -> DataKey:
        """The one that seals."""
        return self._data_keys[max(self._data_keys)]

    def open(self, purpose: str, row_id: UUID, sealed: bytes) -> bytes:
        """A secret of a row. Raises SecretUnreadable."""
        return self._data_keys[number_of(purpose, sealed)].open(purpose, row_id, sealed)

    def file_key(self, object_key: str, data_key_number: int) -> FileKey:
        """What opens a kept file."""
        if data_key_number == BEFORE_DATA_KEYS:
            return self._keyring.file_key(self._company_id, object_key)
        return self._data_keys[data_key_number].file_key_of(object_key)
