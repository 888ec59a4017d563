"""Every record gets its outcome before anything is written: what it refers to is looked up for
many at a time, and what cannot be placed says why."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.importing.conversions import Unusable, shown
from services.importing.declaration import (
    LONGEST_KEY,
    Draft,
    OriginalMap,
    Placed,
    Reference,
    Values,
    Wanted,
    drafted,
)
from services.importing.json_stream import SourceRecord, parsed
from services.importing.maps import DECLARED
from storage.identifiers import new_id
from storage.imports import KnownRecord
from storage.interface import Store
from storage.rows import checked_already
from storage.tables.claims import Patient
from storage.tables.identity import Person
from storage.tables.importing import DataImport, ImportRecordFields
from storage.vocabulary.importing import ImportOutcome

_NOBODY = UUID(int=0)
_MOST_NOTES = 50
_LONGEST_FIELD = 200
_LONGEST_SHOWN = 60
_COUNTS = range(2, 52)
"""What stands behind a number that is taken."""


@dataclass
class _Verdict:
    """What becomes of a draft."""

    draft: Draft
    outcome: ImportOutcome
    fault: Unusable | None = None
    twin: Draft | None = None
    """The same record, earlier in the chunk."""
    natural_key: str | None = None
    name: str | None = None


async def check_chunk(
    store: Store, held_in: DataImport, declared: OriginalMap, drafts: Sequence[Draft]
) -> dict[str, list[Placed]]:
    """Give records of one map their outcomes, and put them on record.

    Returns what is to be written of it, by map: what is derived of a record is of another.
    """
    verdicts, derived = await _verdicts(store, held_in, declared, drafts)
    await _put_on_record(store, held_in, declared.name, verdicts)
    placed = {declared.name: _placed(verdicts)}
    return placed if declared.derives is None else placed | {declared.derives: derived}


def _placed(verdicts: Iterable[_Verdict]) -> list[Placed]:
    return [each.draft.placed for each in verdicts if each.outcome is ImportOutcome.PLACED]


async def hold_chunk(
    store: Store, held_in: DataImport, map_name: str, drafts: Sequence[Draft]
) -> None:
    """Keep records of a map that has no place here yet, as they came."""
    verdicts = [_Verdict(draft, ImportOutcome.HELD) for draft in drafts]
    await _put_on_record(store, held_in, map_name, verdicts)


async def _verdicts(
    store: Store, held_in: DataImport, declared: OriginalMap, drafts: Sequence[Draft]
) -> tuple[list[_Verdict], list[Placed]]:
    """What becomes of each draft, and what is placed of the map that they tell of besides."""
    known = await store.import_lookups.latest(
        source=held_in.source,
        map_name=declared.name,
        import_id=held_in.id,
        keys={draft.key for draft in drafts},
    )
    verdicts: list[_Verdict] = []
    fresh: list[Draft] = []
    seen: dict[str, Draft] = {}
    for draft in drafts:
        earlier, twice = known.get(draft.key), seen.get(draft.key)
        is_same = earlier is not None and earlier.sha256 == draft.sha256
        if twice is not None:
            is_twin = twice.sha256 == draft.sha256
            verdicts.append(
                _Verdict(draft, ImportOutcome.MERGED, twin=twice)
                if is_twin
                else _quarantined(draft, _TWICE)
            )
            continue
        if earlier is not None and earlier.import_id == held_in.id and not is_same:
            verdicts.append(_quarantined(draft, _TWICE))
            continue
        if earlier is not None and is_same:
            draft.patient_id = earlier.patient_id
            draft.row_id = None if earlier.import_id == held_in.id else earlier.target_id
            verdicts.append(_Verdict(draft, _again(held_in, earlier)))
        elif draft.fault is not None:
            verdicts.append(_quarantined(draft, draft.fault))
            continue
        else:
            fresh.append(draft)
        seen[draft.key] = draft
    derived: list[Placed] = []
    if declared.derives is not None:
        derived = await _derive(store, held_in, DECLARED[declared.derives], fresh)
    await find_references(store, held_in, fresh)
    _judge(declared, fresh)
    if declared.examine is not None:
        await declared.examine(store, held_in, _new(fresh, known))
    twins = await _twins(store, held_in, declared, fresh)
    others = [draft for draft in fresh if draft.key not in known]
    await _renumber(store, held_in, declared, others, twins)
    await _leave_out_taken(store, declared, others)
    fixed = await fixed_columns(store, declared, fresh, known)
    verdicts += [_verdict(declared, draft, known.get(draft.key), twins, fixed) for draft in fresh]
    _follow_their_twins(verdicts)
    return verdicts, derived


_TWICE = Unusable("stands twice in the file with different contents", "leave one of them out")


def _again(held_in: DataImport, earlier: KnownRecord) -> ImportOutcome:
    """What becomes of a record that came before as it is: in this import, or in one before."""
    is_merged = earlier.import_id == held_in.id or earlier.outcome is ImportOutcome.MERGED
    return ImportOutcome.MERGED if is_merged else ImportOutcome.UNCHANGED


def _new(drafts: Iterable[Draft], known: Mapping[str, KnownRecord]) -> list[Draft]:
    """Those without a fault for which no row of an earlier record stands."""
    return [
        draft
        for draft in drafts
        if draft.fault is None
        and (draft.key not in known or known[draft.key].outcome is ImportOutcome.MERGED)
    ]


def _follow_their_twins(verdicts: Sequence[_Verdict]) -> None:
    """What stands twice in a chunk has the fault of its twin. The row is the twin's alone, so that
    a later import knows it by the record that placed it."""
    for each in verdicts:
        if each.twin is None:
            continue
        each.draft.row_id, each.draft.patient_id = None, each.twin.patient_id
        if each.twin.fault is not None:
            each.outcome, each.fault = ImportOutcome.QUARANTINED, each.twin.fault


def _judge(declared: OriginalMap, drafts: Iterable[Draft]) -> None:
    for draft in drafts:
        if draft.fault is None and declared.judge is not None:
            try:
                declared.judge(draft)
            except Unusable as fault:
                draft.fault = fault


@dataclass
class _Twin:
    """What has a natural key already: a row, or a record that gets one."""

    row_id: UUID
    values: Mapping[str, object]
    is_of_this_import: bool = True

    def differs_in(self, declared: OriginalMap, draft: Draft) -> list[str]:
        """The columns that twins have in common, and these two have not."""
        return [
            name for name in declared.twin_columns if self.values.get(name) != draft.values[name]
        ]


async def _renumber(
    store: Store,
    held_in: DataImport,
    declared: OriginalMap,
    drafts: Sequence[Draft],
    twins: Mapping[str, _Twin],
) -> None:
    """Give a number of its own to what has that of another row which was here before."""
    key, rule = declared.natural_key, declared.renumbering
    if key is None or rule is None:
        return
    taken = [
        draft
        for draft in drafts
        if draft.fault is None
        and (twin := twins.get(draft.values[key])) is not None
        and not twin.is_of_this_import
        and twin.differs_in(declared, draft)
    ]
    names = {
        draft.key: [rule.numbered(draft.values[key], count) for count in _COUNTS] for draft in taken
    }
    wanted = {name for each in names.values() for name in each}
    if not wanted:
        return
    used = set(await store.import_lookups.ids_by(declared.row, key, wanted))
    used |= set(
        await store.import_lookups.placed(
            import_id=held_in.id, map_name=declared.name, natural_keys=wanted
        )
    )
    used |= {str(draft.values.get(key)) for draft in drafts}
    for draft in taken:
        number = next((name for name in names[draft.key] if name not in used), None)
        if number is not None:
            used.add(number)
            draft.notes.append(f"{draft.values[key]} is taken here: it is {number}")
            draft.number_there = draft.values[key]
            declared.renumber(draft, number)


async def _leave_out_taken(store: Store, declared: OriginalMap, drafts: Sequence[Draft]) -> None:
    """Columns that hold a draft's number stay empty where another row has it: what is written then
    gets one that nobody has."""
    for column in () if declared.renumbering is None else declared.renumbering.also:
        wanted = {str(draft.values[column]) for draft in drafts if draft.fault is None}
        taken = await store.import_lookups.ids_by(declared.row, column, wanted)
        for draft in drafts:
            if draft.fault is None and draft.values[column] in taken:
                draft.values[column] = None


def _verdict(
    declared: OriginalMap,
    draft: Draft,
    earlier: KnownRecord | None,
    twins: dict[str, _Twin],
    fixed: Mapping[UUID, frozenset[str]],
) -> _Verdict:
    """The outcome of a record that is whole, or whose references are not found."""
    if draft.fault is not None:
        return _quarantined(draft, draft.fault)
    patient = draft.values.get("patient_id")
    draft.patient_id = patient if isinstance(patient, UUID) else None
    if earlier is not None and earlier.outcome is not ImportOutcome.MERGED:
        draft.row_id = earlier.target_id
        return _changed(declared, draft, earlier, fixed.get(earlier.target_id, frozenset()))
    if draft.twin_id is not None:
        draft.row_id = draft.twin_id
        return _Verdict(draft, ImportOutcome.MERGED)
    natural = None if declared.natural_key is None else draft.values[declared.natural_key]
    twin = None if natural is None else twins.get(natural)
    if twin is None:
        draft.row_id = new_id()
        if natural is not None:
            twins[natural] = _Twin(draft.row_id, draft.values)
        name = draft.number_there
        if declared.name_column is not None:
            name = draft.values[declared.name_column]
        return _Verdict(draft, ImportOutcome.PLACED, natural_key=natural, name=name)
    differing = twin.differs_in(declared, draft)
    if differing:
        draft.fault = Unusable(
            f"has the {declared.natural_key} of another, from which it differs in"
            f" {', '.join(differing)}",
            "give it a number of its own, or correct it",
        )
        return _quarantined(draft, draft.fault)
    draft.row_id = twin.row_id
    return _Verdict(draft, ImportOutcome.MERGED)


def _changed(
    declared: OriginalMap, draft: Draft, earlier: KnownRecord, fixed: frozenset[str]
) -> _Verdict:
    """What a newer dump says of a row: the differences are noted, and what may follow follows. What
    is only written in another way, with other spaces or in another order, has not changed."""
    notes = len(draft.notes)
    differing = differing_columns(declared, draft, earlier)
    if not differing and len(draft.notes) == notes:
        return _Verdict(draft, ImportOutcome.UNCHANGED)
    stuck = sorted(differing - (declared.changeable - fixed))
    if stuck:
        draft.row_id = None
        return _quarantined(
            draft,
            Unusable(
                f"has changed in {', '.join(stuck)} since it was placed",
                "change the row here, by the steps that it has for that",
            ),
        )
    return _Verdict(draft, ImportOutcome.CHANGED)


def differing_columns(declared: OriginalMap, draft: Draft, earlier: KnownRecord) -> set[str]:
    """The columns in which a record differs from how it last came; notes the differing fields."""
    old = as_it_was(declared, draft.key, earlier)
    for name in sorted({*old.source, *draft.source}):
        was, now = old.source.get(name), draft.source.get(name)
        if was != now:
            field = shown(name, _LONGEST_SHOWN)
            draft.notes.append(f"/{field}: {_shown(was)} has become {_shown(now)}")
    differing = {
        name
        for name in {*old.values, *draft.values}
        if _comparable(old, name) != _comparable(draft, name)
    }
    return differing | _differing_parts(_named_parts(old), _named_parts(draft))


async def fixed_columns(
    store: Store,
    declared: OriginalMap,
    drafts: Iterable[Draft],
    known: Mapping[str, KnownRecord],
) -> Mapping[UUID, frozenset[str]]:
    """The columns that may not change any more of the rows that drafts stand for."""
    earlier = {draft.key: known[draft.key] for draft in drafts if draft.key in known}
    if declared.fixed is None or not earlier:
        return {}
    return await declared.fixed(
        store,
        {each.target_id: as_it_was(declared, key, each) for key, each in earlier.items()},
    )


def as_it_was(declared: OriginalMap, key: str, earlier: KnownRecord) -> Draft:
    """What a record last came as; what it refers to is not found for it."""
    return drafted(
        declared, SourceRecord(declared.name, key, parsed(earlier.content), earlier.content), 0
    )


def _differing_parts(old: Sequence[Values], new: Sequence[Values]) -> set[str]:
    """The kinds of parts that differ; where others came or went, that there are others."""
    if [_kind(part) for part in old] != [_kind(part) for part in new]:
        return {"lines" if _kind(part) == "lines" else "parts" for part in (*old, *new)}
    return {_kind(now) for was, now in zip(old, new, strict=True) if was != now}


def _kind(part: Values) -> str:
    return str(part.get("of", "lines"))


def _named_parts(draft: Draft) -> list[Values]:
    """Parts with the names of what they refer to."""
    parts = [dict(part) for part in draft.parts]
    places = {id(part): place for place, part in enumerate(draft.parts)}
    for each in draft.wanted:
        if (place := places.get(id(each.place))) is not None:
            parts[place][each.key] = each.names
    return parts


def _comparable(draft: Draft, name: str) -> object:
    """A column's value, or what a reference names: ids are not found for the older one."""
    for each in draft.wanted:
        if each.place is draft.values and each.key == name:
            return each.names
    return draft.values.get(name)


