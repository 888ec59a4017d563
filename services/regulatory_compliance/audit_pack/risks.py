"""The risk assessments of an audit pack: what was approved, with its hash, and what is done about
it, now and on the pack's day."""

import datetime as dt
from collections.abc import Sequence
from typing import TypeVar

from services.regulatory_compliance.audit_pack.documents import (
    NO_PART,
    PackPart,
    document,
    plain,
)
from services.regulatory_compliance.past_rows import as_they_were
from storage.filters import ByAssessment, MitigationItemFilter, RiskAcceptanceFilter
from storage.interface import Store
from storage.rows import TenantRow
from storage.tables.risks import MitigationItemFields, RiskAcceptanceFields
from storage.vocabulary.compliance import Program
from storage.vocabulary.risks import AssessmentKind

_KINDS = {Program.HIPAA: frozenset({AssessmentKind.HIPAA, AssessmentKind.SECURITY})}
"""Which kinds of assessments belong to a program; the others are of the company as a whole."""


Row = TypeVar("Row", bound=TenantRow)


async def risk_documents(store: Store, program: Program, moment: dt.datetime) -> PackPart:
    """A document for each approved assessment, in a constant number of statements."""
    kinds = _KINDS.get(program, frozenset())
    if not kinds:
        return NO_PART
    records = [
        each
        for each in await store.assessment_records.all(ByAssessment())
        if each.content.kind in kinds
    ]
    items = await store.mitigation_items.all(MitigationItemFilter())
    acceptances = await store.risk_acceptances.all(RiskAcceptanceFilter())
    planned = await _then(store, items, tuple(MitigationItemFields.model_fields), moment)
    accepted = await _then(store, acceptances, tuple(RiskAcceptanceFields.model_fields), moment)
    documents = []
    for each in records:
        risks = {risk.id for risk in each.content.risks}
        documents.append(
            (
                f"risk-assessments/{each.assessment_id}.json",
                document(
                    {
                        "record": plain(each),
                        "mitigation_items": [
                            plain(item)
                            for item in items
                            if item.assessment_id == each.assessment_id
                        ],
                        "acceptances": [plain(row) for row in acceptances if row.risk_id in risks],
                        "on_the_day": {
                            "mitigation_items": [
                                plain(item)
                                for item in planned
                                if item.assessment_id == each.assessment_id
                            ],
                            "acceptances": [plain(row) for row in accepted if row.risk_id in risks],
                        },
                    }
                ),
            )
        )
    assessed = {each.assessment_id for each in records}
    risks = {risk.id for each in records for risk in each.content.risks}
    return PackPart(
        documents,
        [
            *sorted(assessed),
            *(each.id for each in items if each.assessment_id in assessed),
            *(each.id for each in acceptances if each.risk_id in risks),
        ],
    )


async def _then(
    store: Store, rows: Sequence[Row], fields: Sequence[str], moment: dt.datetime
) -> list[Row]:
    """Those that were there at a time, as they were."""
    there = [each for each in rows if each.created_at <= moment]
    return await as_they_were(store, there, fields, moment)
