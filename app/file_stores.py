"""The store and the scanner that the settings describe."""

from urllib.parse import urlsplit

from app.settings import Settings
from storage.files import FileStore, FileVault
from storage.files.clamd import ClamdScanner
from storage.files.local import LocalFileStore
from storage.files.malware import MalwareScanner, NoScanner
from storage.files.s3 import Bucket, S3FileStore


def vault_of(settings: Settings) -> FileVault:
    """The vault of kept files."""
    return FileVault(_store_of(settings), _scanner_of(settings))


def _store_of(settings: Settings) -> FileStore:
    if settings.files_url is None:
        return LocalFileStore(settings.data_directory / "files")
    url = urlsplit(settings.files_url)
    return S3FileStore(Bucket(url.netloc, url.path.strip("/"), settings.files_endpoint))


def _scanner_of(settings: Settings) -> MalwareScanner:
    if settings.malware_scanner is None:
        return NoScanner()
    url = urlsplit(settings.malware_scanner)
    if url.hostname is None or url.port is None:
        return ClamdScanner(url.path)
    return ClamdScanner((url.hostname, url.port))