def _shown(value: object) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


async def find_references(store: Store, held_in: DataImport, drafts: Sequence[Draft]) -> None:
    """Put the ids of what drafts refer to in their places; who refers to nothing has a fault.

    By the id that the original gave, else by code, else by name.
    """
    by_reference: dict[Reference, set[str]] = {}
    for draft in drafts:
        for each in draft.wanted:
            by_reference.setdefault(each.reference, set()).update(each.names)
    found: dict[Reference, dict[str, UUID]] = {}
    for reference, names in by_reference.items():
        ids = {
            key: record.target_id
            for key, record in (
                await store.import_lookups.latest(
                    source=held_in.source,
                    map_name=reference.map_name,
                    import_id=held_in.id,
                    keys=names,
                )
            ).items()
        }
        if left := names - ids.keys():
            ids |= await store.import_lookups.placed_as(
                source=held_in.source,
                import_id=held_in.id,
                map_name=reference.map_name,
                names=left,
            )
        for column in reference.columns:
            if left := names - ids.keys():
                ids |= await store.import_lookups.ids_by(reference.row, column, left)
        found[reference] = ids
    for draft in drafts:
        for each in draft.wanted:
            _put_in_place(held_in, draft, each, found[each.reference])


def _put_in_place(held_in: DataImport, draft: Draft, each: Wanted, ids: dict[str, UUID]) -> None:
    row_id = next((ids[name] for name in each.names if name in ids), None)
    has_steward = each.reference.has_steward
    if row_id is None and has_steward and held_in.steward_person_id is not None:
        row_id = held_in.steward_person_id
        draft.notes.append(f"{each.pointer}: is nobody here, so that the steward has it")
    if row_id is None and each.is_needed and draft.fault is None:
        draft.fault = _names_nothing(each)
    each.place[each.key] = row_id


