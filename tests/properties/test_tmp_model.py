"""Storage does what plain dictionaries do: same results, same errors, same trail.

Two implementations run in lockstep: PostgreSQL under row-level security, and the oracle of
``tests.builders.dictionary_storage``. Ids are shared across companies on purpose, and transactions
of two companies are open at once.
"""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlmodel import SQLModel

from storage.embedded import RoleAddresses
from storage.errors import (
    ConstraintRefused,
    DuplicateValue,
    ReferenceNotFound,
    RowNotFound,
    StorageError,
    VersionConflict,
)
from storage.filters import AuditFilter, ByClaim, ClaimFilter, PatientFilter, PayerFilter
from storage.identifiers import new_id, new_ids
from storage.interface import Actor, Store
from storage.postgres.transaction import PostgresStorage
from storage.tables.claims import (
    ClaimFields,
    ClaimLineFields,
    ContactInfo,
    PatientFields,
    PayerFields,
)
from storage.vocabulary.claims import ClaimStatus, ClaimType, PayerType
from tests.builders.clocks import FixedClock
from tests.builders.dictionary_storage import (
    Absent,
    DictionaryRepository,
    DictionaryStorage,
    DictionaryStore,
    Refused,
    Stale,
    plain,
)

COMPANIES = 3
import collections
COUNTS = collections.Counter()
IDS = 5
DAY = dt.date(2025, 3, 3)

names = st.sampled_from(["", "Ann", "ANN", "NULL", 'say "hi"', "back\\slash", "{a,b}", "ä\n€", "'"])
few = st.sampled_from(["a", "ab", "b", "x"])
cents = st.sampled_from([0, 100, 10_000, -1])
places = st.integers(0, IDS - 1)
contacts = st.none() | st.builds(ContactInfo, phone=st.none() | few, address=st.none() | few)
days = st.integers(0, 3).map(lambda n: DAY + dt.timedelta(days=n))


@dataclass
class Place:
    """Stands for the id of the same number in the pool that all companies draw from."""

    number: int


def ids_of(value: object, pool: list[UUID]) -> Any:  # noqa: ANN401 -- whatever was drawn
    """What was drawn, with ids of the pool in it."""
    match value:
        case Place():
            return pool[value.number]
        case dict():
            return {name: ids_of(each, pool) for name, each in value.items()}
        case list():
            return [ids_of(each, pool) for each in value]
        case _:
            return value


some_id = places.map(Place)

PAYERS = st.fixed_dictionaries(
    {
        "name": names,
        "payer_identifier": few,
        "remittance_identifier": st.none() | few,
        "type": st.sampled_from(PayerType),
        "timely_filing_limit_days": st.sampled_from([30, 365, 180, 0]),
        "contact_info": contacts,
        "is_active": st.booleans(),
    }
)
PATIENTS = st.fixed_dictionaries(
    {
        "medical_record_number": few,
        "last_name": names,
        "first_name": names,
        "birth_date": days,
        "name_key": names,
    }
)
CLAIMS = st.fixed_dictionaries(
    {
        "claim_number": few,
        "patient_control_number": few,
        "type": st.just(ClaimType.PROFESSIONAL),
        "status": st.sampled_from(ClaimStatus),
        "patient_id": some_id,
        "patient_name_key": names,
        "subscriber_id": names,
        "rendering_provider_id": few,
        "billing_provider_id": few,
        "primary_payer_id": some_id,
        "secondary_payer_id": st.none() | some_id,
        "tertiary_payer_id": st.none() | some_id,
        "service_date": days,
        "diagnosis_codes": st.lists(names, max_size=3),
        "total_charge_cents": cents,
        "removed_line_ids": st.lists(some_id, max_size=2),
    }
)
LINES = st.fixed_dictionaries(
    {
        "claim_id": some_id,
        "line_number": st.integers(1, 3),
        "line_control_number": few,
        "service_date": days,
        "procedure_code": few,
        "modifiers": st.lists(few, max_size=2),
        "diagnosis_codes": st.lists(names, max_size=2),
        "units": st.sampled_from([Decimal(1), Decimal("2.5"), Decimal(0)]),
        "charge_cents": cents,
        "place_of_service": st.just("11"),
    }
)


