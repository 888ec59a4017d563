"""Writing a pack as a zip, as it is read: neither memory nor the disk grows with evidence and
reports."""

import hashlib
import zipfile
from collections.abc import Callable, Iterator
from uuid import UUID

from services.regulatory_compliance.audit_pack.documents import (
    FORMAT,
    MANIFEST,
    SEAL_BYTES,
    SEAL_PREFIX,
    SIGNATURE,
    Manifest,
    ManifestFile,
    document,
)
from services.regulatory_compliance.audit_pack.gathering import PackContents
from storage.files import FileKey
from storage.signing import signed
from storage.trail.keys import Signer

ReadFile = Callable[[FileKey], Iterator[bytes]]
"""The content of a kept file. May raise FileDamaged, FileStoreUnavailable."""


class _Sink:
    """What the zip is written to, to be handed on piece by piece."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes, /) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is open."""

    def taken(self) -> bytes:
        """What was written since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


ReadReport = Callable[[UUID], bytes]
"""What an issued report says."""


def archive(
    contents: PackContents, read: ReadFile, read_report: ReadReport, signer: Signer
) -> Iterator[bytes]:
    """The bytes of the pack. Blocks while it reads reports and files: it belongs in a thread.

    Its manifest is signed, so that nobody else can make it anew; its last bytes are the SHA-256 of
    all before them, so that no byte can change unseen.
    """
    sink, whole = _Sink(), hashlib.sha256()
    listed: list[ManifestFile] = []
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as file:
        file.comment = SEAL_PREFIX + b"0" * SEAL_BYTES
        for path, chunks in _members(contents, read, read_report):
            digest, count = hashlib.sha256(), 0
            with file.open(_entry(path), "w", force_zip64=True) as member:
                for chunk in chunks:
                    digest.update(chunk)
                    count += len(chunk)
                    member.write(chunk)
                    piece = sink.taken()
                    whole.update(piece)
                    yield piece
            listed.append(ManifestFile(path, count, digest.hexdigest()))
        manifest = document(_manifest(contents, listed, signer.key_id))
        signature = signed(signer, purpose=FORMAT, content=manifest)
        file.writestr(_entry(MANIFEST), manifest)
        file.writestr(_entry(SIGNATURE), document(signature))
    rest = sink.taken()[:-SEAL_BYTES]
    whole.update(rest)
    yield rest + whole.hexdigest().encode()


def _members(
    contents: PackContents, read: ReadFile, read_report: ReadReport
) -> Iterator[tuple[str, Iterator[bytes]]]:
    for path, text in contents.documents:
        yield path, iter([text])
    for report in contents.reports:
        yield f"reports/{report.report_number}.json", iter([read_report(report.id)])
    for each in contents.files:
        yield each.path, read(each.file.key)


def _entry(path: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


def _manifest(contents: PackContents, listed: list[ManifestFile], key_id: str) -> Manifest:
    return Manifest(
        format=FORMAT,
        key_id=key_id,
        company_name=contents.company_name,
        program=contents.program.value,
        on=contents.on,
        known_at=contents.known_at,
        made_at=contents.made_at,
        made_by=contents.made_by,
        files=listed,
    )
