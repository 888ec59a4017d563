"""What the installation says of a deletion, signed, so that whoever holds it can check it alone."""

import datetime as dt
import json
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, ValidationError

from storage.deletion.errors import CertificateUnusable
from storage.signing import DocumentSignature, holds, read_signature, signed
from storage.trail.keys import Signer

PURPOSE = "wellkept-deletion/1"


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DeletedTable(_Said):
    """A table: what went, as an archive adds rows up, and what is held, why, and up to when."""

    name: str
    deleted: int
    digest: str
    held: int
    held_until: dt.date | None
    reasons: list[str]


class LastRoot(_Said):
    """The end of a chain of the audit trail; everything in it was sealed before anything went."""

    log: str
    sequence: int
    hash: str


class DeletionCertificate(_Said):
    """What was deleted of a company, what is held, and who wanted it."""

    program: str
    company_id: UUID
    slug: str
    name: str
    asked_by: str
    asked_at: dt.datetime
    approved_by: str
    approved_at: dt.datetime
    records_were_handed_over: bool
    closed_at: dt.datetime
    issued_at: dt.datetime
    is_final: bool
    """Whether nothing is held any more."""
    tables: list[DeletedTable]
    files_deleted: int
    file_bytes_deleted: int
    keys_destroyed: bool
    """Whether what sealed secrets and files is gone, so that no copy of them can be opened."""
    roots: list[LastRoot]
    backups: str

    @property
    def deleted(self) -> int:
        """Rows, of all tables."""
        return sum(each.deleted for each in self.tables)

    @property
    def held(self) -> int:
        """Rows, of all tables."""
        return sum(each.held for each in self.tables)

    @property
    def held_until(self) -> dt.date | None:
        """When the last of them may go."""
        days = [each.held_until for each in self.tables if each.held_until is not None]
        return max(days, default=None)


def issued(certificate: DeletionCertificate, signer: Signer) -> str:
    """The certificate with its signature, as the file that is handed out."""
    text = certificate.model_dump_json(indent=1)
    signature = signed(signer, purpose=PURPOSE, content=text.encode())
    return _file(text, signature)


def checked(text: str) -> tuple[DeletionCertificate, DocumentSignature]:
    """A certificate that the key it names has signed, and the signature: whose key that is has to
    be compared. Raises CertificateUnusable for any other byte."""
    try:
        parts = json.loads(text)
        said = DeletionCertificate.model_validate(parts["certificate"])
        signature = read_signature(json.dumps(parts["signature"]).encode())
    except (ValueError, KeyError, TypeError, RecursionError, ValidationError) as error:
        raise CertificateUnusable("it is no certificate of this form") from error
    own = said.model_dump_json(indent=1)
    if _file(own, signature) != text:
        raise CertificateUnusable("it was written anew or changed")
    if not holds(signature, purpose=PURPOSE, content=own.encode()):
        raise CertificateUnusable("it was changed, or is not of the key that it names")
    return said, signature


def _file(text: str, signature: DocumentSignature) -> str:
    beside = msgspec.json.encode(signature).decode()
    return f'{{"certificate": {text},\n"signature": {beside}}}\n'
