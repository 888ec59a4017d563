"""Moving on to another version of a pack, with every difference in sight before anything changes.

What a company has changed of a pack's requirement stays the company's, and so do requirements of
its own; what it left as the pack had it follows the pack.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import msgspec
from pydantic import Field

from services.company_calendar import company_today
from services.inputs import Identifier, Input, Reason
from services.refusals import Category, Fault, InvalidInput, Refusal
from services.regulatory_compliance.adopting import adopted_fields, due_in, first_due_on
from services.regulatory_compliance.pack_shelf import named_pack, shelve
from services.regulatory_compliance.packs import (
    Change,
    Difference,
    Pack,
    PackRequirement,
    difference,
)
from services.regulatory_compliance.requirements import (
    SCHEDULE,
    content_hash,
    create_requirements,
)
from storage.filters import ByRequirements, RequirementFilter
from storage.interface import Store
from storage.tables.compliance import (
    ComplianceRequirement,
    RequirementContent,
    RequirementVersion,
    RequirementVersionFields,
)
from storage.vocabulary.compliance import Frequency

_VersionText = Annotated[str, Field(min_length=1, max_length=40, examples=["2026.1"])]


class PackUpgrade(Input):
    """From which version of a pack to which, as the differences were seen.

    Of ``material_codes`` attestations of earlier versions no longer count.
    """

    pack: Annotated[Identifier, Field(examples=["hipaa-security"])]
    from_version: _VersionText
    version: _VersionText
    material_codes: Annotated[list[Identifier], Field(max_length=500, examples=[[]])] = []
    reason: Reason


@dataclass
class NotAdopted(Refusal):
    """The company has nothing of the pack."""

    category: ClassVar[Category] = Category.CONFLICT
    title: ClassVar[str] = "The pack is not adopted"
    pack: str


@dataclass
class AnotherVersionAdopted(Refusal):
    """Somebody has upgraded since the differences were looked at."""

    title: ClassVar[str] = "The company has another version of the pack"
    pack: str
    version: str


class Merge(msgspec.Struct, frozen=True, kw_only=True):
    """What an upgrade makes of one requirement: ``taken`` are the fields that follow the pack,
    ``kept`` those that the company has changed itself."""

    change: Change
    taken: tuple[str, ...]
    kept: tuple[str, ...]
    content: RequirementContent


class UpgradePlan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that an upgrade would do. ``own_codes`` are new in the pack, but the company has
    requirements under them, of its own or retired, which stay as they are."""

    pack: Pack
    text: str
    from_version: str
    added: tuple[PackRequirement, ...]
    retired: tuple[PackRequirement, ...]
    merges: tuple[Merge, ...]
    own_codes: tuple[str, ...]
    rows: Mapping[str, ComplianceRequirement]


async def plan_upgrade(store: Store, pack_id: str, version: str | None) -> UpgradePlan:
    """What moving on to a version would change. Raises UnknownPack, NotAdopted."""
    rows = await store.compliance_requirements.all(RequirementFilter())
    return await _plan(store, rows, pack_id, version)


async def upgrade_pack(store: Store, upgrade: PackUpgrade) -> UpgradePlan:
    """Move on, all of it or nothing, in a constant number of statements.

    Attestations stay bound to the versions that they were of; where each requirement stands
    follows. Raises UnknownPack, NotAdopted, AnotherVersionAdopted, InvalidInput.
    """
    await store.compliance_requirements.lock_all(RequirementFilter(pack_id=upgrade.pack))
    rows = await store.compliance_requirements.all(RequirementFilter())
    plan = await _plan(store, rows, upgrade.pack, upgrade.version)
    if plan.from_version != upgrade.from_version:
        raise AnotherVersionAdopted(upgrade.pack, plan.from_version)
    changed = {each.change.after.code: each for each in plan.merges if each.taken}
    faults = [
        Fault(f"/material_codes/{place}", "is not a requirement that the upgrade changes")
        for place, code in enumerate(upgrade.material_codes)
        if code not in changed
    ]
    if faults:
        raise InvalidInput(faults)
    today = await company_today(store)
    await shelve(store, plan.pack, plan.text)
    await _add_versions(store, plan, changed, upgrade)
    await _update_rows(store, plan, changed, today)
    if plan.added:
        await create_requirements(
            store, [adopted_fields(plan.pack, each, today) for each in plan.added]
        )
    return plan


