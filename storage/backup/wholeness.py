"""Whether the files of a backup are those that were written.

PostgreSQL lists what it copied in ``backup_manifest``, with a hash for each file and one for the
list; the segments of the log came after that and have theirs in the backup's description.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from storage.backup.errors import BackupUnusable

_MANIFEST = "backup_manifest"
_LAST_LINE = b'"Manifest-Checksum"'


def hash_of(path: Path) -> str:
    """SHA-256 of a file, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_files(directory: Path, cluster: Path, wal: Mapping[str, str]) -> None:
    """Read every file of the copied cluster to its end; `wal` is by a segment's name.

    Raises BackupUnusable with the first file that is missing or different.
    """
    try:
        expected = {**dict(_listed(cluster)), **{f"pg_wal/{name}": wal[name] for name in wal}}
        for name, digest in expected.items():
            if hash_of(cluster / name) != digest:
                raise BackupUnusable(directory, f"{name} was changed")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupUnusable(directory, str(error)) from error


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