def _names_nothing(each: Wanted) -> Unusable:
    if each.reference.row is Person:
        remedy = "add the person, then try this again"
        if each.reference.has_steward:
            remedy = "name a person of the company, or a steward"
        return Unusable("names nobody of the company", remedy, each.pointer)
    return Unusable(
        f"names nothing that was placed of {each.reference.map_name}",
        "place what it names, then try this again",
        each.pointer,
    )


async def _derive(
    store: Store, held_in: DataImport, derived_map: OriginalMap, drafts: Sequence[Draft]
) -> list[Placed]:
    """Put on record what records of one map tell of another (a claim's patient), once each, and
    return what of it is to be written.

    Who contradicts what is known already (another day of birth) has a fault.
    """
    told = [(draft, draft.derived) for draft in drafts if draft.derived and draft.fault is None]
    first: dict[str, Draft] = {}
    for draft, said in told:
        first.setdefault(said["id"], draft)
    known = await store.import_lookups.latest(
        source=held_in.source,
        map_name=derived_map.name,
        import_id=held_in.id,
        keys=first.keys(),
    )
    new = [
        drafted(derived_map, _told(derived_map, draft), draft.ordinal)
        for key, draft in first.items()
        if key not in known
    ]
    verdicts, _ = await _verdicts(store, held_in, derived_map, new)
    await _put_on_record(store, held_in, derived_map.name, verdicts)
    contents = {key: parsed(record.content) for key, record in known.items()}
    contents |= {made.key: made.source for made in new}
    merged = {
        verdict.draft.key: verdict.draft.row_id
        for verdict in verdicts
        if verdict.outcome is ImportOutcome.MERGED and verdict.draft.row_id is not None
    }
    merged |= {
        key: record.target_id
        for key, record in known.items()
        if record.outcome is ImportOutcome.MERGED
    }
    kept = {row.id: row for row in await store.patients.get_many(list(merged.values()))}
    for draft, said in told:
        before, row = contents.get(said["id"]), kept.get(merged.get(said["id"], _NOBODY))
        assert isinstance(before, dict)
        if row is not None:
            _compare_patient(draft, row, drafted(derived_map, _told(derived_map, draft), 0).values)
        elif before["patientDOB"] != said["patientDOB"]:
            draft.fault = _another_day_of_birth()
        elif before["patientName"] != said["patientName"]:
            draft.notes.append("/patientName: is written in another way in an earlier record")
    return _placed(verdicts)


