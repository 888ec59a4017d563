"""The installation's own keys: given by the environment, or made once in the data directory."""

import base64
import binascii
import os
import secrets
from pathlib import Path

from app.settings import SettingsError
from storage.embedded.credentials import write_private
from storage.trail.keys import KnownKeys, parse_public_keys

KEY_BYTES = 32
FORMER_MASTER_KEYS = "former-master-keys"
"""In the ``keys`` folder of the data directory."""
FORMER_SIGNING_KEYS = "former-signing-keys"
"""There, too: public keys of former signing keys."""


class KeyMissing(Exception):
    """What a key protects is there, and the key itself is not."""


def installation_key(
    given: str | None, *, variable: str, path: Path, protects: Path | None
) -> bytes:
    """The key of 32 bytes that ``variable`` gives as base64, or the one kept in ``path``.

    Without either a key is made and kept, unless the folder ``protects`` already holds something:
    a new key would not open what the lost one closed. Raises SettingsError, KeyMissing, OSError.
    """
    if given is not None:
        return _decoded(given, variable)
    try:
        return _decoded(path.read_text("ascii"), str(path))
    except FileNotFoundError:
        pass
    if protects is not None and protects.exists() and any(protects.iterdir()):
        raise KeyMissing(
            f"{path} is missing, and {protects} was written with it; restore it from the backup"
            f" or give it as {variable}"
        )
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chmod(path.parent, 0o700)  # noqa: PTH101
    write_private(path, base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n")
    return _decoded(path.read_text("ascii"), str(path))


def former_master_keys(given: str | None, path: Path) -> list[bytes]:
    """Master keys that only open: those given, and those kept in ``path`` one a line.

    Raises SettingsError.
    """
    kept = path.read_text("ascii").splitlines() if path.exists() else []
    return [
        _decoded(text, source)
        for texts, source in (
            ((given or "").split(","), "each of WELLKEPT_FORMER_MASTER_KEYS"),
            (kept, f"each line of {path}"),
        )
        for text in texts
        if text.strip()
    ]


def former_signing_keys(given: str | None, path: Path) -> list[bytes]:
    """Public keys of former signing keys: those given, and those kept in ``path`` one a line.

    Raises SettingsError.
    """
    kept = path.read_text("ascii") if path.exists() else ""
    found = []
    for text, source in (
        ((given or "").replace(",", "\n"), "WELLKEPT_FORMER_SIGNING_KEYS with commas between"),
        (kept, f"{path} one a line"),
    ):
        try:
            keys = parse_public_keys(text)
            KnownKeys(keys)
        except ValueError as error:
            raise SettingsError(f"public keys stand as base64 in {source}: {error}") from error
        found += keys
    return found


def _decoded(text: str, source: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise SettingsError(f"{source} is {KEY_BYTES} bytes as base64, for example of: {_RECIPE}")
    return key


_RECIPE = f"head -c {KEY_BYTES} /dev/urandom | base64"
