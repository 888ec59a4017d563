"""Storage does what plain dictionaries do: same results, same errors, same trail.

Two implementations run in lockstep: PostgreSQL under row-level security, and the oracle of
``tests.builders.dictionary_storage``. Ids are shared across companies on purpose, and transactions
of two companies are open at once.
"""

import asyncio
import datetime as dt
import json
from collections.abc import Awaitable, Callable
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
from tests.builders.drawn_rows import IDS, KINDS, SEEDS, entities, ids_of, places

COMPANIES = 3

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
        self.last = 0

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
        self.last = company
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
    ) -> Any:
        """Do one verb on both sides and compare what comes of it.

        A guarded verb has a savepoint of its own; a failure of another ends the transaction.
        """
        within = self.opened(company)
        verb = (
            _guarded(within.real, entity, really) if guarded else _bare(within.real, entity, really)
        )
        failure: StorageError | None = None
        result: Any = None
        try:
            result = self.runner.run(verb)
        except StorageError as error:
            failure = error
        expected: Any = None
        refusal: Absent | Stale | Refused | None = None
        try:
            with within.model.savepoint():
                expected = modelled(within.model.repository(entity), result)
        except (Absent, Stale, Refused) as refused:
            refusal = refused
        if refusal is None:
            assert failure is None, f"storage refused what is right: {failure!r}"
            assert _values(result) == _values(expected)
        else:
            assert _is_same(failure, refusal), f"{failure!r} is not {refusal!r}"
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

    @rule(
        company=companies,
        entity=entities,
        data=st.data(),
        stale=st.booleans(),
        guarded=st.booleans(),
    )
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
    def update_many(self, company: int, entity: str, data: st.DataObject, stale: bool) -> None:
        versions = self.some_versions(company, entity, data, stale=stale)
        rows = [data.draw(KINDS[entity].contents) for _ in versions]
        changes = {
            column: [ids_of(row[column], self.pool) for row in rows]
            for column in KINDS[entity].harmless
        }
        if entity == "claim_lines":
            changes["units"] = [Decimal(at + 1) for at in range(len(versions))]
        self.both(
            company,
            entity,
            lambda repository: repository.update_many(versions, changes),
            lambda repository, _: repository.update_many(versions, changes),
        )

    @rule(
        company=companies,
        entity=entities,
        data=st.data(),
        stale=st.booleans(),
        guarded=st.booleans(),
    )
    def delete(
        self, company: int, entity: str, data: st.DataObject, stale: bool, guarded: bool
    ) -> None:
        row_id = self.some_row(company, entity, data)
        version = self.version(company, entity, row_id) + stale
        self.both(
            company,
            entity,
            lambda repository: repository.delete(row_id, expected_version=version),
            lambda repository, _: repository.delete(row_id, expected_version=version),
            guarded=guarded,
        )

    @rule(company=companies, entity=entities, data=st.data(), stale=st.booleans())
    def delete_many(self, company: int, entity: str, data: st.DataObject, stale: bool) -> None:
        versions = self.some_versions(company, entity, data, stale=stale)
        self.both(
            company,
            entity,
            lambda repository: repository.delete_many(versions),
            lambda repository, _: repository.delete_many(versions),
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
                lambda repository, _, after=after: repository.page(
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

    @rule(company=companies, data=st.data(), inner=st.booleans(), outer=st.booleans())
    def nest(self, company: int, data: st.DataObject, inner: bool, outer: bool) -> None:
        """Work within work within work, some of it undone."""
        within = self.opened(company)
        depth = len(within.savepoints)
        for _ in range(2):
            self.begin_savepoint(company)
            self.update(company, "payers", data, stale=False, guarded=True)
        for undo in (inner, outer):
            self.leave_savepoint(within, Undone() if undo else None)
            self.rows_and_trail_are_as_expected()
        assert len(within.savepoints) == depth

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
        for each in range(COMPANIES):
            self.compare(self.opened(each))

    @invariant()
    def rows_and_trail_are_as_expected(self) -> None:
        """The company that worked last sees its own rows and trail, and nobody else's."""
        if self.last in self.open:
            self.compare(self.open[self.last])

    def compare(self, within: Open) -> None:
        """All rows and all of the trail that a transaction sees, on both sides."""
        rows, trail = self.runner.run(_everything(within.real))
        book = within.model.book
        assert rows == [row for entity in KINDS for row in within.model.repository(entity).rows()]
        expected = ({n: plain(v) for n, v in each.items()} for each in book["audit_log"].values())
        assert _in_order(trail) == _in_order(expected)

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

    def some_versions(
        self, company: int, entity: str, data: st.DataObject, *, stale: bool
    ) -> dict[UUID, int]:
        """Some rows and their versions, the last of them wrong where ``stale``."""
        known = sorted(self.opened(company).model.book[entity])
        chosen = data.draw(st.lists(st.sampled_from(known), unique=True)) if known else []
        versions = {row_id: self.version(company, entity, row_id) for row_id in chosen}
        if stale and chosen:
            versions[chosen[-1]] += 1
        return versions

    def version(self, company: int, entity: str, row_id: UUID) -> int:
        row = self.opened(company).model.book[entity].get(row_id)
        return 1 if row is None else int(row["version"])


async def _entered(scope: AbstractAsyncContextManager[Any]) -> Any:
    return await scope.__aenter__()


async def _left(scope: AbstractAsyncContextManager[Any], reason: Exception | None) -> None:
    await scope.__aexit__(None if reason is None else type(reason), reason, None)


def _leave(scope: AbstractContextManager[Any], reason: Exception | None) -> None:
    scope.__exit__(None if reason is None else type(reason), reason, None)


async def _bare(store: Store, entity: str, verb: Callable[[Any], Awaitable[Any]]) -> Any:
    return await verb(getattr(store, entity))


async def _guarded(store: Store, entity: str, verb: Callable[[Any], Awaitable[Any]]) -> Any:
    async with store.savepoint():
        return await verb(getattr(store, entity))


async def _page(repository: Any, conditions: Any, limit: int, after: UUID | None) -> Any:
    page = await repository.list(conditions, limit=limit, after=after)
    return page.rows, page.next_after


async def _everything(store: Store) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """All rows of the modelled entities that a transaction sees, and all of the trail."""
    found = [
        *await store.payers.all(PayerFilter()),
        *await store.patients.all(PatientFilter()),
        *await store.claims.all(ClaimFilter()),
        *await store.claim_lines.all(ByClaim()),
    ]
    columns = ("recorded_at", "recorded_by", "request_id", "action", "entity", "entity_id")
    trail = [
        {name: plain(getattr(entry, name)) for name in columns}
        | {"before": entry.before, "after": entry.after}
        for entry in await store.audit_log.all(AuditFilter())
    ]
    return [dict(row.__dict__) for row in found], trail


def _in_order(entries: Any) -> list[dict[str, Any]]:
    return sorted(entries, key=lambda entry: json.dumps(entry, sort_keys=True))


def _values(result: object) -> object:
    """What a verb returned, rows as dictionaries."""
    match result:
        case SQLModel():
            return dict(result.__dict__)
        case list() | tuple():
            return [_values(each) for each in result]
        case _:
            return result


_ERRORS = {
    "check": ConstraintRefused,
    "unique": DuplicateValue,
    "reference": ReferenceNotFound,
}


def _is_same(error: StorageError | None, refusal: Absent | Stale | Refused) -> bool:
    """Whether storage refused what the oracle refuses, and for the same reason."""
    if isinstance(refusal, Refused):
        return (
            isinstance(error, ConstraintRefused | DuplicateValue | ReferenceNotFound)
            and isinstance(error, _ERRORS[refusal.kind])
            and error.entity == refusal.entity
            and error.constraint in refusal.rules
        )
    expected = RowNotFound if isinstance(refusal, Absent) else VersionConflict
    return isinstance(error, expected) and error.entity == refusal.entity


def test_storage_does_what_dictionaries_do(
    addresses: RoleAddresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.postgres.repository.FEWEST_OF_A_SHAPE", 2)

    class Machine(StorageMachine):
        address = addresses.app

    Machine.TestCase.settings = settings(
        max_examples=15,
        stateful_step_count=20,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    Machine.TestCase().runTest()
