"""Drafts of risk assessments that follow a newer dump, as long as they are drafts and nobody has
changed here what it would change."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from services.importing.declaration import PARTS, Draft, Newer, Values
from services.importing.maps.following import follow
from services.importing.maps.risk_rows import (
    CONTROL,
    DOCUMENT,
    OWNER,
    RISK,
    WORDS,
    NewRisks,
    Words,
    with_controls,
    words_of,
)
from storage.filters import (
    AssessmentPartFilter,
    ByAssessment,
    MitigationItemFilter,
    RiskAcceptanceFilter,
    RiskControlFilter,
)
from storage.interface import Store
from storage.tables.risks import AssessedRisk, AssessmentPart, RiskAssessment, RiskControl
from storage.vocabulary.risks import AnalysisElement, AssessmentStatus, RiskTreatment

COLUMNS = frozenset({"title", "scope", "assessed_on", "next_due_on"})
CHANGEABLE = COLUMNS | {RISK, CONTROL, DOCUMENT, PARTS}
_LEFT = {"likelihood": "residual_likelihood", "impact": "residual_impact"}
_Row = AssessedRisk | RiskControl | AssessmentPart


@dataclass
class _Here:
    """The parts of an assessment that stand here."""

    risks: list[AssessedRisk] = field(default_factory=list)
    controls: list[RiskControl] = field(default_factory=list)
    documents: list[AssessmentPart] = field(default_factory=list)

    def of(self, kind: str) -> Sequence[_Row]:
        """The rows of a kind of parts."""
        rows: dict[str, Sequence[_Row]] = {
            RISK: self.risks,
            CONTROL: self.controls,
            DOCUMENT: self.documents,
        }
        return rows[kind]

    def words(self, kind: str) -> list[Words]:
        """What the rows of a kind say."""
        return [words_of(kind, each.__dict__) for each in self.of(kind)]

    def controls_of(self, risk: AssessedRisk) -> list[RiskControl]:
        """What lowers one of the risks."""
        return [each for each in self.controls if each.risk_id == risk.id]


async def fixed(store: Store, newer: Mapping[UUID, Newer]) -> Mapping[UUID, frozenset[str]]:
    """All of what is no draft any more. Of a draft, the kinds of parts that are no longer what the
    record said, those of which two say the same (controls only where they stand in another order
    here), and risks that have another owner now.

    Others come and go only where all is what the record said, and what goes is nobody's work.
    """
    here = await _parts(store, newer)
    found: dict[UUID, frozenset[str]] = {}
    going: dict[UUID, AssessedRisk] = {}
    for row in await store.risk_assessments.get_many(list(newer)):
        if row.status is not AssessmentStatus.DRAFT:
            found[row.id] = CHANGEABLE
            continue
        stands, record = here[row.id], newer[row.id]
        found[row.id] = _fixed_kinds(stands, record)
        if _may_be_exchanged(stands, record):
            going |= {each.id: each for each in _going(stands, record.now.parts)}
        else:
            found[row.id] |= {PARTS}
    for risk_id in await _worked_on(store, going):
        found[going[risk_id].assessment_id] |= {PARTS}
    return found


def _fixed_kinds(here: _Here, record: Newer) -> frozenset[str]:
    kinds = {
        kind
        for kind in WORDS
        for words in (here.words(kind),)
        if Counter(words) != Counter(_said(kind, record.was)) or len(set(words)) < len(words)
    }
    if _are_in_order(here, record.was):  # then the first of two that say the same is the first here
        kinds -= {CONTROL}
    is_anothers = list(_owners(record.was)) != list(_owners(record.now))
    return frozenset(kinds | {RISK}) if is_anothers else frozenset(kinds)


def _are_in_order(here: _Here, was: Draft) -> bool:
    """Whether controls stand one after the other as in the record, each at the same risk."""
    risks = {each.id: words_of(RISK, each.__dict__) for each in here.risks}
    return [(risks[each.risk_id], words_of(CONTROL, each.__dict__)) for each in here.controls] == [
        (words_of(RISK, risk), words_of(CONTROL, each))
        for risk, controls in with_controls(was.parts)
        for each in controls
    ]


def _may_be_exchanged(here: _Here, record: Newer) -> bool:
    """Whether all is what the record said, and every risk can be told from the others."""
    standing = [
        _whole(each.__dict__, [control.__dict__ for control in here.controls_of(each)])
        for each in here.risks
    ]
    said = [_whole(*each) for each in with_controls(record.was.parts)]
    was, now = _owners_by_words(record.was), _owners_by_words(record.now)
    return (
        Counter(standing) == Counter(said)
        and here.words(DOCUMENT) == _said(DOCUMENT, record.was)
        and len(was) == len(_said(RISK, record.was))
        and len(now) == len(_said(RISK, record.now))
        and all(was[words] == now[words] for words in was.keys() & now.keys())
    )


def _whole(risk: Mapping[str, object], controls: Sequence[Mapping[str, object]]) -> Words:
    """What is said of a risk and of its controls, in whichever order."""
    lowering = Counter(words_of(CONTROL, each) for each in controls)
    return words_of(RISK, risk), frozenset(lowering.items())


def _said(kind: str, draft: Draft) -> list[Words]:
    return [words_of(kind, part) for part in draft.parts if part["of"] == kind]


def _owners(draft: Draft) -> Iterator[tuple[str, ...]]:
    """What the owners of the risks are called, one after the other."""
    names = {id(each.place): each.names for each in draft.wanted if each.key == OWNER}
    return (names[id(part)] for part in draft.parts if part["of"] == RISK)


def _owners_by_words(draft: Draft) -> dict[Words, tuple[str, ...]]:
    return dict(zip(_said(RISK, draft), _owners(draft), strict=True))


def _going(here: _Here, parts: Iterable[Values]) -> list[AssessedRisk]:
    """The risks of which a record says nothing any more."""
    staying = {words_of(RISK, part) for part in parts if part["of"] == RISK}
    return [each for each in here.risks if words_of(RISK, each.__dict__) not in staying]


async def _worked_on(store: Store, risks: Mapping[UUID, AssessedRisk]) -> set[UUID]:
    """The risks that somebody has assessed, given to another owner, accepted or planned for."""
    if not risks:
        return set()
    ids = list(risks)
    since = min(each.created_at for each in risks.values())
    changed = [each.id for each in risks.values() if each.version > 1]
    given = (
        await store.past_values.changed("assessed_risks", [OWNER], since=since) if changed else {}
    )
    accepted = await store.risk_acceptances.all(RiskAcceptanceFilter(risk_ids=ids))
    planned = await store.mitigation_items.all(MitigationItemFilter(risk_ids=ids))
    return {
        *(each.id for each in risks.values() if _is_assessed(each)),
        *risks.keys() & given.keys(),
        *(each.risk_id for each in accepted),
        *(each.risk_id for each in planned),
    }


def _is_assessed(risk: AssessedRisk) -> bool:
    left = (risk.residual_likelihood, risk.residual_impact)
    return (
        left != (risk.likelihood, risk.impact)
        or risk.treatment is not RiskTreatment.MITIGATE
        or risk.asset_id is not None
        or risk.threat_id is not None
    )


async def update(store: Store, changes: Mapping[UUID, Values]) -> None:
    """Change assessments, and of their parts what is said otherwise now; what is said no more goes,
    and what was not said before comes."""
    await follow(
        store,
        RiskAssessment,
        {row_id: _only(values, COLUMNS) for row_id, values in changes.items()},
    )
    here = await _parts(store, changes)
    for kind, table in ((RISK, AssessedRisk), (CONTROL, RiskControl), (DOCUMENT, AssessmentPart)):
        following: dict[UUID, Values] = {}
        for row_id, values in changes.items():
            following |= _following(kind, here[row_id].of(kind), values.get(kind, ()))
        await follow(store, table, following)
    exchanged = {row_id: values[PARTS] for row_id, values in changes.items() if PARTS in values}
    if exchanged:
        await _exchange(store, here, exchanged)


def _following(
    kind: str, rows: Sequence[_Row], pairs: Iterable[tuple[Values, Values]]
) -> dict[UUID, Values]:
    """The columns of parts in which they are said to be otherwise; what is left of a risk follows
    where nobody has assessed it."""
    there: dict[Words, list[_Row]] = defaultdict(list)
    for row in rows:
        there[words_of(kind, row.__dict__)].append(row)
    changes: dict[UUID, Values] = {}
    for was, now in pairs:
        row = there[words_of(kind, was)].pop(0)
        told = {name: now[name] for name in WORDS[kind] if was[name] != now[name]}
        for name, left in _LEFT.items():
            if name in told and getattr(row, left) == was[name]:
                told[left] = told[name]
        changes[row.id] = told
    return changes


async def _exchange(
    store: Store, here: Mapping[UUID, _Here], wanted: Mapping[UUID, Sequence[Values]]
) -> None:
    """Have assessments, which stand as their records were, consist of other risks and controls."""
    risks: dict[UUID, int] = {}
    controls: dict[UUID, int] = {}
    documents: dict[UUID, Values] = {}
    new = NewRisks()
    for assessment_id, parts in wanted.items():
        stands = here[assessment_id]
        risks |= {each.id: each.version for each in _going(stands, parts)}
        known = {words_of(RISK, each.__dict__): each for each in stands.risks}
        for risk, lowering in with_controls(parts):
            row = known.get(words_of(RISK, risk))
            if row is None:
                new.add(assessment_id, risk, lowering)
                continue
            coming = [words_of(CONTROL, each) for each in lowering]
            for control in stands.controls_of(row):
                words = words_of(CONTROL, control.__dict__)
                if words in coming:
                    coming.remove(words)
                else:
                    controls[control.id] = control.version
            for words in coming:
                new.add_control(assessment_id, row.id, words)
        controls |= {each.id: each.version for each in stands.controls if each.risk_id in risks}
        (said,) = (part for part in parts if part["of"] == DOCUMENT)
        documents |= {
            each.id: {"description": said["description"]}
            for each in stands.documents
            if each.description != said["description"]
        }
    await store.risk_controls.delete_many(controls)
    await store.assessed_risks.delete_many(risks)
    await new.write(store)
    await follow(store, AssessmentPart, documents)


async def _parts(store: Store, ids: Iterable[UUID]) -> Mapping[UUID, _Here]:
    """The risks, the controls and the part on documentation of assessments."""
    wanted = list(ids)
    found: dict[UUID, _Here] = defaultdict(_Here)
    for risk in await store.assessed_risks.all(ByAssessment(assessment_ids=wanted)):
        found[risk.assessment_id].risks.append(risk)
    for control in await store.risk_controls.all(RiskControlFilter(assessment_ids=wanted)):
        found[control.assessment_id].controls.append(control)
    for part in await store.assessment_parts.all(AssessmentPartFilter(assessment_ids=wanted)):
        if part.element is AnalysisElement.DOCUMENTATION:
            found[part.assessment_id].documents.append(part)
    return found


def _only(values: Values, names: frozenset[str]) -> Values:
    return {name: value for name, value in values.items() if name in names}
