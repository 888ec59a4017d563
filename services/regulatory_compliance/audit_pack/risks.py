"""The risk assessments of an audit pack: what was approved, with its hash, and what is done."""

from services.regulatory_compliance.audit_pack.documents import document, plain
from storage.filters import ByAssessment, MitigationItemFilter, RiskAcceptanceFilter
from storage.interface import Store
from storage.vocabulary.compliance import Program
from storage.vocabulary.risks import AssessmentKind

_KINDS = {Program.HIPAA: frozenset({AssessmentKind.HIPAA, AssessmentKind.SECURITY})}
"""Which kinds of assessments belong to a program; the others are of the company as a whole."""


async def risk_documents(store: Store, program: Program) -> list[tuple[str, bytes]]:
    """A document for each approved assessment, in a constant number of statements."""
    kinds = _KINDS.get(program, frozenset())
    if not kinds:
        return []
    records = [
        each
        for each in await store.assessment_records.all(ByAssessment())
        if each.content.kind in kinds
    ]
    items = await store.mitigation_items.all(MitigationItemFilter())
    acceptances = await store.risk_acceptances.all(RiskAcceptanceFilter())
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
                    }
                ),
            )
        )
    return documents
