"""``store.secrets``: one company's secrets, within one transaction."""

import secrets
from uuid import UUID

from storage.errors import SecretUnreadable
from storage.files.sealing import FileKey
from storage.filters import NoFilter
from storage.interface import Store
from storage.secrets.data_key import DataKey, number_of, place_of
from storage.secrets.keyring import BEFORE_DATA_KEYS, KEY_BYTES, Keyring
from storage.tables.work import CompanyDataKey, CompanyDataKeyFields

_FIRST = 1


class KeyringMissing(Exception):
    """Secrets were asked of a storage that was opened without master keys: a defect."""


class CompanySecrets:
    """See ``storage.interface.Secrets``. The company's data keys are read once a transaction."""

    def __init__(self, store: Store, keyring: Keyring | None) -> None:
        self._store = store
        self._given = keyring
        self._rows: dict[int, CompanyDataKey] = {}
        self._opened: dict[int, DataKey] = {}

    async def seal(self, purpose: str, row_id: UUID, plaintext: bytes) -> bytes:
        return (await self.newest_key()).seal(purpose, row_id, plaintext)

    async def open(self, purpose: str, row_id: UUID, sealed: bytes) -> bytes:
        number = number_of(purpose, sealed)
        if number not in self._rows:
            await self._read()
        if number not in self._rows:
            raise SecretUnreadable(purpose)
        return self.key(number).open(purpose, row_id, sealed)

    async def pseudonym(self, purpose: str, text: str) -> bytes:
        await self.newest_key()
        return self.key(_FIRST).pseudonym(purpose, text)

    async def file_key(self, file_id: UUID) -> FileKey:
        return (await self.newest_key()).file_key(file_id)

    async def file_key_of(self, object_key: str, data_key_number: int) -> FileKey:
        if data_key_number == BEFORE_DATA_KEYS:
            return self._keyring.file_key(self._store.company_id, object_key)
        if data_key_number not in self._rows:
            await self._read()
        if data_key_number not in self._rows:
            raise SecretUnreadable("stored_files.object_key")
        return self.key(data_key_number).file_key_of(object_key)

    async def newest_key(self) -> DataKey:
        """The data key that seals; the first one is made when it is first asked for."""
        if not self._rows:
            await self._read()
        if not self._rows:
            await self._make_first()
        return self.key(max(self._rows))

    async def add_key(self) -> DataKey:
        """A new data key, which seals from now on. Earlier ones go on opening."""
        await self._store.wait_for_lock("data_keys")
        await self._read()
        return await self._add()

    async def reseal_keys(self) -> int:
        """Seal anew what a former master key had sealed; returns how many data keys that were."""
        await self._read()
        current = self._keyring.current.id
        if all(row.master_key_id == current for row in self._rows.values()):
            return 0
        rows = await self._store.data_keys.lock_all(NoFilter())
        former = [row for row in rows if row.master_key_id != current]
        await self._store.data_keys.update_many(
            {row.id: row.version for row in former},
            {
                "sealed_key": [self._sealed(row.number, self._plain(row)) for row in former],
                "master_key_id": [current] * len(former),
            },
        )
        return len(former)

    def key(self, number: int) -> DataKey:
        """A data key that has been read. Raises MasterKeyUnknown, SecretUnreadable."""
        if number not in self._opened:
            plain = self._plain(self._rows[number])
            self._opened[number] = DataKey(self._store.company_id, number, plain)
        return self._opened[number]

    @property
    def _keyring(self) -> Keyring:
        if self._given is None:
            raise KeyringMissing
        return self._given

    async def _make_first(self) -> None:
        """Of two transactions that come here at once, the second finds the first one's key."""
        await self._store.wait_for_lock("data_keys")
        await self._read()
        if not self._rows:
            await self._add()

    async def _add(self) -> DataKey:
        number = max(self._rows, default=_FIRST - 1) + 1
        fields = CompanyDataKeyFields(
            number=number,
            sealed_key=self._sealed(number, secrets.token_bytes(KEY_BYTES)),
            master_key_id=self._keyring.current.id,
        )
        self._rows[number] = await self._store.data_keys.create(fields)
        return self.key(number)

    async def _read(self) -> None:
        rows = await self._store.data_keys.all(NoFilter())
        self._rows = {row.number: row for row in rows}

    def _sealed(self, number: int, key: bytes) -> bytes:
        return self._keyring.current.seal(key, place_of(self._store.company_id, number))

    def _plain(self, row: CompanyDataKey) -> bytes:
        place = place_of(self._store.company_id, row.number)
        return self._keyring.open(row.sealed_key, place, master_key_id=row.master_key_id)