def _compare_patient(draft: Draft, row: Patient, said: Mapping[str, object]) -> None:
    """Whether a patient who was here before is the one that is meant: ids of two installations may
    be alike. One who has another day of birth, or no part of the name, is not."""
    ours = (row.last_name.casefold(), row.first_name.casefold())
    theirs = (str(said["last_name"]).casefold(), str(said["first_name"]).casefold())
    if row.birth_date != said["birth_date"]:
        draft.fault = _another_day_of_birth()
    elif set(ours).isdisjoint(theirs):
        draft.fault = Unusable(
            "is another name than that of the patient who has this id",
            "correct the name, or the patient's id",
            "/patientName",
        )
    elif ours != theirs:
        draft.notes.append("/patientName: is written in another way here")


def _another_day_of_birth() -> Unusable:
    return Unusable(
        "is another day of birth than that of the patient who has this id",
        "correct the day, or the patient's id",
        "/patientDOB",
    )


def _told(derived_map: OriginalMap, draft: Draft) -> SourceRecord:
    said = draft.derived
    assert said is not None
    return SourceRecord(derived_map.name, said["id"], said, json.dumps(said))


async def _twins(
    store: Store, held_in: DataImport, declared: OriginalMap, drafts: Sequence[Draft]
) -> dict[str, _Twin]:
    """What has the natural keys of drafts already: rows, and records that this import places."""
    key = declared.natural_key
    if key is None:
        return {}
    wanted = {draft.values[key] for draft in drafts if draft.fault is None}
    placed = await store.import_lookups.placed(
        import_id=held_in.id, map_name=declared.name, natural_keys=wanted
    )
    ids = await store.import_lookups.ids_by(declared.row, key, wanted - placed.keys())
    rows = await getattr(store, str(declared.row.__tablename__)).get_many(list(ids.values()))
    twins = {
        getattr(row, key): _Twin(row.id, row.__dict__, is_of_this_import=False) for row in rows
    }
    again = {
        natural: drafted(
            declared,
            SourceRecord(declared.name, natural, parsed(record.content), record.content),
            0,
        )
        for natural, record in placed.items()
    }
    await find_references(store, held_in, list(again.values()))
    twins |= {
        natural: _Twin(placed[natural].target_id, draft.values) for natural, draft in again.items()
    }
    return twins


