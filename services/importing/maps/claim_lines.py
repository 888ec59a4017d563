"""``claimLineItems``: lines of claims that came in a table of their own (``claim_line_items``).

A claim gets them where they add up to its charge, with those that it has already: the books hold
what is charged for a claim, and no line changes that. What says the same as a line that the claim
has is that line. What is left waits, all of a claim together.
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from services.claims.drafts import MOST_DIAGNOSES, MOST_LINES
from services.claims.numbers import line_control_number
from services.importing.conversions import Unusable, whole
from services.importing.declaration import (
    Draft,
    FieldRule,
    OriginalMap,
    Placed,
    Values,
    Workplace,
    drafted,
)
from services.importing.json_stream import SourceRecord, parsed
from services.importing.maps.batches import CLAIM
from services.importing.maps.claims import CLAIMS, LINE, LINE_FIELDS, line_stem
from storage.filters import ByClaim
from storage.imports import KnownRecord
from storage.interface import Store
from storage.rows import CheckedRows
from storage.tables.claims import ClaimLine, ClaimLineFields
from storage.tables.importing import DataImport
from storage.vocabulary.importing import ImportOutcome

_NAMES = ("service_date", "procedure_code", "modifiers", "diagnosis_codes", "units", "charge_cents")
_Said = tuple[object, ...]


@dataclass
class _Charged:
    """A claim as it is here, or as this import is about to place it, with its lines."""

    id: UUID
    patient_id: UUID | None
    service_date: dt.date
    total_cents: int
    lines_cents: int = 0
    numbers: set[int] = field(default_factory=set)
    said: Counter[_Said] = field(default_factory=Counter)

    def add(self, line: Mapping[str, object], number: int, cents: int) -> None:
        """A line that the claim has."""
        self.lines_cents += cents
        self.numbers.add(number)
        self.said[self.what(line)] += 1

    def what(self, line: Mapping[str, object]) -> _Said:
        """What a line says, whichever number it has."""
        given = {name: line.get(name) for name in _NAMES}
        given["service_date"] = given["service_date"] or self.service_date
        given["units"] = given["units"] or Decimal(1)
        return tuple(tuple(each) if isinstance(each, list) else each for each in given.values())


def _complete(draft: Draft) -> None:
    values = draft.values
    values["modifiers"] = values["modifiers"] or []
    values["diagnosis_codes"] = values["diagnosis_codes"] or []
    values["units"] = values["units"] or Decimal(1)


async def _examine(store: Store, held_in: DataImport, drafts: Sequence[Draft]) -> None:
    claims = await _claims(store, held_in, drafts)
    lines: dict[UUID, list[Draft]] = {}
    for draft in drafts:
        lines.setdefault(draft.values["claim_id"], []).append(draft)
    for claim_id, those in lines.items():
        if claim_id in claims:
            _join(claims[claim_id], those)
            continue
        for draft in those:
            draft.fault = Unusable(
                "names by its number a claim that gets another", "name it by its id", "/claimId"
            )


def _join(claim: _Charged, drafts: Sequence[Draft]) -> None:
    """Merge what the claim has already; what is left are its lines, or waits."""
    new = []
    for draft in drafts:
        draft.values["patient_id"] = claim.patient_id
        said = claim.what(draft.values)
        if claim.said[said]:
            claim.said[said] -= 1
            draft.twin_id = claim.id
        else:
            new.append(draft)
    numbers = Counter(draft.values["line_number"] for draft in new)
    twice = {each for each, count in numbers.items() if count > 1 or each in claim.numbers}
    for draft in new:
        if draft.values["line_number"] in twice:
            draft.fault = Unusable(
                "is the number of another line of its claim", "correct it", "/lineNumber"
            )
        elif twice:
            draft.fault = Unusable("waits for other lines of its claim", _TOGETHER)
    sum_cents = claim.lines_cents + sum(draft.values["charge_cents"] for draft in new)
    is_whole = sum_cents == claim.total_cents
    if twice or (is_whole and len(claim.numbers) + len(new) <= MOST_LINES):
        return
    for draft in new:
        draft.fault = (
            Unusable(f"is of a claim that has more than {MOST_LINES} lines", "split the claim")
            if is_whole
            else Unusable(
                "does not come to what is charged for the claim, with all its lines that can be"
                " placed",
                _TOGETHER,
                "/chargeAmount",
            )
        )


_TOGETHER = "correct the lines of the claim, or the claim, and import its lines together"


async def _claims(
    store: Store, held_in: DataImport, drafts: Sequence[Draft]
) -> dict[UUID, _Charged]:
    """The claims that lines name: rows, and those that this import places."""
    rows = await store.claims.get_many(list({draft.values["claim_id"] for draft in drafts}))
    found = {
        row.id: _Charged(row.id, row.patient_id, row.service_date, row.total_charge_cents)
        for row in rows
    }
    for line in await store.claim_lines.all(ByClaim(claim_ids=list(found))):
        found[line.claim_id].add(line.__dict__, line.line_number, line.charge_cents)
    names = {
        name
        for draft in drafts
        if draft.values["claim_id"] not in found
        for each in draft.wanted
        for name in each.names
    }
    for record, claim in await _about_to_be_placed(store, held_in, names):
        values = claim.values
        placed = found[record.target_id] = _Charged(
            record.target_id,
            record.patient_id,
            values["service_date"],
            values["total_charge_cents"],
        )
        for part in claim.parts:
            placed.add(part, part["line_number"], part["charge_cents"])
    return found


async def _about_to_be_placed(
    store: Store, held_in: DataImport, names: set[str]
) -> list[tuple[KnownRecord, Draft]]:
    """The records of claims that get rows by this import, by their ids or by the numbers that they
    have or came with; what is merged with one of them means it."""
    lookups = store.import_lookups
    known = await lookups.latest(
        source=held_in.source, map_name=CLAIMS.name, import_id=held_in.id, keys=names
    )
    merged = [_claim(each) for each in known.values() if each.outcome is ImportOutcome.MERGED]
    numbers = {each.values["claim_number"] for each in merged} | (names - known.keys())
    named = [
        await lookups.placed(import_id=held_in.id, map_name=CLAIMS.name, natural_keys=numbers),
        await lookups.renumbered(import_id=held_in.id, map_name=CLAIMS.name, names=numbers),
    ]
    found = {each.target_id: each for by_name in (known, *named) for each in by_name.values()}
    return [(each, _claim(each)) for each in found.values()]


def _claim(record: KnownRecord) -> Draft:
    source = SourceRecord(CLAIMS.name, None, parsed(record.content), record.content)
    return drafted(CLAIMS, source, 0)


async def _write(store: Store, drafts: Sequence[Placed], _: Workplace) -> None:
    claim_ids = {draft.values["claim_id"] for draft in drafts}
    claims = {row.id: row for row in await store.claims.get_many(list(claim_ids))}
    stems = {row.id: line_stem(row.patient_control_number) for row in claims.values()}
    codes = {row.id: list(row.diagnosis_codes) for row in claims.values()}
    lines = []
    for draft in drafts:
        line: Values = {**draft.values}
        claim = claims[line["claim_id"]]
        line["service_date"] = line["service_date"] or claim.service_date
        codes[claim.id] += line["diagnosis_codes"]
        control = line_control_number(stems[claim.id], line["line_number"])
        lines.append({**line, "line_control_number": control})
    rows = CheckedRows(ClaimLineFields, lines)
    await store.claim_lines.create_many(rows, ids=[draft.row_id for draft in drafts])
    told = {each: list(dict.fromkeys(codes[each]))[:MOST_DIAGNOSES] for each in claims}
    changed = [row for row in claims.values() if told[row.id] != row.diagnosis_codes]
    await store.claims.update_many(
        {row.id: row.version for row in changed},
        {"diagnosis_codes": [told[row.id] for row in changed]},
    )
    await store.refresh_facts()


CLAIM_LINES = OriginalMap(
    name="claimLineItems",
    row=ClaimLine,
    after=("claims",),
    fields=(
        FieldRule("claimId", "claim_id", CLAIM, is_required=True),
        FieldRule("lineNumber", "line_number", whole(1, MOST_LINES), is_required=True),
        *LINE,
    ),
    complete=_complete,
    gathered_by="claim_id",
    place="line_number",
    examine=_examine,
    known=LINE_FIELDS,
    write=_write,
    amount="chargeAmount",
    amount_column="charge_cents",
)
