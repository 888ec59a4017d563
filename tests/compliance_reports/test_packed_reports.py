"""Issued reports go into an audit pack one after the other, however much they say."""

import datetime as dt
import hashlib
import io
import zipfile
from uuid import UUID

from services.regulatory_compliance.audit_pack.archive import archive
from storage.identifiers import new_id
from storage.issued_reports import IssuedReport
from storage.vocabulary.compliance import Program
from tests.builders.keys import SIGNING
from tests.builders.packs import NOON, pack_contents


def issued(number: int) -> IssuedReport:
    """A report of a quarter, without what it says."""
    return IssuedReport(
        id=UUID(int=number),
        recorded_at=NOON,
        recorded_by=new_id(),
        report_number=f"CR-{number}",
        title="A quarter",
        program=Program.HIPAA,
        period_from=dt.date(2025, 10, 1),
        period_to=dt.date(2025, 12, 31),
        known_at=NOON,
        issued_by_person_id=new_id(),
        content_hash=hashlib.sha256(said(UUID(int=number))).digest(),
    )


def said(report_id: UUID) -> bytes:
    """What a report says."""
    return f"What report {report_id.int} says.".encode()


def test_a_report_is_read_once_those_before_it_are_written() -> None:
    reports = [issued(number) for number in range(1, 6)]
    contents = pack_contents(("README.txt", b"An audit pack."), reports=reports)
    read: list[UUID] = []

    def read_report(report_id: UUID) -> bytes:
        read.append(report_id)
        return said(report_id)

    pieces: list[bytes] = []
    most_ahead = 0
    for piece in archive(contents, lambda _: iter(()), read_report, SIGNING.signer):
        pieces.append(piece)
        most_ahead = max(most_ahead, len(read) - len(pieces) + 1)
    assert most_ahead <= 1
    assert read == [each.id for each in contents.reports]
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as file:
        for each in contents.reports:
            assert file.read(f"reports/{each.report_number}.json") == said(each.id)
