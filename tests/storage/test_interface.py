"""PostgreSQL storage is what the interface promises, member by member."""

import inspect
import typing
from collections.abc import Iterator
from typing import Protocol, cast

import psycopg
import pytest

from storage.clock import Clock, SystemClock
from storage.filters import NoFilter
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import (
    AccessFigures,
    AcknowledgementFigures,
    ActionFigures,
    Actor,
    ClaimFigures,
    DenialQueue,
    Figures,
    FileFigures,
    ImportFigures,
    ImportLookups,
    IssuedReportList,
    IStorage,
    LedgerFigures,
    Log,
    Numbers,
    OutboxLines,
    PastValues,
    Repository,
    RetentionFigures,
    Secrets,
    SilenceFigures,
    StandingFigures,
    StatementFigures,
    Store,
    UnderpaymentQueue,
)
from storage.postgres.access_figures import PostgresAccessFigures
from storage.postgres.acknowledgement_figures import PostgresAcknowledgementFigures
from storage.postgres.action_figures import PostgresActionFigures
from storage.postgres.claim_figures import PostgresClaimFigures
from storage.postgres.denial_queue import PostgresDenialQueue
from storage.postgres.figures import PostgresFigures
from storage.postgres.file_figures import PostgresFileFigures
from storage.postgres.import_figures import PostgresImportFigures
from storage.postgres.import_lookups import PostgresImportLookups
from storage.postgres.issued_report_list import PostgresIssuedReportList
from storage.postgres.ledger_figures import PostgresLedgerFigures
from storage.postgres.numbers import PostgresNumbers
from storage.postgres.outbox_lines import PostgresOutboxLines
from storage.postgres.past_values import PostgresPastValues
from storage.postgres.repository import PostgresRepository
from storage.postgres.retention_figures import PostgresRetentionFigures
from storage.postgres.sealing import PostgresSealing
from storage.postgres.silence_figures import PostgresSilenceFigures
from storage.postgres.sql import table_of
from storage.postgres.standing_figures import PostgresStandingFigures
from storage.postgres.statement_figures import PostgresStatementFigures
from storage.postgres.transaction import PostgresStorage, PostgresStore, row_classes
from storage.postgres.underpayment_queue import PostgresUnderpaymentQueue
from storage.rows import AppendOnlyRow, DerivedRow
from storage.secrets.company_secrets import CompanySecrets
from storage.security import tenant_tables
from storage.tables.work import Counter, CounterFields
from storage.trail.chain import Sealing

KEPT: dict[type, type] = {
    Log: PostgresRepository,
    Repository: PostgresRepository,
    Store: PostgresStore,
    IStorage: PostgresStorage,
    Numbers: PostgresNumbers,
    AccessFigures: PostgresAccessFigures,
    LedgerFigures: PostgresLedgerFigures,
    ClaimFigures: PostgresClaimFigures,
    DenialQueue: PostgresDenialQueue,
    StatementFigures: PostgresStatementFigures,
    UnderpaymentQueue: PostgresUnderpaymentQueue,
    RetentionFigures: PostgresRetentionFigures,
    OutboxLines: PostgresOutboxLines,
    SilenceFigures: PostgresSilenceFigures,
    Figures: PostgresFigures,
    FileFigures: PostgresFileFigures,
    PastValues: PostgresPastValues,
    StandingFigures: PostgresStandingFigures,
    ActionFigures: PostgresActionFigures,
    AcknowledgementFigures: PostgresAcknowledgementFigures,
    ImportFigures: PostgresImportFigures,
    ImportLookups: PostgresImportLookups,
    IssuedReportList: PostgresIssuedReportList,
    Sealing: PostgresSealing,
    Secrets: CompanySecrets,
}
"""Each promise and who keeps it."""


def members(promise: type) -> Iterator[str]:
    """The methods and properties that a protocol declares itself."""
    for name, value in vars(promise).items():
        if not name.startswith("_") and (callable(value) or isinstance(value, property)):
            yield name


PROMISES = [
    pytest.param(promise, keeper, name, id=f"{keeper.__name__}.{name}")
    for promise, keeper in KEPT.items()
    for name in members(promise)
]


@pytest.mark.parametrize(("promise", "keeper", "name"), PROMISES)
def test_a_promise_is_kept_with_the_same_signature(promise: type, keeper: type, name: str) -> None:
    promised, kept = vars(promise)[name], vars(keeper).get(name)
    assert kept is not None, f"{keeper.__name__} lacks {name}"
    if isinstance(promised, property):
        assert isinstance(kept, property)
        return
    assert parameters(kept) == parameters(promised)
    promised_to_await = inspect.iscoroutinefunction(promised)
    assert inspect.iscoroutinefunction(kept) == promised_to_await


def parameters(function: object) -> list[tuple[str, object, object]]:
    """Name, kind and default of each parameter."""
    assert callable(function)
    return [
        (each.name, each.kind, each.default)
        for each in inspect.signature(function).parameters.values()
    ]


def test_every_protocol_that_a_store_names_is_held_against_its_keeper() -> None:
    named = {hint for hint in typing.get_type_hints(Store).values() if isinstance(hint, type)}
    promises = {each for each in named if getattr(each, "_is_protocol", False)}
    assert Sealing in promises
    assert promises - {Clock} <= set(KEPT)


def a_store() -> PostgresStore:
    connection = cast("psycopg.AsyncConnection[object]", None)  # nothing is asked of it
    return PostgresStore(connection, new_id(), Actor(SYSTEM_ACTOR_ID, new_id()), SystemClock())


def test_a_store_has_everything_that_its_declaration_names() -> None:
    store = a_store()
    for name in typing.get_type_hints(Store):
        assert getattr(store, name) is not None
    with pytest.raises(AttributeError):
        store.prayers  # noqa: B018


def test_every_tenant_table_has_a_repository_that_fits_it() -> None:
    origins = {name: typing.get_origin(hint) for name, hint in typing.get_type_hints(Store).items()}
    served = {table_of(row).name: (row, origins[name]) for name, row in row_classes(Store).items()}
    derived = {name for name, row in tenant_tables().items() if issubclass(row, DerivedRow)}
    assert derived == {"claim_facts", "figure_sums"}  # served by Store.figures
    assert set(tenant_tables()) - set(served) - derived == {"counters"}  # served by Store.numbers
    for row, kind in served.values():
        assert kind is (Log if issubclass(row, AppendOnlyRow) else Repository)


def test_one_line_makes_a_repository() -> None:
    class MoreThanStore(Store, Protocol):
        counters: Repository[CounterFields, Counter, NoFilter]

    assert set(row_classes(MoreThanStore)) - set(row_classes(Store)) == {"counters"}
    assert row_classes(MoreThanStore)["counters"] is Counter


def test_a_store_has_no_way_to_name_another_company() -> None:
    for promise in (Log, Repository, Store, Numbers):
        for name in members(promise):
            function = vars(promise)[name]
            if callable(function):
                assert "company_id" not in inspect.signature(function).parameters
