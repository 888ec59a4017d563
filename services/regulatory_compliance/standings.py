"""The standings of many requirements, from their rows, in a constant number of statements."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeVar
from uuid import UUID

from services.company_calendar import calendar_known_at
from services.regulatory_compliance.recurrence import Schedule
from services.regulatory_compliance.standing import (
    Attestation,
    Completed,
    Content,
    Cover,
    Decision,
    History,
    InForce,
    Signature,
    Standing,
    completed_by,
    standing_by,
)
from storage.filters import AttestationFilter, ByRequirements, SignatureFilter
from storage.interface import Store
from storage.standings import StandingFound, StandingQuestion
from storage.tables.compliance import (
    ComplianceAttestation,
    ComplianceSignature,
    RequirementContent,
    RequirementDecision,
    RequirementVersion,
)
from storage.vocabulary.compliance import Frequency


async def standings(
    store: Store, question: StandingQuestion
) -> list[tuple[StandingFound, Standing]]:
    """The requirements that are asked for, by their codes, each with where it stood, in a
    constant number of statements."""
    calendar = await calendar_known_at(store, question.known_at)
    return [
        (
            each,
            standing_by(_in_force(each), on=question.on, is_business_day=calendar.is_business_day),
        )
        for each in await store.standing_figures.found(question)
    ]


async def history_of(store: Store, requirement_id: UUID) -> History:
    """Everything about one requirement."""
    return (await histories_of(store, [requirement_id]))[requirement_id]


async def histories_of(store: Store, requirement_ids: Sequence[UUID]) -> dict[UUID, History]:
    """Everything about requirements, by their ids, in four statements."""
    ids = list(requirement_ids)
    by_requirement = ByRequirements(requirement_ids=ids)
    versions = _grouped(await store.requirement_versions.all(by_requirement))
    decisions = _grouped(await store.requirement_decisions.all(by_requirement))
    attestations = _grouped(
        await store.compliance_attestations.all(AttestationFilter(requirement_ids=ids))
    )
    signatures = _grouped(
        await store.compliance_signatures.all(SignatureFilter(requirement_ids=ids))
    )
    return {
        each: History(
            contents=[_content(row) for row in sorted(versions[each], key=lambda row: row.number)],
            decisions=[_decision(row) for row in decisions[each]],
            attestations=[_attestation(row) for row in attestations[each]],
            signatures=[
                _signature(row) for row in sorted(signatures[each], key=lambda row: row.number)
            ],
        )
        for each in ids
    }


def schedule_of(content: RequirementContent) -> Schedule | None:
    """When it is due; None for what is ongoing."""
    if content.first_due_on is None or content.frequency is Frequency.ONGOING:
        return None
    return Schedule(
        frequency=content.frequency,
        first_due_on=content.first_due_on,
        business_day_rule=content.business_day_rule,
        late_rule=content.late_rule,
    )


Part = TypeVar(
    "Part", RequirementVersion, RequirementDecision, ComplianceAttestation, ComplianceSignature
)


def _in_force(found: StandingFound) -> InForce:
    covers = found.covers if found.lapsed is None else [*found.covers, found.lapsed]
    schedule = None
    if found.first_due_on is not None and found.frequency is not Frequency.ONGOING:
        schedule = Schedule(
            frequency=found.frequency,
            first_due_on=found.first_due_on,
            business_day_rule=found.business_day_rule,
            late_rule=found.late_rule,
        )
    return InForce(
        schedule=schedule,
        is_applicable=found.is_applicable,
        completed=Completed(found.completed, completed_by(found.completed_on).days),
        covers=[Cover(each.valid_from, each.valid_until, each.evidence_until) for each in covers],
    )


def _grouped(rows: Iterable[Part]) -> dict[UUID, list[Part]]:
    groups: dict[UUID, list[Part]] = defaultdict(list)
    for each in rows:
        groups[each.requirement_id].append(each)
    return groups


def _content(row: RequirementVersion) -> Content:
    return Content(
        number=row.number,
        recorded_at=row.recorded_at,
        schedule=schedule_of(row.content),
        quorum=row.content.quorum,
        material_number=row.material_number,
        schedule_number=row.schedule_number,
    )


def _decision(row: RequirementDecision) -> Decision:
    return Decision(row.kind, row.effective_on, row.recorded_at)


def _attestation(row: ComplianceAttestation) -> Attestation:
    return Attestation(
        id=row.id,
        content_number=row.content_number,
        schedule_number=row.schedule_number,
        period_number=row.period_number,
        signed_on=row.signed_on,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        evidence_until=row.evidence_until,
        recorded_at=row.recorded_at,
        quorum=row.quorum,
        supersedes_id=row.supersedes_id,
    )


def _signature(row: ComplianceSignature) -> Signature:
    return Signature(row.attestation_id, row.kind, row.recorded_at)