@dataclass(frozen=True)
class Kind:
    """How one entity is drawn."""

    fields: type[SQLModel]
    contents: st.SearchStrategy[dict[str, Any]]
    filters: st.SearchStrategy[Any]
    harmless: tuple[str, ...]
    """Columns under no rule: an update of many rows at once may set them in any order."""


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


KINDS = {
    "payers": Kind(
        PayerFields,
        PAYERS,
        st.fixed_dictionaries(
            {
                "type": maybe(st.sampled_from(PayerType)),
                "is_active": maybe(st.booleans()),
                "payer_identifier": maybe(few),
            }
        ).map(lambda given: (PayerFilter, given)),
        ("name", "is_active", "contact_info"),
    ),
    "patients": Kind(
        PatientFields,
        PATIENTS,
        st.fixed_dictionaries(
            {"medical_record_number": maybe(few), "name_prefix": maybe(names)}
        ).map(lambda given: (PatientFilter, given)),
        ("last_name", "birth_date"),
    ),
    "claims": Kind(
        ClaimFields,
        CLAIMS,
        st.fixed_dictionaries(
            {
                "patient_id": maybe(some_id),
                "payer_id": maybe(some_id),
                "status": maybe(st.sampled_from(ClaimStatus)),
                "service_from": maybe(days),
                "service_until": maybe(days),
                "charge_at_least_cents": maybe(cents),
                "charge_at_most_cents": maybe(cents),
                "text": maybe(few),
                "ids": maybe(st.lists(some_id, max_size=3)),
            }
        ).map(lambda given: (ClaimFilter, given)),
        ("status", "diagnosis_codes", "removed_line_ids"),
    ),
    "claim_lines": Kind(
        ClaimLineFields,
        LINES,
        st.fixed_dictionaries(
            {"claim_id": maybe(some_id), "claim_ids": maybe(st.lists(some_id, max_size=3))}
        ).map(lambda given: (ByClaim, given)),
        ("procedure_code", "modifiers", "units"),
    ),
}

SEEDS: dict[str, list[dict[str, Any]]] = {
    "payers": [
        {"name": name, "payer_identifier": name, "type": PayerType.OTHER} for name in "xyz"
    ],
    "patients": [
        {
            "medical_record_number": name,
            "last_name": name,
            "first_name": name,
            "birth_date": DAY,
            "name_key": name,
        }
        for name in "xyz"
    ],
    "claims": [
        {
            "claim_number": "x",
            "patient_control_number": "x",
            "type": ClaimType.DENTAL,
            "patient_id": Place(0),
            "patient_name_key": "x",
            "subscriber_id": "x",
            "rendering_provider_id": "x",
            "billing_provider_id": "x",
            "primary_payer_id": Place(0),
            "service_date": DAY,
            "diagnosis_codes": ["x"],
        }
    ],
    "claim_lines": [
        {
            "claim_id": Place(0),
            "line_number": 9,
            "line_control_number": "x",
            "service_date": DAY,
            "procedure_code": "x",
            "modifiers": [],
            "diagnosis_codes": [],
            "charge_cents": 5,
            "place_of_service": "11",
        }
    ],
}
"""What a company begins with: rows that others can refer to."""

entities = st.sampled_from(sorted(KINDS))
companies = st.integers(0, COMPANIES - 1)


class Undone(Exception):
    """The reason for work to be taken back."""


@dataclass
class Open:
    """One company's transaction, on both sides, with its savepoints."""

    real_scope: AbstractAsyncContextManager[Store]
    model_scope: AbstractContextManager[DictionaryStore]
    real: Store
    model: DictionaryStore
    savepoints: list[tuple[AbstractAsyncContextManager[None], AbstractContextManager[None]]] = (
        field(default_factory=list)
    )


