"""The master keys of the test database: what one test seals, every other can open."""

from storage.secrets.keyring import Keyring

MASTER_KEY = bytes(32)
KEYRING = Keyring(MASTER_KEY)
