"""Evidence: files, links and system facts that show requirements to be met.

Replaced by a new version, never edited. When it took effect and what period it is about are apart
from when it came in.
"""

import datetime as dt
import hashlib
from collections.abc import Collection
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, model_validator

from services.inputs import Input, LongText, Name
from services.refusals import Fault, InvalidInput
from storage.errors import RowNotFound
from storage.filters import EvidenceFilter, EvidenceLinkFilter
from storage.identifiers import new_id
from storage.interface import Page, Store
from storage.tables.compliance import (
    ComplianceEvidence,
    ComplianceEvidenceFields,
    EvidenceLink,
    EvidenceLinkFields,
)
from storage.vocabulary.compliance import EvidenceKind

Url = Annotated[str, Field(min_length=9, max_length=2000, pattern=r"^https://[\x21-\x7e]+$")]
Day = Annotated[dt.date, Field(ge=dt.date(1900, 1, 1), le=dt.date(2199, 12, 31))]

_EXAMPLE: JsonValue = {
    "title": "Minutes of the security committee",
    "file_id": "01a1fd87-34ee-71ca-b850-10bcf0bfc799",
    "effective_on": "2026-03-01",
    "expires_on": "2027-02-28",
}


class NewEvidence(Input):
    """Either a file that is in the store, or a link, or a fact of a system.

    ``expires_on`` is the last day on which it shows anything.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    title: Name
    description: LongText | None = None
    file_id: UUID | None = None
    url: Url | None = None
    fact: LongText | None = None
    effective_on: Day
    period_from: Day | None = None
    period_to: Day | None = None
    expires_on: Day | None = None

    @property
    def kind(self) -> EvidenceKind:
        if self.file_id is not None:
            return EvidenceKind.FILE
        return EvidenceKind.LINK if self.url is not None else EvidenceKind.SYSTEM_FACT

    @model_validator(mode="after")
    def _is_one_thing_of_one_time(self) -> Self:
        if sum(each is not None for each in (self.file_id, self.url, self.fact)) != 1:
            raise ValueError("is one of file_id, url and fact")
        if (self.period_from is None) != (self.period_to is None):
            raise ValueError("period_from and period_to belong together")
        if self.period_from and self.period_to and self.period_from > self.period_to:
            raise ValueError("period_from lies after period_to")
        if self.expires_on and self.expires_on < self.effective_on:
            raise ValueError("expires_on lies before effective_on")
        return self


async def add_evidence(store: Store, new: NewEvidence) -> ComplianceEvidence:
    """The first version of a series. Raises ReferenceNotFound for a file that is not there."""
    evidence_id = new_id()
    return await _add(store, new, evidence_id=evidence_id, series_id=evidence_id, number=1)


async def replace_evidence(store: Store, evidence_id: UUID, new: NewEvidence) -> ComplianceEvidence:
    """The next version of a series, which serves every requirement that the series serves.

    Raises RowNotFound, ReferenceNotFound, InvalidInput where a newer version is there already.
    """
    replaced = await store.compliance_evidence.get(evidence_id)
    await store.wait_for_lock(f"evidence:{replaced.series_id}")
    (latest,) = await current_versions(store, [replaced.series_id])
    if latest.id != evidence_id:
        raise InvalidInput([Fault("/evidence_id", f"was replaced by {latest.id} already")])
    return await _add(
        store, new, evidence_id=new_id(), series_id=latest.series_id, number=latest.number + 1
    )


async def get_evidence(store: Store, evidence_id: UUID) -> ComplianceEvidence:
    """Raises RowNotFound."""
    return await store.compliance_evidence.get(evidence_id)


async def list_evidence(
    store: Store, conditions: EvidenceFilter, *, limit: int, after: UUID | None
) -> Page[ComplianceEvidence]:
    """Every version, newest first."""
    return await store.compliance_evidence.list(conditions, limit=limit, after=after)


async def link_evidence(store: Store, requirement_id: UUID, evidence_id: UUID) -> EvidenceLink:
    """Let a series of evidence serve a requirement. Raises RowNotFound, DuplicateValue."""
    await store.compliance_requirements.get(requirement_id)
    evidence = await store.compliance_evidence.get(evidence_id)
    return await store.evidence_links.create(
        EvidenceLinkFields(requirement_id=requirement_id, series_id=evidence.series_id)
    )


async def unlink_evidence(
    store: Store, requirement_id: UUID, link_id: UUID, *, expected_version: int
) -> None:
    """Let it serve no longer; attestations stay bound to it.

    Raises RowNotFound, VersionConflict.
    """
    links = await store.evidence_links.get_many([link_id])
    if not links or links[0].requirement_id != requirement_id:
        raise RowNotFound("evidence_links")
    await store.evidence_links.delete(link_id, expected_version=expected_version)


async def evidence_of(store: Store, requirement_id: UUID) -> list[ComplianceEvidence]:
    """The latest version of everything that serves a requirement. Raises RowNotFound."""
    await store.compliance_requirements.get(requirement_id)
    links = await store.evidence_links.all(EvidenceLinkFilter(requirement_id=requirement_id))
    return await current_versions(store, [each.series_id for each in links])


async def current_versions(store: Store, series_ids: Collection[UUID]) -> list[ComplianceEvidence]:
    """The latest version of each series, in the order of the series' ids."""
    if not series_ids:
        return []
    found = await store.compliance_evidence.all(EvidenceFilter(series_ids=list(series_ids)))
    latest: dict[UUID, ComplianceEvidence] = {}
    for each in sorted(found, key=lambda each: (each.series_id, each.number)):
        latest[each.series_id] = each
    return list(latest.values())


async def _add(
    store: Store, new: NewEvidence, *, evidence_id: UUID, series_id: UUID, number: int
) -> ComplianceEvidence:
    fields = ComplianceEvidenceFields(
        series_id=series_id,
        number=number,
        kind=new.kind,
        content_hash=await _content_hash(store, new),
        **dict(new),
    )
    await store.compliance_evidence.create_many([fields], ids=[evidence_id])
    return await store.compliance_evidence.get(evidence_id)


async def _content_hash(store: Store, new: NewEvidence) -> bytes:
    if new.file_id is not None:
        found = await store.stored_files.get_many([new.file_id])
        if not found or found[0].deleted_at is not None:
            raise InvalidInput([Fault("/file_id", "names no file that is kept")])
        return found[0].sha256
    return hashlib.sha256((new.url or new.fact or "").encode()).digest()
