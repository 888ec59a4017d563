"""The kept files of a backup on their way back: beside their place until the database is there."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.backup.description import Backup
from storage.backup.errors import RestoreFailed
from storage.backup.restoring import RESTORING, first_reason


@contextmanager
def kept_files_restored(backup: Backup, folder: Path) -> Iterator[None]:
    """Copy the backup's kept files beside a folder, and into it when the body has succeeded.

    Raises RestoreFailed.
    """
    beside = folder.with_name(f"{folder.name}{RESTORING}")
    try:
        try:
            shutil.rmtree(beside, ignore_errors=True)
            if backup.files.is_dir():
                shutil.copytree(backup.files, beside)
        except (OSError, shutil.Error) as error:
            raise RestoreFailed(folder, first_reason(error)) from error
        yield
        for path in sorted(each for each in beside.rglob("*") if each.is_file()):
            within = folder / path.relative_to(beside)
            within.parent.mkdir(parents=True, exist_ok=True)
            path.replace(within)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
