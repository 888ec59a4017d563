"""Every record gets its outcome before anything is written: what it refers to is looked up for
many at a time, and what cannot be placed says why."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import msgspec

from services.importing.conversions import Unusable
from services.importing.declaration import LONGEST_KEY, Draft, OriginalMap, Placed, drafted
from services.importing.differences import differing_columns, fixed_columns
from services.importing.json_stream import SourceRecord, parsed
from services.importing.maps import DECLARED
from services.importing.references import find_references
from services.importing.twins import Twin, find_twins, leave_out_taken, renumber
from storage.identifiers import new_id
from storage.imports import KnownRecord
from storage.interface import Store
from storage.rows import CheckedRows
from storage.tables.claims import Patient
from storage.tables.importing import DataImport, ImportRecordFields
from storage.vocabulary.importing import ImportOutcome

_NOBODY = UUID(int=0)
_MOST_NOTES = 50
_LONGEST_FIELD = 200


class _Verdict(msgspec.Struct):
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

    Returns what is to be written of it, by map in the order of writing: what is derived of a
    record is of another, and comes first.
    """
    verdicts, derived = await _verdicts(store, held_in, declared, drafts)
    await _put_on_record(store, held_in, declared.name, verdicts)
    first = {} if declared.derives is None else {declared.derives: derived}
    return {**first, declared.name: _placed(verdicts)}


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
    twins = await find_twins(store, held_in, declared, fresh)
    others = [draft for draft in fresh if draft.key not in known]
    await renumber(store, held_in, declared, others, twins)
    await leave_out_taken(store, declared, others)
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


def _verdict(
    declared: OriginalMap,
    draft: Draft,
    earlier: KnownRecord | None,
    twins: dict[str, Twin],
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
            twins[natural] = Twin(draft.row_id, draft.values)
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


def _quarantined(draft: Draft, fault: Unusable) -> _Verdict:
    return _Verdict(draft, ImportOutcome.QUARANTINED, fault)


async def _put_on_record(
    store: Store, held_in: DataImport, map_name: str, verdicts: Sequence[_Verdict]
) -> None:
    of_all = {"import_id": held_in.id, "source": held_in.source, "map_name": map_name}
    ordered = sorted(verdicts, key=lambda each: each.draft.ordinal)
    await store.import_records.create_many(
        CheckedRows(ImportRecordFields, [of_all | _on_record(each) for each in ordered])
    )


def _on_record(each: _Verdict) -> dict[str, object]:
    """What is said of one record, besides whose it is."""
    draft, fault = each.draft, each.fault
    said: dict[str, object] = {
        "legacy_key": draft.key[:LONGEST_KEY],
        "ordinal": draft.ordinal,
        "outcome": each.outcome,
        "content": draft.record.text,
        "sha256": draft.sha256,
        "amount_cents": draft.amount_cents,
        "part_count": len(draft.parts),
        "target_id": draft.row_id,
        "patient_id": draft.patient_id,
        "natural_key": each.natural_key,
        "name": each.name,
        "notes": draft.notes[:_MOST_NOTES],
    }
    if fault is not None:
        said |= {
            "target_id": None,
            "reason": fault.reason,
            "field": fault.pointer[:_LONGEST_FIELD] or None,
            "remedy": fault.remedy,
        }
    return said
