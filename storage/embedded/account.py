"""Which account runs PostgreSQL. It refuses root, so a program of root's lends it another."""

import os
import pwd
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from storage.embedded import drop_privileges
from storage.embedded.errors import DirectoryUnusable, NoServerAccount

_UNPRIVILEGED = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """The account that runs the server, and whether this program has to change to it."""

    uid: int
    gid: int
    is_lent: bool

    def give(self, path: Path) -> None:
        """Make a path, with all below it, belong to the account."""
        if not self.is_lent:
            return
        os.chown(path, self.uid, self.gid, follow_symlinks=False)
        for directory, names, files in os.walk(path):
            for name in (*names, *files):
                os.chown(Path(directory, name), self.uid, self.gid, follow_symlinks=False)

    def command(self, program: Path, *arguments: str, reach: Sequence[Path]) -> list[str]:
        """The command that runs a program as the account, which works in directories `reach`."""
        command = [str(program), *arguments]
        if not self.is_lent:
            return command
        script = str(Path(drop_privileges.__file__).absolute())
        python = [sys.executable, "-I", "-S", script]
        return [*python, str(self.uid), str(self.gid), *map(str, reach), "--", *command]


def server_account(cluster: Path) -> Account:
    """Who runs the server whose files are, or will be, in `cluster`.

    The program's own account, unless that is root: then the owner of the files, or for new
    ones the first unprivileged account that exists.
    """
    owner = cluster.stat().st_uid if cluster.exists() else None
    if os.geteuid() != 0:
        if owner is not None and owner != os.geteuid():
            raise DirectoryUnusable(
                directory=cluster,
                reason=f"it belongs to the account with uid {owner}",
                remedy="run as that account or as root, or give it to your own (chown -R)",
            )
        return Account(os.geteuid(), os.getegid(), is_lent=False)
    if owner:
        return Account(owner, cluster.stat().st_gid, is_lent=True)
    for name in _UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, is_lent=True)
    raise NoServerAccount(tried=_UNPRIVILEGED)
