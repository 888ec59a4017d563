"""Kept files: one company's each, under keyed names, encrypted, streamed both ways.

A ``FileStore`` keeps objects and knows nothing of what is in them; the ``FileVault`` on top of it
seals and opens them; rows of ``stored_files`` say what there is.
"""

from storage.files.sealing import FileDamaged, FileKey
from storage.files.store import FileStore, StoredObject
from storage.files.vault import FileVault

__all__ = ["FileDamaged", "FileKey", "FileStore", "FileVault", "StoredObject"]
