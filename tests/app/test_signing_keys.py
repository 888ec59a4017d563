"""The public keys of the installation, for anybody who holds a document of it."""

import base64

import pytest
from litestar import Litestar

from app.server import Routes
from app.settings import Settings
from storage.files import FileVault
from storage.postgres.transaction import PostgresStorage
from storage.signing import SigningKeys
from storage.trail.keys import Signer
from tests.builders.keys import SIGNING
from tests.builders.people import browser

pytestmark = pytest.mark.anyio
KEYS = "/api/v1/signing-keys"


async def test_anybody_can_ask_for_the_present_key(application: Litestar) -> None:
    async with browser(application) as client:
        answer = await client.get(KEYS)
    assert answer.status_code == 200
    (key,) = answer.json()["keys"]
    assert key["key_id"] == SIGNING.signer.key_id
    assert base64.b64decode(key["public_key"]) == SIGNING.signer.public_key
    assert key["pem"].startswith("-----BEGIN PUBLIC KEY-----")
    assert key["is_current"] is True


async def test_former_keys_are_published_after_the_present_one(
    routes: Routes, storage: PostgresStorage, vault: FileVault
) -> None:
    replaced = SigningKeys(Signer(bytes(32)), [SIGNING.signer.public_key])
    application = routes.serving(Settings(), storage, vault, signing=replaced)
    async with browser(application) as client:
        found = (await client.get(KEYS)).json()["keys"]
    assert [(each["key_id"], each["is_current"]) for each in found] == [
        (replaced.signer.key_id, True),
        (SIGNING.signer.key_id, False),
    ]