class StorageMachine(RuleBasedStateMachine):
    """Both implementations, step by step."""

    address: str

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock = FixedClock(dt.datetime(2025, 3, 3, 12, 30, 15, 123_456, tzinfo=dt.UTC))
        self.real = PostgresStorage(
            self.address, clock=self.clock, maximum_connections=COMPANIES + 1
        )
        self.runner.run(self.real.open())
        self.model = DictionaryStorage(self.clock)
        self.companies = new_ids(COMPANIES)
        self.pool = new_ids(IDS)
        self.open: dict[int, Open] = {}

    def teardown(self) -> None:
        for company in list(self.open):
            self.leave(company, Undone())
        self.runner.run(self.real.close())
        self.runner.close()

    def opened(self, company: int) -> Open:
        """The company's open transaction, begun now if there is none."""
        if company not in self.open:
            self.clock.move(dt.timedelta(seconds=1))
            actor = Actor(new_id(), new_id())
            real_scope = self.real.transaction(self.companies[company], actor)
            model_scope = self.model.transaction(self.companies[company], actor)
            real = self.runner.run(_entered(real_scope))
            begun = Open(real_scope, model_scope, real, model_scope.__enter__())
            assert real.now == begun.model.now
            self.open[company] = begun
        return self.open[company]

    def leave(self, company: int, reason: Exception | None) -> None:
        """End the company's transaction on both sides."""
        ended = self.open.pop(company)
        while ended.savepoints:
            self.leave_savepoint(ended, reason)
        self.runner.run(_left(ended.real_scope, reason))
        _leave(ended.model_scope, reason)

    def leave_savepoint(self, within: Open, reason: Exception | None) -> None:
        real, model = within.savepoints.pop()
        self.runner.run(_left(real, reason))
        _leave(model, reason)

    def both(
        self,
        company: int,
        entity: str,
        really: Callable[[Any], Awaitable[Any]],
        modelled: Callable[[DictionaryRepository, Any], Any],
        *,
        guarded: bool = True,
    ) -> Any:  # noqa: ANN401 -- whatever the verb returns
        """Do one verb on both sides and compare what comes of it.

        A guarded verb has a savepoint of its own; a failure of another ends the transaction.
        """
        within = self.opened(company)
        verb = _guarded(within.real, entity, really) if guarded else _bare(within.real, entity, really)
        failure: StorageError | None = None
        result: Any = None
        try:
            result = self.runner.run(verb)
        except StorageError as error:
            failure = error
        expected: Any = None
        try:
            with within.model.savepoint():
                expected = modelled(within.model.repository(entity), result)
        except (Absent, Stale, Refused) as refusal:
            assert failure is not None, f"storage let pass {refusal}"
            assert _is_same(failure, refusal), f"{failure} is not {refusal}"
        else:
            assert failure is None, f"storage refused what is right: {failure!r}"
            assert _values(result) == _values(expected)
        COUNTS[(entity, type(failure).__name__)] += 1
        if failure is not None and not guarded:
            self.leave(company, Undone())
        return result

    @initialize()
    def furnish(self) -> None:
        """Every company begins with the same rows under the same ids."""
        for company in range(COMPANIES):
            for entity, rows in SEEDS.items():
                ids = self.pool[: len(rows)]
                fields = [KINDS[entity].fields(**ids_of(row, self.pool)) for row in rows]
                self.create_all(company, entity, fields, ids)
            self.leave(company, None)

    @rule(company=companies, entity=entities, data=st.data(), guarded=st.booleans())
    def create(self, company: int, entity: str, data: st.DataObject, guarded: bool) -> None:
        fields = self.drawn(entity, data)
        self.both(
            company,
            entity,
            lambda repository: repository.create(fields),
            lambda repository, made: repository.create(
                fields, row_id=made.id if made is not None else new_id()
            ),
            guarded=guarded,
        )

    @rule(company=companies, entity=entities, data=st.data(), guarded=st.booleans())
    def create_many(self, company: int, entity: str, data: st.DataObject, guarded: bool) -> None:
        chosen = data.draw(st.lists(places, unique=True, max_size=3))
        ids = [self.pool[place] for place in chosen]
        rows = [self.drawn(entity, data) for _ in chosen]
        self.create_all(company, entity, rows, ids, guarded=guarded)

    @rule(company=companies, entity=entities, data=st.data(), stale=st.booleans(), guarded=st.booleans())
    def update(
        self, company: int, entity: str, data: st.DataObject, stale: bool, guarded: bool
    ) -> None:
        contents = data.draw(KINDS[entity].contents)
        columns = data.draw(st.lists(st.sampled_from(sorted(contents)), unique=True, max_size=4))
        changes = {column: ids_of(contents[column], self.pool) for column in columns}
        row_id = self.some_row(company, entity, data)
        version = self.version(company, entity, row_id) + stale
        self.both(
            company,
            entity,
            lambda repository: repository.update(row_id, changes, expected_version=version),
            lambda repository, _: repository.update(row_id, changes, expected_version=version),
            guarded=guarded,
        )

    @rule(company=companies, entity=entities, data=st.data(), stale=st.booleans())
    def update_many(
        self, company: int, entity: str, data: st.DataObject, stale: bool
    ) -> None:
        known = sorted(self.opened(company).model.book[entity])
        chosen = data.draw(st.lists(st.sampled_from(known), unique=True)) if known else []
        rows = [data.draw(KINDS[entity].contents) for _ in chosen]
        changes = {
            column: [ids_of(row[column], self.pool) for row in rows]
            for column in KINDS[entity].harmless
        }
        if entity == "claim_lines":
            changes["units"] = [Decimal(at + 1) for at in range(len(chosen))]
        versions = {row_id: self.version(company, entity, row_id) for row_id in chosen}
        if stale and chosen:
            versions[chosen[-1]] += 1
        self.both(
            company,
            entity,
            lambda repository: repository.update_many(versions, changes),
            lambda repository, _: repository.update_many(versions, changes),
        )

    @rule(company=companies, entity=entities, data=st.data(), stale=st.booleans(), guarded=st.booleans())
    def delete(self, company: int, entity: str, data: st.DataObject, stale: bool, guarded: bool) -> None:
        row_id = self.some_row(company, entity, data)
        version = self.version(company, entity, row_id) + stale
        self.both(
            company,
            entity,
            lambda repository: repository.delete(row_id, expected_version=version),
            lambda repository, _: repository.delete(row_id, expected_version=version),
            guarded=guarded,
        )

    @rule(company=companies, entity=entities, data=st.data(), locking=st.booleans())
    def get(self, company: int, entity: str, data: st.DataObject, locking: bool) -> None:
        row_id = self.some_row(company, entity, data)
        self.both(
            company,
            entity,
            lambda repository: repository.lock(row_id) if locking else repository.get(row_id),
            lambda repository, _: repository.get(row_id),
        )

    @rule(company=companies, entity=entities, data=st.data())
    def find(self, company: int, entity: str, data: st.DataObject) -> None:
        kind, given = data.draw(KINDS[entity].filters)
        conditions = kind(**ids_of(given, self.pool))
        self.both(
            company,
            entity,
            lambda repository: repository.all(conditions),
            lambda repository, _: repository.all(conditions),
        )
        self.both(
            company,
            entity,
            lambda repository: repository.lock_all(conditions),
            lambda repository, _: repository.all(conditions),
        )
        self.both(
            company,
            entity,
            lambda repository: repository.count(conditions),
            lambda repository, _: repository.count(conditions),
        )
        chosen = [self.some_row(company, entity, data) for _ in range(3)]
        self.both(
            company,
            entity,
            lambda repository: repository.get_many(chosen),
            lambda repository, _: repository.get_many(chosen),
        )
        limit = data.draw(st.integers(1, 3))
        after = None
        while True:
            page = self.both(
                company,
                entity,
                lambda repository, after=after: _page(repository, conditions, limit, after),
                lambda repository, _, after=after: repository.list(
                    conditions, limit=limit, after=after
                ),
            )
            after = page[1]
            if after is None:
                break

    @rule(company=companies)
    def begin_savepoint(self, company: int) -> None:
        within = self.opened(company)
        real, model = within.real.savepoint(), within.model.savepoint()
        self.runner.run(_entered(real))
        model.__enter__()
        within.savepoints.append((real, model))

    @precondition(lambda self: self.open)
    @rule(data=st.data(), undo=st.booleans(), wholly=st.booleans())
    def end(self, data: st.DataObject, undo: bool, wholly: bool) -> None:
        """End the innermost savepoint of a company, or its transaction."""
        company = data.draw(st.sampled_from(sorted(self.open)))
        reason = Undone() if undo else None
        if self.open[company].savepoints and not wholly:
            self.leave_savepoint(self.open[company], reason)
            return
        self.leave(company, reason)
        self.the_trail_is_as_expected(company)

    @invariant()
    def no_company_sees_anothers_rows(self) -> None:
        for company, within in self.open.items():
            rows = self.runner.run(_everything(within.real))
            assert {row["company_id"] for row in rows} <= {self.companies[company]}
            assert len(rows) == sum(len(within.model.book[entity]) for entity in KINDS)

    def the_trail_is_as_expected(self, company: int) -> None:
        """The company's committed audit rows are those of its committed changes."""
        found = self.runner.run(_trail(self.real, self.companies[company]))
        expected = self.model.books[self.companies[company]]["audit_log"].values()
        assert _in_order(found) == _in_order({n: plain(v) for n, v in each.items()} for each in expected)

    def create_all(
        self,
        company: int,
        entity: str,
        rows: list[SQLModel],
        ids: list[UUID],
        *,
        guarded: bool = True,
    ) -> None:
        self.both(
            company,
            entity,
            lambda repository: repository.create_many(rows, ids=ids),
            lambda repository, _: repository.create_many(rows, ids=ids),
            guarded=guarded,
        )

    def some_row(self, company: int, entity: str, data: st.DataObject) -> UUID:
        """The id of a row of the company, or one that may be only another's."""
        known = sorted(self.opened(company).model.book[entity])
        return data.draw(st.sampled_from([*known, *self.pool[-2:]]))

    def drawn(self, entity: str, data: st.DataObject) -> SQLModel:
        kind = KINDS[entity]
        return kind.fields(**ids_of(data.draw(kind.contents), self.pool))

    def version(self, company: int, entity: str, row_id: UUID) -> int:
        row = self.opened(company).model.book[entity].get(row_id)
        return 1 if row is None else int(row["version"])


