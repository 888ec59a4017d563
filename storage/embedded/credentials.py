"""The passwords of the embedded server's roles, in one file that only its owner may read."""

import json
import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from storage.embedded.errors import CredentialsMissing
from storage.embedded.locks import FileLock

_PASSWORD_BYTES = 32


class Credentials:
    """Role names and their passwords, made at random when first asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = FileLock(path.with_suffix(".lock"))

    def password(self, role: str) -> str:
        """The password of a role; raises CredentialsMissing."""
        try:
            return self._read()[role]
        except KeyError:
            raise CredentialsMissing(file=self.path, role=role) from None

    def ensure(self, roles: Iterable[str]) -> dict[str, str]:
        """The passwords of these roles, those that are missing made and stored first."""
        wanted = list(roles)
        with self._lock.alone():
            known = self._read()
            missing = [role for role in wanted if role not in known]
            if missing:
                known |= {role: secrets.token_urlsafe(_PASSWORD_BYTES) for role in missing}
                self._write(known)
        return {role: known[role] for role in wanted}

    def store(self, passwords: Mapping[str, str]) -> None:
        """Keep these passwords in place of earlier ones."""
        with self._lock.alone():
            self._write(self._read() | dict(passwords))

    def _write(self, passwords: Mapping[str, str]) -> None:
        write_private(self.path, json.dumps(passwords, indent=2) + "\n")

    def _read(self) -> dict[str, str]:
        try:
            text = self.path.read_text("utf-8")
        except FileNotFoundError:
            return {}
        return {str(role): str(password) for role, password in json.loads(text).items()}


def write_private(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Replace a file durably and in one step, so that a crash leaves the old or the new one."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
