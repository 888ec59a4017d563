"""The write-ahead log kept in a folder, and the commands by which PostgreSQL puts it there."""

import shlex
from pathlib import Path

from storage.embedded.account import Account
from storage.embedded.errors import DirectoryUnusable


def make_archive(folder: Path, account: Account) -> None:
    """Have the folder, for the account that runs the server. Raises DirectoryUnusable."""
    try:
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True)
            account.give(folder)
        owner = folder.stat().st_uid
    except OSError as error:
        raise DirectoryUnusable(
            directory=folder, reason=str(error), remedy="name another WELLKEPT_WAL_ARCHIVE"
        ) from error
    if account.is_lent and owner != account.uid:
        raise DirectoryUnusable(
            directory=folder,
            reason=f"PostgreSQL runs with uid {account.uid} and could not archive there",
            remedy=f"give it to that account (chown {account.uid}) or name a new folder",
        )


def archive_command(folder: Path) -> str:
    """Puts a segment into the folder, whole under its name or not at all, and never over another.

    A segment that is there already is archived if it is the same: a server that died after the
    copy asks again.
    """
    there, part = _within(folder, "%f"), _within(folder, ".%f.part")
    return (
        f'if test -e {there}; then cmp -s "%p" {there};'
        f' else cp "%p" {part} && sync {part} && mv {part} {there}; fi'
    )


def restore_command(folder: Path) -> str:
    """Gets a segment back out of the folder."""
    return f'cp {_within(folder, "%f")} "%p"'


def _within(folder: Path, name: str) -> str:
    """A path for the shell; the folder's own percent signs mean nothing to PostgreSQL."""
    return shlex.quote(str(folder.absolute()).replace("%", "%%") + "/") + name
