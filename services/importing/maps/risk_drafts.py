"""Drafts of risk assessments that follow a newer dump, as long as they are drafts and nobody has
changed here what it would change."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from services.importing.declaration import Draft, Values
from services.importing.maps.following import follow
from storage.filters import AssessmentPartFilter, ByAssessment, RiskControlFilter
from storage.interface import Store
from storage.tables.risks import AssessedRisk, AssessmentPart, RiskAssessment, RiskControl
from storage.vocabulary.risks import AnalysisElement, AssessmentStatus

COLUMNS = frozenset({"title", "scope", "assessed_on", "next_due_on"})
RISK, CONTROL, DOCUMENT = "risk", "control", "document"
CHANGEABLE = COLUMNS | {RISK, CONTROL, DOCUMENT}
_TOLD = {
    RISK: ("category", "description", "likelihood", "impact"),
    CONTROL: ("state", "description"),
    DOCUMENT: ("description",),
}
_LEFT = {"likelihood": "residual_likelihood", "impact": "residual_impact"}
_Row = AssessedRisk | RiskControl | AssessmentPart


async def fixed(store: Store, said: Mapping[UUID, Draft]) -> Mapping[UUID, frozenset[str]]:
    """All of what is no draft any more; of a draft, the kinds of parts that are no longer what the
    record said, and those of which two say the same."""
    rows = await _parts(store, said)
    found = {}
    for row in await store.risk_assessments.get_many(list(said)):
        if row.status is not AssessmentStatus.DRAFT:
            found[row.id] = CHANGEABLE
            continue
        parts = said[row.id].parts
        here = {kind: [_told(kind, each.__dict__) for each in rows[row.id, kind]] for kind in _TOLD}
        there = {
            kind: [_told(kind, each) for each in parts if each["of"] == kind] for kind in _TOLD
        }
        found[row.id] = frozenset(
            kind
            for kind in _TOLD
            if Counter(here[kind]) != Counter(there[kind]) or len(set(here[kind])) < len(here[kind])
        )
    return found


async def update(store: Store, changes: Mapping[UUID, Values]) -> None:
    """Change assessments, and of their parts what is said otherwise now."""
    await follow(
        store,
        RiskAssessment,
        {row_id: _only(values, COLUMNS) for row_id, values in changes.items()},
    )
    rows = await _parts(store, changes)
    for kind, table in ((RISK, AssessedRisk), (CONTROL, RiskControl), (DOCUMENT, AssessmentPart)):
        following: dict[UUID, Values] = {}
        for row_id, values in changes.items():
            following |= _following(kind, rows[row_id, kind], values.get(kind, ()))
        await follow(store, table, following)


def _following(
    kind: str, rows: Sequence[_Row], pairs: Iterable[tuple[Values, Values]]
) -> dict[UUID, Values]:
    """The columns of parts in which they are said to be otherwise; what is left of a risk follows
    where nobody has assessed it."""
    there: dict[tuple[object, ...], list[_Row]] = defaultdict(list)
    for row in rows:
        there[_told(kind, row.__dict__)].append(row)
    changes: dict[UUID, Values] = {}
    for was, now in pairs:
        row = there[_told(kind, was)].pop()
        told = {name: now[name] for name in _TOLD[kind] if was[name] != now[name]}
        for name, left in _LEFT.items():
            if name in told and getattr(row, left) == was[name]:
                told[left] = told[name]
        changes[row.id] = told
    return changes


async def _parts(store: Store, ids: Iterable[UUID]) -> Mapping[tuple[UUID, str], list[_Row]]:
    """The risks, the controls and the part on documentation of assessments."""
    wanted = list(ids)
    found: dict[tuple[UUID, str], list[_Row]] = defaultdict(list)
    for risk in await store.assessed_risks.all(ByAssessment(assessment_ids=wanted)):
        found[risk.assessment_id, RISK].append(risk)
    for control in await store.risk_controls.all(RiskControlFilter(assessment_ids=wanted)):
        found[control.assessment_id, CONTROL].append(control)
    for part in await store.assessment_parts.all(AssessmentPartFilter(assessment_ids=wanted)):
        if part.element is AnalysisElement.DOCUMENTATION:
            found[part.assessment_id, DOCUMENT].append(part)
    return found


def _told(kind: str, values: Mapping[str, object]) -> tuple[object, ...]:
    return tuple(values[name] for name in _TOLD[kind])


def _only(values: Values, names: frozenset[str]) -> Values:
    return {name: value for name, value in values.items() if name in names}
