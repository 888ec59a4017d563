"""What goes into an audit pack, read in one transaction; files, and what issued reports say,
are read later, one by one."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec
from sqlmodel import SQLModel

from services.company_calendar import CompanyCalendar
from services.regulatory_compliance.audit_pack.audits import audit_documents
from services.regulatory_compliance.audit_pack.documents import document, grouped, plain
from services.regulatory_compliance.audit_pack.files import PackedFile, packed_files
from services.regulatory_compliance.audit_pack.mips import mips_documents
from services.regulatory_compliance.audit_pack.policies import policy_documents
from services.regulatory_compliance.audit_pack.risks import risk_documents
from services.regulatory_compliance.past_rows import gone_since
from services.regulatory_compliance.reporting.measuring import (
    Measured,
    measured,
    rate_of,
)
from storage.filters import (
    AttestationFilter,
    AuditFilter,
    ByRequirements,
    EvidenceFilter,
    EvidenceLinkFilter,
    ReportFilter,
    RequirementFilter,
    SignatureFilter,
)
from storage.interface import Store
from storage.issued_reports import IssuedReport
from storage.tables.compliance import (
    ComplianceAttestation,
    ComplianceEvidence,
    ComplianceRequirement,
    EvidenceLink,
)
from storage.vocabulary.compliance import Program

_OF = "requirement_id"

README = """\
This is an audit pack: everything behind where the program stood on the day that manifest.json
names, with all that was recorded until then and since.

standings.json       where each requirement stood, and the rate
requirements/        one file a requirement: its versions, decisions, evidence links, attestations
                     and the chain of their signatures
evidence.json        every version of every piece of evidence, with its SHA-256
evidence/            the files themselves
audits/              one file an audit: its findings, corrective actions, each step of these, and
                     what was accepted; on_the_day says how all of it stood then
policies/            one file a policy: its versions with their texts, approvals, reviews and who
                     has read which; texts that are files lie in folders beside them; on_the_day
                     says what stood beside the text then
risk-assessments/    what was approved of each, with its hash, its plan and what was accepted, now
                     and on_the_day
mips/                who reports under MIPS (packs of that program): what was reported, every step
                     with CMS, every score that was kept with its arithmetic, the final score on
                     that day, the table of rules, and which of CMS's lists they went by
reports/             reports as they were issued: the text that their hashes are of
trail.jsonl          who changed which of these rows, when, and what was there before and after
manifest.json        the SHA-256 of every file
signature.json       the signature of manifest.json by the installation that made this pack

