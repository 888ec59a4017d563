"""Replacing keys while the program runs: readers accept old and new ones meanwhile."""

from uuid import UUID

from storage.identifiers import OPERATOR_ACTOR_ID, new_id
from storage.interface import Actor, IStorage
from storage.secrets.company_secrets import CompanySecrets
from storage.secrets.keyring import Keyring


async def reseal_data_keys(storage: IStorage, company_id: UUID, keyring: Keyring) -> int:
    """Seal a company's data keys anew under the current master key; returns how many those were.

    Storage is open as the worker. May be repeated; one that was sealed meanwhile is left alone.
    Raises MasterKeyUnknown, SecretUnreadable, StorageUnavailable.
    """
    actor = Actor(OPERATOR_ACTOR_ID, new_id())
    async with storage.transaction(company_id, actor) as store:
        return await CompanySecrets(store, keyring).reseal_keys()
