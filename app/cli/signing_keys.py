"""``wellkept signing-keys``: what documents of this installation are held against."""

import base64

import typer

from app.runtime import installation
from app.settings import Settings
from storage.trail.keys import key_id_of


def signing_keys() -> None:
    """Print the public keys that this installation signs and has signed documents with.

    One a line, the present one first, each below its fingerprint: the form that ``wellkept pack
    verify --key`` reads. Give it to whoever has to tell this installation's documents from others.
    """
    with installation(Settings.from_environment()) as place:
        keys = place.signing
    for each in keys.public_keys:
        state = "current" if each == keys.signer.public_key else "former"
        typer.echo(f"# {state}, fingerprint {key_id_of(each)}")
        typer.echo(base64.b64encode(each).decode())
