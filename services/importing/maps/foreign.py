"""What several maps of compliance have in common: what another system says is kept as evidence, as
a fact that names its source, and never as an approval or a signature."""

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.importing.conversions import Unusable
from services.importing.declaration import (
    Draft,
    Reference,
    Values,
    Wanted,
    is_storable,
    note_unknown,
)
from storage.identifiers import new_id
from storage.interface import Store
from storage.tables.compliance import (
    ComplianceEvidenceFields,
    ComplianceRequirement,
    EvidenceLinkFields,
)
from storage.vocabulary.compliance import EvidenceKind

REQUIREMENT = Reference("complianceRequirements", ComplianceRequirement, ("code",))

_MARK = "requirement at "


def items(
    draft: Draft, name: str, most: int, known: frozenset[str] | None = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of a list, each with its pointer; fields that are not ``known`` are named. Raises
    Unusable."""
    given = draft.source.get(name)
    if given is None:
        return
    if not isinstance(given, list):
        raise Unusable("is no list", "write it as a list", f"/{name}")
    if len(given) > most:
        raise Unusable(f"has more than {most} entries", "shorten it", f"/{name}")
    for place, item in enumerate(given):
        at = f"/{name}/{place}"
        if not isinstance(item, dict):
            raise Unusable("is no record", "write it as an object with its fields", at)
        if known is not None:
            note_unknown(draft, item, known, name)
        yield at, item


def want_requirement(draft: Draft, name: object, pointer: str) -> str | None:
    """Have a requirement looked up that may be missing; the value that its id goes into."""
    if not isinstance(name, str) or not (code := name.strip()):
        return None
    key = _MARK + pointer
    draft.values[key] = None
    if is_storable(code):
        wanted = Wanted(REQUIREMENT, (code,), pointer, draft.values, key, is_needed=False)
        draft.wanted.append(wanted)
    return key


def note_missing_requirements(draft: Draft) -> None:
    """Say which requirements are not here: the row stands without them."""
    for name, value in draft.values.items():
        if name.startswith(_MARK) and value is None:
            draft.notes.append(f"{name.removeprefix(_MARK)}: names no requirement that is here")


def requirements_of(values: Values) -> list[UUID]:
    """Those that were found, once each, and out of the values."""
    marked = [name for name in values if name.startswith(_MARK)]
    return list(dict.fromkeys(found for name in marked if (found := values.pop(name)) is not None))


@dataclass(frozen=True)
class Statement:
    """What another system says, and of which requirements."""

    title: str
    fact: str
    said_on: dt.date
    requirement_ids: Sequence[UUID]


async def keep_statements(store: Store, statements: Sequence[Statement]) -> None:
    """Keep what another system says as evidence of the requirements that it is about."""
    ids = [new_id() for _ in statements]
    await store.compliance_evidence.create_many(
        [
            ComplianceEvidenceFields.model_construct(
                series_id=evidence_id,
                number=1,
                kind=EvidenceKind.SYSTEM_FACT,
                title=each.title,
                fact=each.fact,
                content_hash=hashlib.sha256(each.fact.encode()).digest(),
                effective_on=each.said_on,
            )
            for evidence_id, each in zip(ids, statements, strict=True)
        ],
        ids=ids,
    )
    await store.evidence_links.create_many(
        [
            EvidenceLinkFields.model_construct(requirement_id=each, series_id=evidence_id)
            for evidence_id, statement in zip(ids, statements, strict=True)
            for each in statement.requirement_ids
        ]
    )
