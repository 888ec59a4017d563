"""``wellkept signing-keys``: what documents of this installation are held against."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from app.runtime import installation
from app.settings import Settings
from storage.signing import trusted_key_ids
from storage.trail.keys import key_id_of

KeysTrusted = Annotated[
    list[str] | None,
    typer.Option(
        "--key",
        help="A public key that it may be signed with, its fingerprint, or a file of them.",
    ),
]


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


def trusted_keys(given: Sequence[str] | None) -> frozenset[str]:
    """The fingerprints of what was given as keys. Raises BadParameter."""
    return frozenset[str]().union(*map(_trusted, given or ()))


def _trusted(given: str) -> frozenset[str]:
    path = Path(given)
    try:
        return trusted_key_ids(path.read_text("ascii") if path.is_file() else given)
    except (OSError, ValueError):
        raise typer.BadParameter(
            f"{given} is neither a public key, nor a fingerprint, nor a file of them",
            param_hint="--key",
        ) from None