async def _entered(scope: AbstractAsyncContextManager[Any]) -> Any:  # noqa: ANN401
    return await scope.__aenter__()


async def _left(scope: AbstractAsyncContextManager[Any], reason: Exception | None) -> None:
    await scope.__aexit__(None if reason is None else type(reason), reason, None)


def _leave(scope: AbstractContextManager[Any], reason: Exception | None) -> None:
    scope.__exit__(None if reason is None else type(reason), reason, None)


async def _bare(store: Store, entity: str, verb: Callable[[Any], Awaitable[Any]]) -> Any:  # noqa: ANN401
    return await verb(getattr(store, entity))


async def _guarded(store: Store, entity: str, verb: Callable[[Any], Awaitable[Any]]) -> Any:  # noqa: ANN401
    async with store.savepoint():
        return await verb(getattr(store, entity))


async def _page(repository: Any, conditions: Any, limit: int, after: UUID | None) -> Any:  # noqa: ANN401
    page = await repository.list(conditions, limit=limit, after=after)
    return page.rows, page.next_after


async def _everything(store: Store) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for entity, kind in (("payers", PayerFilter), ("patients", PatientFilter), ("claims", ClaimFilter), ("claim_lines", ByClaim)):
        rows += [row.__dict__ for row in await getattr(store, entity).all(kind())]
    return rows


