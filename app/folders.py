"""The folders that the settings name, each as what works on it."""

from pathlib import Path

from app.settings import Settings
from services.claims.clearing.drop_folder import DropDirectory
from storage.backup.folder import BackupFolder
from storage.trail.root_folder import RootFolder


def root_folder(settings: Settings) -> RootFolder | None:
    """Where the roots of the audit trail are exported to, if anywhere."""
    return None if settings.roots_directory is None else RootFolder(Path(settings.roots_directory))


def backup_folder(settings: Settings) -> BackupFolder | None:
    """Where backups are watched, if anywhere."""
    named = settings.backups_directory
    return None if named is None else BackupFolder(Path(named))


def drop_folders(settings: Settings) -> DropDirectory | None:
    """Where files for partners without a mailbox go, if anywhere."""
    if settings.drop_directory is not None:
        return DropDirectory(Path(settings.drop_directory))
    own = settings.demonstration_drop
    return DropDirectory(own) if own.is_dir() else None