`wellkept pack verify FILE --key KEY` checks all of it without a database: that nothing is missing,
added or changed, that every signature follows from the one before it, and that the pack is of the
installation whose key or fingerprint is given. The installation publishes both at
/api/v1/signing-keys; anybody can make a key, so take the fingerprint from where you trust it.
"""


@dataclass(frozen=True, kw_only=True)
class PackContents:
    """A pack before it is written."""

    company_name: str
    program: Program
    on: dt.date
    known_at: dt.datetime
    made_at: dt.datetime
    made_by: UUID
    documents: Sequence[tuple[str, bytes]]
    reports: Sequence[IssuedReport]
    """Their contents, which never change, are read one after the other when the pack is written."""
    files: Sequence[PackedFile]

    @property
    def file_name(self) -> str:
        return f"audit-pack-{self.program.value.lower()}-{self.on}.zip"


async def gather(store: Store, program: Program, on: dt.date | None) -> PackContents:
    """Everything behind a program's state at the end of a day (today, if none is named), in a
    number of statements that does not depend on how much it is."""
    company = await store.companies.get(store.company_id)
    calendar = CompanyCalendar(company.time_zone, company.holiday_calendar)
    day = on or calendar.day_of(store.now)
    known_at = min(calendar.end_of(day), store.now)
    requirements = await store.compliance_requirements.all(RequirementFilter(program=program))
    ids = [each.id for each in requirements]
    attestations = await store.compliance_attestations.all(AttestationFilter(requirement_ids=ids))
    audits, cited = await audit_documents(store, program, on=day, known_at=known_at)
    cited |= {name for each in attestations for name in each.evidence_ids}
    links = await store.evidence_links.all(EvidenceLinkFilter(requirement_ids=ids))
    unlinked = await _unlinked(store, set(ids), known_at)
    series = {each.series_id for each in links} | set(unlinked.values())
    evidence = await _evidence(store, series, cited)
    files = await packed_files(
        store,
        {each.id: each.file_id for each in evidence if each.file_id is not None},
        "evidence",
    )
    policies, texts = await policy_documents(store, program, ids, known_at)
    risks = await risk_documents(store, program, known_at)
    mips, mips_ids = await mips_documents(store, program, known_at)
    reports = await store.issued_report_list.all(ReportFilter(program=program))
    return PackContents(
        company_name=company.name,
        program=program,
        on=day,
        known_at=known_at,
        made_at=store.now,
        made_by=store.actor.principal_id,
        documents=[
            ("README.txt", README.encode()),
            (
                "standings.json",
                _standings(await measured(store, program, on=day, known_at=known_at)),
            ),
            *await _requirements(store, requirements, attestations, links),
            ("evidence.json", document([_said(each, files) for each in evidence])),
            *policies.documents,
            *audits.documents,
            *risks.documents,
            *mips,
            ("reports.json", _listed(store, reports)),
            (
                "trail.jsonl",
                await _trail(
                    store,
                    [
                        *ids,
                        *(each.id for each in evidence),
                        *(each.id for each in links),
                        *unlinked,
                        *policies.trail_ids,
                        *audits.trail_ids,
                        *risks.trail_ids,
                        *mips_ids,
                    ],
                ),
            ),
        ],
        reports=reports,
        files=[*files.values(), *texts],
    )


def _standings(rows: Sequence[Measured]) -> bytes:
    rate = rate_of(rows)
    return document(
        {
            "numerator": rate.numerator,
            "denominator": rate.denominator,
            "rate_pct": rate.percent,
            "requirements": [
                {
                    "requirement_id": each.requirement.requirement_id,
                    "code": each.requirement.code,
                    "content_number": each.requirement.content_number,
                    "status": each.standing.status,
                    "reason": each.standing.reason,
                    "due_on": each.standing.due_on,
                    "covered_until": each.standing.covered_until,
                }
                for each in rows
            ],
        }
    )


async def _requirements(
    store: Store,
    rows: Sequence[ComplianceRequirement],
    attestations: Sequence[ComplianceAttestation],
    links: Sequence[EvidenceLink],
) -> list[tuple[str, bytes]]:
    ids = [each.id for each in rows]
    asked = ByRequirements(requirement_ids=ids)
    versions = sorted(await store.requirement_versions.all(asked), key=lambda row: row.number)
    signatures = sorted(
        await store.compliance_signatures.all(SignatureFilter(requirement_ids=ids)),
        key=lambda row: row.number,
    )
    parts: dict[str, Mapping[UUID, Sequence[SQLModel]]] = {
        "versions": grouped(versions, _OF),
        "decisions": grouped(await store.requirement_decisions.all(asked), _OF),
        "evidence_links": grouped(links, _OF),
        "attestations": grouped(attestations, _OF),
        "signatures": grouped(signatures, _OF),
    }
    return [
        (
            f"requirements/{row.id}.json",
            document(
                {"requirement": plain(row)}
                | {name: [plain(each) for each in found[row.id]] for name, found in parts.items()}
            ),
        )
        for row in rows
    ]


async def _unlinked(store: Store, ids: set[UUID], moment: dt.datetime) -> dict[UUID, UUID]:
    """The series of evidence that served one of the requirements at a time and does no more, by the
    ids of what linked them."""
    found = await gone_since(store, "evidence_links", ("requirement_id", "series_id"), moment)
    return {
        name: UUID(gone["series_id"])
        for name, gone in found.items()
        if UUID(gone["requirement_id"]) in ids
    }


async def _evidence(store: Store, series: set[UUID], cited: set[UUID]) -> list[ComplianceEvidence]:
    """All versions of these series, and of all that is cited by attestations and audits."""
    found = await _of_series(store, series)
    others = cited - {each.__dict__["id"] for each in found}
    named = {each.series_id for each in await store.compliance_evidence.get_many(list(others))}
    more = await _of_series(store, named - series)
    return sorted(found + more, key=lambda each: each.id) if more else found


async def _of_series(store: Store, series: set[UUID]) -> list[ComplianceEvidence]:
    if not series:
        return []
    return await store.compliance_evidence.all(EvidenceFilter(series_ids=list(series)))


def _said(evidence: ComplianceEvidence, files: Mapping[UUID, PackedFile]) -> dict[str, object]:
    packed = files.get(evidence.id)
    return plain(evidence) | {"path": None if packed is None else packed.path}


def _listed(store: Store, reports: Sequence[IssuedReport]) -> bytes:
    return document([plain(each) | {"company_id": store.company_id} for each in reports])


async def read_report(store: Store, report_id: UUID) -> bytes:
    """The text of an issued report that its hash is of. Raises RowNotFound."""
    return (await store.compliance_reports.get(report_id)).content.encode()


async def _trail(store: Store, ids: list[UUID]) -> bytes:
    if not ids:
        return b""
    entries = await store.audit_log.all(AuditFilter(entity_ids=ids))
    return b"".join(msgspec.json.encode(plain(each), order="sorted") + b"\n" for each in entries)
