"""The repository verbs over plain dictionaries: the oracle that storage is held against.

Written from the promises of ``storage.interface``, not from the statements that keep them: each
company has a book of its own, a transaction works on a copy, and rows are dictionaries.
"""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import SQLModel

from storage.clock import Clock
from storage.filters import ByClaim, ClaimFilter, Filter, PatientFilter, PayerFilter
from storage.interface import Actor

Row = dict[str, Any]
Test = Callable[[Row], bool]


@dataclass
class Absent(Exception):
    """There is no such row."""

    entity: str


@dataclass
class Stale(Exception):
    """The row has another version."""

    entity: str


@dataclass
class Refused(Exception):
    """A rule of the entity refuses; where it breaks several, which of them is named is open."""

    kind: str
    entity: str
    rules: frozenset[str]


@dataclass(frozen=True)
class Entity:
    """What holds for the rows of one table."""

    unique: Mapping[str, tuple[str, ...]]
    refers: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """The column and the entity that it names a row of."""
    checks: Mapping[str, Test] = field(default_factory=dict)


def _differ(row: Row) -> bool:
    payers = (row["primary_payer_id"], row["secondary_payer_id"], row["tertiary_payer_id"])
    named = [payer for payer in payers if payer is not None]
    return len(set(named)) == len(named)


ENTITIES: Mapping[str, Entity] = {
    "payers": Entity(
        unique={
            "uq_payers_payer_identifier": ("payer_identifier",),
            "uq_payers_remittance_identifier": ("remittance_identifier",),
        },
        checks={
            "ck_payers_filing_limit_is_positive": lambda row: row["timely_filing_limit_days"] > 0,
        },
    ),
    "patients": Entity(unique={"uq_patients_medical_record_number": ("medical_record_number",)}),
    "claims": Entity(
        unique={
            "uq_claims_claim_number": ("claim_number",),
            "uq_claims_patient_control_number": ("patient_control_number",),
        },
        refers={
            "fk_claims_patient_id": ("patient_id", "patients"),
            "fk_claims_primary_payer_id": ("primary_payer_id", "payers"),
            "fk_claims_secondary_payer_id": ("secondary_payer_id", "payers"),
            "fk_claims_tertiary_payer_id": ("tertiary_payer_id", "payers"),
        },
        checks={
            "ck_claims_charge_is_not_negative": lambda row: row["total_charge_cents"] >= 0,
            "ck_claims_payers_differ": _differ,
            "ck_claims_tertiary_needs_secondary": lambda row: (
                row["tertiary_payer_id"] is None or row["secondary_payer_id"] is not None
            ),
        },
    ),
    "claim_lines": Entity(
        unique={
            "uq_claim_lines_claim_id_line_number": ("claim_id", "line_number"),
            "uq_claim_lines_line_control_number": ("line_control_number",),
        },
        refers={"fk_claim_lines_claim_id": ("claim_id", "claims")},
        checks={
            "ck_claim_lines_units_are_positive": lambda row: row["units"] > 0,
            "ck_claim_lines_charge_is_not_negative": lambda row: row["charge_cents"] >= 0,
        },
    ),
}


def satisfies(row: Row, conditions: Filter) -> bool:
    """Whether a row is one of those that some conditions ask for."""
    match conditions:
        case PayerFilter():
            return _equal(row, conditions, "type", "is_active", "payer_identifier")
        case PatientFilter():
            prefix = conditions.name_prefix
            return _equal(row, conditions, "medical_record_number") and (
                prefix is None or row["name_key"].startswith(prefix)
            )
        case ByClaim():
            return _equal(row, conditions, "claim_id") and _among(
                row["claim_id"], conditions.claim_ids
            )
        case ClaimFilter():
            payers = (row[f"{rank}_payer_id"] for rank in ("primary", "secondary", "tertiary"))
            texts = (row["claim_number"], row["patient_control_number"], row["patient_name_key"])
            least, most = conditions.charge_at_least_cents, conditions.charge_at_most_cents
            since, until = conditions.service_from, conditions.service_until
            return (
                _equal(row, conditions, "patient_id", "status")
                and (conditions.payer_id is None or conditions.payer_id in payers)
                and (conditions.text is None or any(t.startswith(conditions.text) for t in texts))
                and (least is None or row["total_charge_cents"] >= least)
                and (most is None or row["total_charge_cents"] <= most)
                and (since is None or row["service_date"] >= since)
                and (until is None or row["service_date"] <= until)
                and _among(row["id"], conditions.ids)
            )
        case _:
            raise NotImplementedError(type(conditions))


