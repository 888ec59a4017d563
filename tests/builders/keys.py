"""The keys of the test installation: what one test seals or signs, every other opens or checks."""

from storage.secrets.keyring import Keyring
from storage.signing import SigningKeys
from storage.trail.keys import Signer

MASTER_KEY = bytes(32)
KEYRING = Keyring(MASTER_KEY)
SIGNING = SigningKeys(Signer(bytes(range(32))))