async def _trail(storage: PostgresStorage, company_id: UUID) -> list[dict[str, Any]]:
    columns = ("recorded_at", "recorded_by", "request_id", "action", "entity", "entity_id")
    async with storage.transaction(company_id, Actor(new_id(), new_id())) as store:
        found = await store.audit_log.all(AuditFilter())
    return [
        {name: plain(getattr(entry, name)) for name in columns}
        | {"before": entry.before, "after": entry.after}
        for entry in found
    ]


def _in_order(entries: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    return sorted(entries, key=repr)


def _values(result: object) -> object:
    """What a verb returned, rows as dictionaries."""
    match result:
        case SQLModel():
            return dict(result.__dict__)
        case list() | tuple():
            return [_values(each) for each in result]
        case _:
            return result


def _is_same(error: StorageError, refusal: Absent | Stale | Refused) -> bool:
    match refusal, error:
        case (Absent(), RowNotFound()) | (Stale(), VersionConflict()):
            return refusal.entity == error.entity
        case Stale(), RowNotFound():
            return False
        case Refused(kind="check"), ConstraintRefused():
            return error.entity == refusal.entity and error.constraint in refusal.rules
        case Refused(kind="unique"), DuplicateValue():
            return error.entity == refusal.entity and error.constraint in refusal.rules
        case Refused(kind="reference"), ReferenceNotFound():
            return error.entity == refusal.entity and error.constraint in refusal.rules
        case _:
            return False


def test_storage_does_what_dictionaries_do(addresses: RoleAddresses) -> None:
    class Machine(StorageMachine):
        address = addresses.app

    Machine.TestCase.settings = settings(
        max_examples=25,
        stateful_step_count=20,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    Machine.TestCase().runTest()
    for k,v in sorted(COUNTS.items()): print(k,v)
#MUT

from storage.postgres import statements as S
_o = S.update_one
S.update_one = lambda r, c: _o(r, c).replace("'update'", "'create'")
