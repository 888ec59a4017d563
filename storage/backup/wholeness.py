"""Whether the files of a backup are those that were written, no more and no fewer.

PostgreSQL lists what it copied in ``backup_manifest``, with a hash for each file and one for the
list; the segments of the log came after that and have theirs in the backup's description, as have
the files that lie beside the cluster. The kept files have a list of their own.
"""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, Field

from storage.backup.description import Backup
from storage.backup.errors import BackupUnusable

_MANIFEST = "backup_manifest"
_LAST_LINE = b'"Manifest-Checksum"'
_LOG = "pg_wal"
_ARCHIVED = "pg_wal/archive_status"
"""Marks of what was archived, which nothing needs."""
_SEPARATOR = "  "


class _Listed(BaseModel):
    path: str = Field(alias="Path")
    algorithm: str = Field(alias="Checksum-Algorithm")
    checksum: str = Field(alias="Checksum")


class _LogRange(BaseModel):
    timeline: int = Field(alias="Timeline")
    start: str = Field(alias="Start-LSN")
    end: str = Field(alias="End-LSN")


class _Manifest(BaseModel):
    """What PostgreSQL says that it copied."""

    files: list[_Listed] = Field(alias="Files")
    log_ranges: list[_LogRange] = Field(alias="WAL-Ranges", min_length=1)
    checksum: str = Field(alias="Manifest-Checksum")


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
        manifest = _manifest(backup.cluster)
        if missing := set(_segments_needed(manifest, backup)) - backup.wal.keys():
            raise BackupUnusable(backup.directory, f"{_LOG}/{min(missing)} is missing")
        cluster = dict(_listed(manifest))
        cluster |= {f"{_LOG}/{name}": digest for name, digest in backup.wal.items()}
        _check(backup.directory, backup.cluster, cluster)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupUnusable(backup.directory, str(error)) from error
    known = cluster.keys() | {_MANIFEST}
    for path in sorted(backup.cluster.rglob("*")):
        name = path.relative_to(backup.cluster).as_posix()
        if path.is_symlink():
            raise BackupUnusable(backup.directory, f"{name} leads out of the backup")
        if name not in known and path.is_file() and path.parent != backup.cluster / _ARCHIVED:
            raise BackupUnusable(backup.directory, f"{name} is not on its list")


def _check(directory: Path, below: Path, expected: Mapping[str, str]) -> None:
    for name, digest in expected.items():
        if hash_of(below / name) != digest:
            raise BackupUnusable(directory, f"{name} was changed")


def _manifest(cluster: Path) -> _Manifest:
    content = (cluster / _MANIFEST).read_bytes()
    hashed = content[: content.rindex(_LAST_LINE)]
    found = _Manifest.model_validate_json(content)
    if hashlib.sha256(hashed).hexdigest() != found.checksum:
        raise ValueError(f"{_MANIFEST} was changed")
    return found


def _listed(manifest: _Manifest) -> Iterator[tuple[str, str]]:
    for file in manifest.files:
        if file.algorithm != "SHA256":
            raise ValueError(f"{_MANIFEST} has hashes of another kind")
        yield file.path, file.checksum


def _segments_needed(manifest: _Manifest, backup: Backup) -> Iterator[str]:
    """The names of the segments without which the copied files lead to no moment."""
    sizes = [(backup.cluster / _LOG / name).stat().st_size for name in backup.wal]
    size = max(sizes, default=0)
    for each in manifest.log_ranges:
        if not size:
            raise ValueError("there is no log")
        for number in range(_position(each.start) // size, (_position(each.end) - 1) // size + 1):
            high, low = divmod(number, (1 << 32) // size)
            yield f"{each.timeline:08X}{high:08X}{low:08X}"


def _position(lsn: str) -> int:
    high, _, low = lsn.partition("/")
    return (int(high, 16) << 32) + int(low, 16)