async def _plan(
    store: Store, rows: Sequence[ComplianceRequirement], pack_id: str, version: str | None
) -> UpgradePlan:
    ours = {each.code: each for each in rows if each.pack_id == pack_id}
    if not ours:
        raise NotAdopted(pack_id)
    from_version = max(str(each.pack_version) for each in ours.values())
    before, _ = await named_pack(store, pack_id, from_version)
    after, text = await named_pack(store, pack_id, version)
    today = await company_today(store)
    found: Difference = difference(before, after)
    others = {each.code for each in rows} - set(ours)
    in_use = {code for code, row in ours.items() if row.retired_on is None}
    return UpgradePlan(
        pack=after,
        text=text,
        from_version=from_version,
        added=tuple(each for each in found.added if each.code not in others | set(ours)),
        retired=tuple(each for each in found.removed if each.code in in_use),
        merges=tuple(
            merged(each, ours[each.after.code].content, today)
            for each in found.changed
            if each.after.code in in_use
        ),
        own_codes=tuple(each.code for each in found.added if each.code in others | set(ours)),
        rows=ours,
    )


def merged(change: Change, content: RequirementContent, today: dt.date) -> Merge:
    """By each field that the pack has changed: the pack's, unless the company has its own."""
    taken, kept = [], []
    updates: dict[str, object] = {}
    for name in change.fields:
        if name in ("standard", "earlier_codes"):
            continue
        if _is_as_the_pack_had_it(name, change.before, content):
            taken.append(name)
            updates |= _updates(name, change.after)
        else:
            kept.append(name)
    result = content.model_copy(update=updates)
    if result.frequency is Frequency.ONGOING:
        result = result.model_copy(update={"first_due_on": None})
    elif "due_day" in taken or result.first_due_on is None:
        due_on = first_due_on(change.after, today) or dt.date(today.year, 12, 31)
        result = result.model_copy(update={"first_due_on": due_on})
    return Merge(change=change, taken=tuple(taken), kept=tuple(kept), content=result)


def _is_as_the_pack_had_it(name: str, before: PackRequirement, content: RequirementContent) -> bool:
    if name == "evidence":
        return list(before.evidence) == content.evidence_required
    if name == "due_day":
        due_on = content.first_due_on
        return due_on is None or due_on == due_in(before, due_on.year)
    return bool(getattr(before, name) == getattr(content, name))


def _updates(name: str, after: PackRequirement) -> dict[str, object]:
    if name == "evidence":
        return {"evidence_required": list(after.evidence)}
    return {} if name == "due_day" else {name: getattr(after, name)}


async def _add_versions(
    store: Store, plan: UpgradePlan, changed: Mapping[str, Merge], upgrade: PackUpgrade
) -> None:
    ids = [plan.rows[code].id for code in changed]
    last: dict[object, RequirementVersion] = {}
    for each in await store.requirement_versions.all(ByRequirements(requirement_ids=ids)):
        if each.requirement_id not in last or last[each.requirement_id].number < each.number:
            last[each.requirement_id] = each
    await store.requirement_versions.create_many(
        [
            _version(
                plan.rows[code],
                last[plan.rows[code].id],
                merge.content,
                upgrade.reason,
                is_material=code in upgrade.material_codes,
            )
            for code, merge in changed.items()
        ]
    )


def _version(
    row: ComplianceRequirement,
    last: RequirementVersion,
    content: RequirementContent,
    reason: str,
    *,
    is_material: bool,
) -> RequirementVersionFields:
    number = last.number + 1
    is_rescheduled = any(getattr(content, n) != getattr(row.content, n) for n in SCHEDULE)
    return RequirementVersionFields(
        requirement_id=row.id,
        number=number,
        content=content,
        content_hash=content_hash(row.code, content),
        material_number=number if is_material else last.material_number,
        schedule_number=number if is_rescheduled else last.schedule_number,
        reason=reason,
    )


async def _update_rows(
    store: Store, plan: UpgradePlan, changed: Mapping[str, Merge], today: dt.date
) -> None:
    gone = {each.code for each in plan.retired}
    rows = list(plan.rows.values())
    columns: dict[str, list[object]] = {
        "content": [_content_of(each, changed) for each in rows],
        "content_number": [each.content_number + (each.code in changed) for each in rows],
        "pack_version": [plan.pack.version] * len(rows),
        "retired_on": [today if each.code in gone else each.retired_on for each in rows],
    }
    await store.compliance_requirements.update_many(
        {each.id: each.version for each in rows}, columns
    )


def _content_of(row: ComplianceRequirement, changed: Mapping[str, Merge]) -> RequirementContent:
    return changed[row.code].content if row.code in changed else row.content