def _equal(row: Row, conditions: Filter, *names: str) -> bool:
    wanted = {name: getattr(conditions, name) for name in names}
    return all(value is None or row[name] == value for name, value in wanted.items())


def _among(value: object, wanted: Sequence[object] | None) -> bool:
    return wanted is None or value in wanted


Book = dict[str, dict[UUID, Row]]


def _empty_book() -> Book:
    return {name: {} for name in [*ENTITIES, "audit_log"]}


class DictionaryStorage:
    """The committed books of all companies."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.books: dict[UUID, Book] = {}

    @contextmanager
    def transaction(self, company_id: UUID, actor: Actor) -> Iterator["DictionaryStore"]:
        """A copy of the company's book, which replaces it unless an exception ends the work."""
        kept = self.books.setdefault(company_id, _empty_book())
        store = DictionaryStore(copy.deepcopy(kept), company_id, actor, self.clock)
        yield store
        self.books[company_id] = store.book


class DictionaryStore:
    """One transaction of one company."""

    def __init__(self, book: Book, company_id: UUID, actor: Actor, clock: Clock) -> None:
        self.book = book
        self.company_id = company_id
        self.actor = actor
        self.now = clock.now()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Work that is undone when it raises."""
        before = copy.deepcopy(self.book)
        try:
            yield
        except BaseException:
            self.book = before
            raise

    def repository(self, entity: str) -> "DictionaryRepository":
        """The verbs of one entity."""
        return DictionaryRepository(self, entity)


class DictionaryRepository:
    """The verbs of one entity in one transaction."""

    def __init__(self, store: DictionaryStore, entity: str) -> None:
        self._store = store
        self._entity = entity
        self._rules = ENTITIES[entity]

    @property
    def _rows(self) -> dict[UUID, Row]:
        return self._store.book[self._entity]

    def create(self, fields: SQLModel, *, row_id: UUID) -> Row:
        self.create_many([fields], ids=[row_id])
        return self._rows[row_id]

    def create_many(self, rows: Sequence[SQLModel], *, ids: Sequence[UUID]) -> list[UUID]:
        store = self._store
        for row_id, fields in zip(ids, rows, strict=True):
            content = dict(fields.__dict__)
            self._put(
                content
                | {
                    "company_id": store.company_id,
                    "id": row_id,
                    "version": 1,
                    "created_at": store.now,
                    "created_by": store.actor.principal_id,
                    "updated_at": store.now,
                    "updated_by": store.actor.principal_id,
                },
                is_new=True,
            )
            self._leave_trail("create", row_id, None, _said(content))
        self._check_references(ids)
        return list(ids)

    def get(self, row_id: UUID) -> Row:
        if row_id not in self._rows:
            raise Absent(self._entity)
        return self._rows[row_id]

    def get_many(self, row_ids: Sequence[UUID]) -> list[Row]:
        return [self._rows[row_id] for row_id in sorted(set(row_ids)) if row_id in self._rows]

    def all(self, conditions: Filter) -> list[Row]:
        return [self._rows[i] for i in sorted(self._rows) if satisfies(self._rows[i], conditions)]

    def page(
        self, conditions: Filter, *, limit: int, after: UUID | None
    ) -> tuple[list[Row], UUID | None]:
        found = [
            row for row in reversed(self.all(conditions)) if after is None or row["id"] < after
        ]
        page = found[:limit]
        return page, page[-1]["id"] if len(found) > limit else None

    def rows(self) -> list[Row]:
        """Every row, oldest first."""
        return [self._rows[row_id] for row_id in sorted(self._rows)]

    def count(self, conditions: Filter) -> int:
        return len(self.all(conditions))

    def update(self, row_id: UUID, changes: Mapping[str, object], *, expected_version: int) -> Row:
        if self.get(row_id)["version"] != expected_version:
            raise Stale(self._entity)
        self._change(row_id, changes)
        self._check_references([row_id])
        return self._rows[row_id]

    def update_many(
        self, versions: Mapping[UUID, int], changes: Mapping[str, Sequence[object]]
    ) -> None:
        for row_id, version in versions.items():
            if row_id not in self._rows or self._rows[row_id]["version"] != version:
                raise Stale(self._entity)
        for at, row_id in enumerate(versions):
            self._change(row_id, {name: values[at] for name, values in changes.items()})
        self._check_references(list(versions))

    def delete(self, row_id: UUID, *, expected_version: int) -> None:
        row = self.get(row_id)
        if row["version"] != expected_version:
            raise Stale(self._entity)
        self._check_not_needed(row_id)
        del self._rows[row_id]
        self._leave_trail("delete", row_id, _said(_trailed(row)), None)

    def delete_many(self, versions: Mapping[UUID, int]) -> None:
        gone = {
            row_id: self._rows.pop(row_id)
            for row_id, version in versions.items()
            if row_id in self._rows and self._rows[row_id]["version"] == version
        }
        self._check_not_needed(*gone)
        if gone.keys() != versions.keys():
            raise Stale(self._entity)
        for row_id, row in gone.items():
            self._leave_trail("delete", row_id, _said(_trailed(row)), None)

    def _change(self, row_id: UUID, changes: Mapping[str, object]) -> None:
        old = self._rows[row_id]
        store = self._store
        bookkeeping = {
            "version": old["version"] + 1,
            "updated_at": store.now,
            "updated_by": store.actor.principal_id,
        }
        self._put(old | dict(changes) | bookkeeping, is_new=False)
        before = {name: old[name] for name in changes}
        self._leave_trail("update", row_id, before, dict(changes))

    def _put(self, row: Row, *, is_new: bool) -> None:
        broken = {name for name, holds in self._rules.checks.items() if not holds(row)}
        if broken:
            raise Refused("check", self._entity, frozenset(broken))
        taken = {
            name
            for name, columns in self._rules.unique.items()
            if any(_collides(row, other, columns) for other in self._rows.values())
        }
        if is_new and row["id"] in self._rows:
            taken.add(f"pk_{self._entity}")
        if taken:
            raise Refused("unique", self._entity, frozenset(taken))
        self._rows[row["id"]] = row

    def _check_references(self, row_ids: Sequence[UUID]) -> None:
        missing = {
            name
            for name, (column, other) in self._rules.refers.items()
            for row_id in row_ids
            if (named := self._rows[row_id][column]) is not None
            and named not in self._store.book[other]
        }
        if missing:
            raise Refused("reference", self._entity, frozenset(missing))

    def _check_not_needed(self, *row_ids: UUID) -> None:
        for entity, rules in ENTITIES.items():
            needing = {
                name
                for name, (column, other) in rules.refers.items()
                if other == self._entity
                and any(row[column] in row_ids for row in self._store.book[entity].values())
            }
            if needing:
                raise Refused("reference", entity, frozenset(needing))

    def _leave_trail(
        self, action: str, row_id: UUID, before: Row | None, after: Row | None
    ) -> None:
        store = self._store
        entries = store.book["audit_log"]
        entries[UUID(int=len(entries))] = {
            "recorded_at": store.now,
            "recorded_by": store.actor.principal_id,
            "request_id": store.actor.request_id,
            "action": action,
            "entity": self._entity,
            "entity_id": row_id,
            "before": None if before is None else copy.deepcopy(before),
            "after": None if after is None else copy.deepcopy(after),
        }


def _collides(row: Row, other: Row, columns: tuple[str, ...]) -> bool:
    mine = [row[column] for column in columns]
    return (
        other["id"] != row["id"]
        and None not in mine
        and mine == [other[column] for column in columns]
    )


_UNTRAILED = frozenset(
    {"company_id", "id", "version", "created_at", "created_by", "updated_at", "updated_by"}
)


def _trailed(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in _UNTRAILED}


def _said(row: Row) -> Row:
    """A whole row as the trail has it: what is null is not in it."""
    return {name: value for name, value in row.items() if value is not None}


def plain(value: object) -> object:
    """A value as it stands in the trail's JSON."""
    match value:
        case None | bool() | int():
            return value
        case BaseModel():
            return value.model_dump(mode="json")
        case dict():
            return {name: plain(each) for name, each in value.items()}
        case list():
            return [plain(each) for each in value]
        case _ if hasattr(value, "isoformat"):
            return value.isoformat()
        case _ if hasattr(value, "as_tuple"):
            return float(str(value))
        case _:
            return str(value)
