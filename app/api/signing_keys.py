"""The public keys that documents of this installation are signed with, over HTTP."""

import base64

from litestar import Controller, Response, get
from pydantic import Field

from app.answers import Answer, ready_made
from app.api.routes import PUBLIC
from app.call import Call
from storage.signing import ALGORITHM, pem_of
from storage.trail.keys import key_id_of


class SigningKeyAnswer(Answer):
    """A public key. ``key_id`` is the SHA-256 of its 32 bytes in hexadecimal."""

    key_id: str
    algorithm: str
    public_key: str = Field(description="The 32 bytes as base64.")
    pem: str = Field(description="The same key as other programs read it.")
    is_current: bool = Field(
        description="Whether documents are signed with it now; what a former key has signed stays"
        " signed."
    )


class SigningKeysAnswer(Answer):
    """The present key first."""

    keys: list[SigningKeyAnswer]


class SigningKeyController(Controller):
    """What an audit pack, or another signed document, is held against."""

    path = "/signing-keys"
    tags = ("Signed documents",)

    @get(operation_id="list_signing_keys", scope=PUBLIC)
    async def browse(self, request: Call) -> Response[SigningKeysAnswer]:
        """The keys of this installation, for anybody who holds a document that it has signed."""
        keys = request.platform.signing
        return ready_made(
            SigningKeysAnswer(
                keys=[
                    SigningKeyAnswer(
                        key_id=key_id_of(each),
                        algorithm=ALGORITHM,
                        public_key=base64.b64encode(each).decode(),
                        pem=pem_of(each),
                        is_current=each == keys.signer.public_key,
                    )
                    for each in keys.public_keys
                ]
            )
        )
