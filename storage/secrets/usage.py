"""Which master keys the data keys of all companies are sealed under."""

from collections.abc import Mapping
from dataclasses import dataclass

import psycopg

from storage.errors import StorageError, StorageUnavailable
from storage.secrets.keyring import Keyring


@dataclass
class MasterKeyMissing(StorageError):
    """Data keys are sealed under a master key that is not among those that were given."""

    missing: list[str]
    given: str

    def __str__(self) -> str:
        return (
            f"secrets are sealed under master key {', '.join(self.missing)}, and the one given is"
            f" {self.given}: restore keys/master.key from the backup, set WELLKEPT_MASTER_KEY, or"
            " add the missing one to WELLKEPT_FORMER_MASTER_KEYS"
        )


def master_keys_in_use(conninfo: str) -> Mapping[str, int]:
    """How many data keys are sealed under each master key, by its id.

    Raises StorageUnavailable.
    """
    try:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            found = connection.execute(
                "SELECT key_id, sum(data_keys)::bigint FROM master_keys_in_use() GROUP BY key_id"
            ).fetchall()
    except psycopg.Error as error:
        raise StorageUnavailable(str(error).strip().partition("\n")[0]) from error
    return {str(key_id): int(data_keys) for key_id, data_keys in found}


def check_master_keys(conninfo: str, keyring: Keyring) -> None:
    """Refuse to work with keys that do not open what is there.

    Raises MasterKeyMissing, StorageUnavailable.
    """
    missing = set(master_keys_in_use(conninfo)) - keyring.ids
    if missing:
        raise MasterKeyMissing(sorted(missing), keyring.current.id)
