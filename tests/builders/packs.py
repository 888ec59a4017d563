"""Audit packs of nobody's program, for who writes and reads them without a database."""

import datetime as dt
from collections.abc import Sequence

from services.regulatory_compliance.audit_pack.gathering import PackContents
from storage.identifiers import new_id
from storage.issued_reports import IssuedReport
from storage.vocabulary.compliance import Program

NOON = dt.datetime(2026, 3, 2, 18, tzinfo=dt.UTC)


def pack_contents(
    *documents: tuple[str, bytes], reports: Sequence[IssuedReport] = ()
) -> PackContents:
    """What a pack of some documents and reports is made of, without a file."""
    return PackContents(
        company_name="Riverbend",
        program=Program.HIPAA,
        on=NOON.date(),
        known_at=NOON,
        made_at=NOON,
        made_by=new_id(),
        documents=documents,
        reports=reports,
        files=[],
    )