def _quarantined(draft: Draft, fault: Unusable) -> _Verdict:
    return _Verdict(draft, ImportOutcome.QUARANTINED, fault)


async def _put_on_record(
    store: Store, held_in: DataImport, map_name: str, verdicts: Sequence[_Verdict]
) -> None:
    await store.import_records.create_many(
        [
            checked_already(
                ImportRecordFields,
                {
                    "import_id": held_in.id,
                    "source": held_in.source,
                    "map_name": map_name,
                    "legacy_key": each.draft.key[:LONGEST_KEY],
                    "ordinal": each.draft.ordinal,
                    "outcome": each.outcome,
                    "content": each.draft.record.text,
                    "sha256": each.draft.sha256,
                    "amount_cents": each.draft.amount_cents,
                    "part_count": len(each.draft.parts),
                    "target_id": None if each.fault is not None else each.draft.row_id,
                    "patient_id": each.draft.patient_id,
                    "reason": None if each.fault is None else each.fault.reason,
                    "field": None
                    if each.fault is None
                    else each.fault.pointer[:_LONGEST_FIELD] or None,
                    "remedy": None if each.fault is None else each.fault.remedy,
                    "natural_key": each.natural_key,
                    "name": each.name,
                    "notes": each.draft.notes[:_MOST_NOTES],
                },
            )
            for each in sorted(verdicts, key=lambda each: each.draft.ordinal)
        ]
    )
