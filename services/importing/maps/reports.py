"""``complianceReports``: documents of another system, kept as they came with their hash.

None of them is a report that was issued here: the original reckoned by what stood at the moment it
was asked, whichever period it was asked about. So each is evidence, in a file, of the requirements
that it is about, and says by whom it was made; the figures here are our own.
"""

import json
from collections.abc import Sequence

from services.files.keeping import NewFile, record_many, write_now
from services.importing.conversions import Unusable, choice, day, text
from services.importing.declaration import Draft, FieldRule, OriginalMap, Placed, Workplace
from services.importing.maps.foreign import (
    items,
    note_missing_requirements,
    requirements_of,
    want_requirement,
)
from services.importing.maps.numbers import decimal
from storage.interface import Store
from storage.tables.compliance import (
    ComplianceEvidence,
    ComplianceEvidenceFields,
    EvidenceLinkFields,
)
from storage.vocabulary.compliance import EvidenceKind, Program
from storage.vocabulary.files import FilePurpose

_CONTENTS = ("requirements", "findings", "recommendations")
_MOST_REQUIREMENTS = 2000
_RATE = decimal(0, 100, places=4)


def _complete(draft: Draft) -> None:
    values = draft.values
    begins, ends = values["period_from"], values["period_to"]
    if begins > ends:
        raise Unusable(
            "lies before the beginning", "correct one of the days", "/reportingPeriodEnd"
        )
    for at, item in items(draft, "requirements", _MOST_REQUIREMENTS):
        want_requirement(draft, item.get("requirementId"), f"{at}/requirementId")
    values["contents"] = json.dumps([draft.source.get(name) for name in _CONTENTS])
    program, kind, rate = values.pop("program"), values.pop("kind"), values.pop("rate")
    made_on = values["effective_on"]
    values["title"] = f"Report of {made_on} from another system ({program}, {kind})"
    values["description"] = (
        f"{values.pop('maker')} made this report in another system on {made_on}, about {begins} to"
        f" {ends}."
        f"{'' if rate is None else f' It says that {rate.normalize():f} % complied.'}"
        " It was not issued here."
    )


async def _write(store: Store, drafts: Sequence[Placed], place: Workplace) -> None:
    files, made, links, ids = [], [], [], []
    for draft in drafts:
        values = dict(draft.values)
        del values["contents"]
        requirement_ids = requirements_of(values)
        name = f"report-{values['effective_on']}.json"
        new = NewFile(purpose=FilePurpose.ATTACHMENT, name=name, media_type="application/json")
        file = await write_now(store, place.vault, new, draft.text.encode())
        files.append(file)
        ids.append(draft.row_id)
        made.append(
            ComplianceEvidenceFields.model_construct(
                series_id=draft.row_id,
                number=1,
                kind=EvidenceKind.FILE,
                file_id=file.id,
                content_hash=file.sha256,
                **values,
            )
        )
        links += [
            EvidenceLinkFields.model_construct(requirement_id=each, series_id=draft.row_id)
            for each in requirement_ids
        ]
    await record_many(store, files)
    await store.compliance_evidence.create_many(made, ids=ids)
    await store.evidence_links.create_many(links)


REPORTS = OriginalMap(
    name="complianceReports",
    row=ComplianceEvidence,
    after=("complianceRequirements",),
    fields=(
        FieldRule("program", "program", choice(Program), is_required=True),
        FieldRule("reportType", "kind", text(80), is_required=True),
        FieldRule("reportingPeriodStart", "period_from", day, is_required=True),
        FieldRule("reportingPeriodEnd", "period_to", day, is_required=True),
        FieldRule("overallComplianceRate", "rate", _RATE),
        FieldRule("generatedDate", "effective_on", day, is_required=True),
        FieldRule("generatedBy", "maker", text(200), is_required=True),
    ),
    complete=_complete,
    judge=note_missing_requirements,
    known=frozenset({*_CONTENTS, "createdAt", "updatedAt", "companyId"}),
    write=_write,
)
