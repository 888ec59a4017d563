"""Whether the files of a backup are those that were written, no more and no fewer.

PostgreSQL lists what it copied in ``backup_manifest``, with a hash for each file and one for the
list; the segments of the log came after that and have theirs in the backup's description, as have
the files that lie beside the cluster. The kept files have a list of their own.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from storage.backup.description import Backup
from storage.backup.errors import BackupUnusable

_MANIFEST = "backup_manifest"
_LAST_LINE = b'"Manifest-Checksum"'
_LOG = "pg_wal"
_SEPARATOR = "  "


def hash_of(path: Path) -> str:
    """SHA-256 of a file, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def listed_files(path: Path) -> dict[str, str]:
    """The hashes of kept files by their names, none where there is no list."""
    if not path.is_file():
        return {}
    lines = (line.partition(_SEPARATOR) for line in path.read_text("utf-8").splitlines())
    return {name: digest for digest, _, name in lines}


def check_files(backup: Backup) -> None:
    """Read every file of a backup to its end.

    Raises BackupUnusable with the first file that is missing, different or one too many.
    """
    try:
        _check(backup.directory, backup.directory, backup.beside)
        _check(backup.directory, backup.files, listed_files(backup.file_list))
        cluster = dict(_listed(backup.cluster))
        cluster |= {f"{_LOG}/{name}": digest for name, digest in backup.wal.items()}
        _check(backup.directory, backup.cluster, cluster)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupUnusable(backup.directory, str(error)) from error
    known = cluster.keys() | {_MANIFEST}
    for path in sorted(backup.cluster.rglob("*")):
        name = path.relative_to(backup.cluster).as_posix()
        if name not in known and path.is_file() and path.parent.name != "archive_status":
            raise BackupUnusable(backup.directory, f"{name} is not on its list")


def _check(directory: Path, below: Path, expected: Mapping[str, str]) -> None:
    for name, digest in expected.items():
        if hash_of(below / name) != digest:
            raise BackupUnusable(directory, f"{name} was changed")


def _listed(cluster: Path) -> Iterator[tuple[str, str]]:
    manifest = (cluster / _MANIFEST).read_bytes()
    hashed = manifest[: manifest.rindex(_LAST_LINE)]
    found = json.loads(manifest)
    if hashlib.sha256(hashed).hexdigest() != found["Manifest-Checksum"]:
        raise ValueError(f"{_MANIFEST} was changed")
    for file in found["Files"]:
        if file["Checksum-Algorithm"] != "SHA256":
            raise ValueError(f"{_MANIFEST} has hashes of another kind")
        yield file["Path"], file["Checksum"]
