"""Risks and controls that come and go between dumps, while a draft is what the last one said."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest

from services.importing.reporting import Verdict
from storage.filters import (
    AssessmentPartFilter,
    AuditFilter,
    ByAssessment,
    RiskAssessmentFilter,
    RiskControlFilter,
)
from storage.interface import Store
from storage.tables.risks import MitigationItemFields
from storage.vocabulary.identity import AuditAction
from storage.vocabulary.importing import ImportOutcome
from storage.vocabulary.risks import (
    AssessmentStatus,
    Impact,
    Likelihood,
    RiskTreatment,
)
from tests.builders.dumps import of_map, risk, risk_assessment
from tests.builders.people import make_person
from tests.importing.conftest import Moving

pytestmark = pytest.mark.anyio

LAPTOP = risk()
FIRE = risk(
    id="rk2",
    riskCategory="Fire",
    description="Server room burns",
    currentControls=["Alarm", "Lock"],
    additionalControls=[],
    residualRisk="high",
)
FLOOD = risk(id="rk3", riskCategory="Flood", description="Cellar floods", currentControls=[])


async def standing(store: Store) -> Mapping[str, set[str]]:
    """The controls of every risk, by the category of the risk."""
    risks = await store.assessed_risks.all(ByAssessment())
    controls = await store.risk_controls.all(RiskControlFilter())
    return {
        each.category: {c.description for c in controls if c.risk_id == each.id} for each in risks
    }


async def test_a_risk_more_is_added_with_its_controls(moving: Moving, store: Store) -> None:
    await moving.bring(riskAssessments=[risk_assessment()])
    again = await moving.bring(riskAssessments=[risk_assessment(risks=[FIRE, LAPTOP])])
    assert (of_map(again, "riskAssessments").changed_count, again.verdict) == (1, Verdict.AGREES)
    assert await standing(store) == {"Loss": {"Lock", "Encryption"}, "Fire": {"Alarm", "Lock"}}
    (fire,) = [
        each for each in await store.assessed_risks.all(ByAssessment()) if each.category == "Fire"
    ]
    assert fire.owner_person_id == moving.steward.id
    assert (fire.residual_likelihood, fire.residual_impact) == (Likelihood.POSSIBLE, Impact.MAJOR)
    assert fire.treatment is RiskTreatment.MITIGATE
    (part,) = await store.assessment_parts.all(AssessmentPartFilter())
    assert part.description is not None
    assert "Fire: high" in part.description


async def test_a_risk_less_is_removed_with_its_controls_and_the_trail_tells_of_them(
    moving: Moving, store: Store
) -> None:
    await moving.bring(riskAssessments=[risk_assessment(risks=[LAPTOP, FIRE, FLOOD])])
    before = {each.id for each in await store.assessed_risks.all(ByAssessment())}
    again = await moving.bring(riskAssessments=[risk_assessment(risks=[FLOOD])])
    assert (of_map(again, "riskAssessments").changed_count, again.verdict) == (1, Verdict.AGREES)
    assert await standing(store) == {"Flood": {"Encryption"}}
    (left,) = await store.assessed_risks.all(ByAssessment())
    assert left.id in before
    gone = [
        each
        for each in await store.audit_log.all(AuditFilter())
        if each.action is AuditAction.DELETE
    ]
    assert sorted(each.entity for each in gone) == ["assessed_risks"] * 2 + ["risk_controls"] * 4
    assert {
        (each.before or {})["category"] for each in gone if each.entity == "assessed_risks"
    } == {"Loss", "Fire"}


@pytest.mark.parametrize(
    ("changes", "controls"),
    [
        ({"currentControls": ["Lock", "Guard"]}, {"Lock", "Guard", "Encryption"}),
        ({"additionalControls": []}, {"Lock"}),
        ({"currentControls": ["Guard", "Dog", "Key"]}, {"Guard", "Dog", "Key", "Encryption"}),
    ],
    ids=["more", "fewer", "others"],
)
async def test_controls_of_a_risk_come_and_go(
    moving: Moving, store: Store, changes: dict[str, Any], controls: set[str]
) -> None:
    await moving.bring(riskAssessments=[risk_assessment(risks=[LAPTOP, FIRE])])
    before = {each.id for each in await store.assessed_risks.all(ByAssessment())}
    newer = risk_assessment(risks=[LAPTOP | changes, FIRE])
    again = await moving.bring(riskAssessments=[newer])
    assert (of_map(again, "riskAssessments").changed_count, again.verdict) == (1, Verdict.AGREES)
    assert await standing(store) == {"Loss": controls, "Fire": {"Alarm", "Lock"}}
    assert {each.id for each in await store.assessed_risks.all(ByAssessment())} == before


@pytest.mark.parametrize(
    ("newer", "expected"),
    [
        (
            [LAPTOP | {"currentControls": ["Guard"]}, FIRE],
            {"Loss": {"Guard", "Encryption"}, "Fire": {"Alarm", "Lock"}},
        ),
        (
            [LAPTOP, FIRE | {"currentControls": ["Alarm", "Key"]}],
            {"Loss": {"Lock", "Encryption"}, "Fire": {"Alarm", "Key"}},
        ),
    ],
    ids=["of the first", "of the second"],
)
async def test_a_control_that_two_risks_have_changes_for_the_one_that_is_meant(
    moving: Moving, store: Store, newer: list[dict[str, Any]], expected: dict[str, set[str]]
) -> None:
    await moving.bring(riskAssessments=[risk_assessment(risks=[LAPTOP, FIRE])])
    again = await moving.bring(riskAssessments=[risk_assessment(risks=newer)])
    assert (of_map(again, "riskAssessments").changed_count, again.verdict) == (1, Verdict.AGREES)
    assert await standing(store) == expected


async def test_a_control_that_two_risks_have_waits_where_they_stand_in_another_order_here(
    moving: Moving, store: Store
) -> None:
    await moving.bring(riskAssessments=[risk_assessment(risks=[FIRE])])
    await moving.bring(riskAssessments=[risk_assessment(risks=[LAPTOP, FIRE])])
    newer = [LAPTOP, FIRE | {"currentControls": ["Alarm", "Key"]}]
    again = await moving.bring(riskAssessments=[risk_assessment(risks=newer)])
    assert of_map(again, "riskAssessments").quarantined_count == 1
    assert await standing(store) == {"Loss": {"Lock", "Encryption"}, "Fire": {"Alarm", "Lock"}}


async def test_many_assessments_follow_at_once(moving: Moving, store: Store) -> None:
    keys = [f"ra{at}" for at in range(5)]
    await moving.bring(riskAssessments=[risk_assessment(key) for key in keys])
    newer = [
        risk_assessment(key, risks=[LAPTOP, FIRE] if at % 2 else []) for at, key in enumerate(keys)
    ]
    again = await moving.bring(riskAssessments=newer)
    assert (of_map(again, "riskAssessments").changed_count, again.verdict) == (5, Verdict.AGREES)
    found = await store.assessed_risks.all(ByAssessment())
    assert sorted(each.category for each in found) == ["Fire", "Fire", "Loss", "Loss"]


async def test_it_goes_back_to_what_it_was_with_the_older_dump(
    moving: Moving, store: Store
) -> None:
    await moving.bring(riskAssessments=[risk_assessment(risks=[LAPTOP])])
    await moving.bring(riskAssessments=[risk_assessment(risks=[LAPTOP, FIRE])])
    again = await moving.bring(riskAssessments=[risk_assessment(risks=[LAPTOP])])
    assert (of_map(again, "riskAssessments").changed_count, again.verdict) == (1, Verdict.AGREES)
    assert await standing(store) == {"Loss": {"Lock", "Encryption"}}


async def described(store: Store, _: Moving) -> None:
    (row,) = await store.assessed_risks.all(ByAssessment())
    await store.assessed_risks.update(
        row.id, {"description": "Lost laptop"}, expected_version=row.version
    )


async def assessed(store: Store, _: Moving) -> None:
    (row,) = await store.assessed_risks.all(ByAssessment())
    await store.assessed_risks.update(
        row.id, {"residual_likelihood": Likelihood.RARE}, expected_version=row.version
    )


async def given_to_somebody(store: Store, moving: Moving) -> None:
    person = await make_person(moving.importer.storage, moving.importer.company)
    (row,) = await store.assessed_risks.all(ByAssessment())
    await store.assessed_risks.update(
        row.id, {"owner_person_id": person.id}, expected_version=row.version
    )


async def planned_about(store: Store, moving: Moving) -> None:
    (row,) = await store.assessed_risks.all(ByAssessment())
    await store.mitigation_items.create(
        MitigationItemFields(
            assessment_id=row.assessment_id,
            risk_id=row.id,
            task="Buy cables",
            owner_person_id=moving.steward.id,
            due_on=dt.date(2026, 9, 1),
        )
    )


async def documented(store: Store, _: Moving) -> None:
    (row,) = await store.assessment_parts.all(AssessmentPartFilter())
    await store.assessment_parts.update(
        row.id, {"description": "Done by us"}, expected_version=row.version
    )


async def uncontrolled(store: Store, _: Moving) -> None:
    row, *_ = await store.risk_controls.all(RiskControlFilter())
    await store.risk_controls.delete(row.id, expected_version=row.version)


async def submitted(store: Store, _: Moving) -> None:
    (row,) = await store.risk_assessments.all(RiskAssessmentFilter())
    await store.risk_assessments.update(
        row.id,
        {"status": AssessmentStatus.SUBMITTED, "content_hash": bytes(32)},
        expected_version=row.version,
    )


@pytest.mark.parametrize(
    "touched",
    [
        described,
        assessed,
        given_to_somebody,
        planned_about,
        documented,
        uncontrolled,
        submitted,
    ],
)
async def test_a_risk_that_somebody_has_worked_on_does_not_go(
    moving: Moving, store: Store, touched: Any
) -> None:
    await moving.bring(riskAssessments=[risk_assessment()])
    company = moving.importer.company
    async with moving.importer.storage.transaction(company.id, company.actor) as here:
        await touched(here, moving)
    again = await moving.bring(riskAssessments=[risk_assessment(risks=[FIRE, FLOOD])])
    assert of_map(again, "riskAssessments").quarantined_count == 1
    (record,) = await moving.records(ImportOutcome.QUARANTINED)
    assert record.reason == "has changed in parts since it was placed"
    assert (await standing(store)).keys() == {"Loss"}


async def test_what_is_planned_about_a_risk_keeps_no_other_one_out(
    moving: Moving, store: Store
) -> None:
    await moving.bring(riskAssessments=[risk_assessment()])
    company = moving.importer.company
    async with moving.importer.storage.transaction(company.id, company.actor) as here:
        await planned_about(here, moving)
        await given_to_somebody(here, moving)
    again = await moving.bring(riskAssessments=[risk_assessment(risks=[LAPTOP, FIRE])])
    assert of_map(again, "riskAssessments").changed_count == 1
    assert (await standing(store)).keys() == {"Loss", "Fire"}


@pytest.mark.parametrize(
    ("first", "newer", "stuck"),
    [
        ([LAPTOP], [LAPTOP | {"owner": "Safety"}], "risk"),
        ([LAPTOP], [LAPTOP | {"owner": "Safety"}, FIRE], "parts"),
        ([LAPTOP], [LAPTOP, FIRE, FIRE | {"id": "rk4"}], "parts"),
        ([LAPTOP, LAPTOP | {"id": "rk4"}], [LAPTOP], "parts"),
    ],
    ids=["another owner", "another owner beside one more", "two that say the same", "of two"],
)
async def test_what_cannot_be_told_apart_or_has_another_owner_waits(
    moving: Moving, first: list[dict[str, Any]], newer: list[dict[str, Any]], stuck: str
) -> None:
    await moving.bring(riskAssessments=[risk_assessment(risks=first)])
    await moving.bring(riskAssessments=[risk_assessment(risks=newer)])
    (record,) = await moving.records(ImportOutcome.QUARANTINED)
    assert record.reason == f"has changed in {stuck} since it was placed"
