"""Sealed columns: declared once, sealed anew under new data keys, and shown nowhere."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from litestar import Litestar

from app.openapi import document_of
from storage.errors import SecretUnreadable
from storage.filters import ByPerson, NoFilter
from storage.identifiers import new_id
from storage.postgres.sql import table_of
from storage.postgres.transaction import ROW_CLASSES, PostgresStorage
from storage.rows import TenantRow, is_trailed
from storage.secrets.company_secrets import CompanySecrets
from storage.secrets.data_key import names_its_row, number_of
from storage.secrets.rotation import bind_to_rows, replace_data_key, sealed_columns
from storage.tables.factors import SecondFactorFields
from storage.vocabulary.identity import Role
from tests.builders.companies import CompanyForTests
from tests.builders.keys import KEYRING
from tests.builders.people import make_person
from tests.secrets.conftest import StorageWith, sealed_before

pytestmark = pytest.mark.anyio

COLUMNS = [(name, column) for name, columns in sealed_columns().items() for column in columns]


@pytest.mark.parametrize(("name", "column"), COLUMNS)
def test_a_sealed_column_stands_in_rows_that_can_change_and_in_no_trail(
    name: str, column: str
) -> None:
    row = ROW_CLASSES[name]
    assert issubclass(row, TenantRow)
    assert not is_trailed(table_of(row).columns[column])


def properties(schema: Any) -> set[str]:
    """The names of all properties below a schema."""
    match schema:
        case dict():
            named = schema.get("properties", {})
            own = set(named) if isinstance(named, dict) else set()
            return own.union(*map(properties, schema.values()))
        case list():
            return set().union(*map(properties, schema))
        case _:
            return set()


async def test_no_answer_has_a_property_named_like_a_sealed_payload(application: Litestar) -> None:
    document = document_of(application)
    assert "medical_record_number" in properties(document["components"])
    shown = properties(document["components"])
    assert not {name for name in shown if name.startswith("sealed_")}
    assert "sealed_key" not in shown


SECRET, OFFERED = "second_factors.secret", "second_factors.offered_secret"


async def with_factor(storage: PostgresStorage, company: CompanyForTests) -> UUID:
    """The second factor of a new person, with both of its secrets sealed."""
    person = await make_person(storage, company, Role.ADMINISTRATOR)
    async with storage.transaction(company.id, company.actor) as store:
        known = await store.second_factors.all(ByPerson(person_id=person.id))
        for each in known:
            await store.second_factors.delete(each.id, expected_version=each.version)
        factor_id = new_id()
        factor = await store.second_factors.create(
            SecondFactorFields(
                person_id=person.id,
                secret=await store.secrets.seal(SECRET, factor_id, b"a secret"),
                offered_secret=await store.secrets.seal(OFFERED, factor_id, b"another"),
                offer_expires_at=store.now,
            ),
            row_id=factor_id,
        )
    return factor.id


async def test_new_data_keys_seal_what_there_is_anew_while_others_change_it(
    storage: PostgresStorage, storage_with: StorageWith, company: CompanyForTests
) -> None:
    factor_id = await with_factor(storage, company)

    async def use_it() -> None:
        for step in range(1, 6):
            async with storage.transaction(company.id, company.actor) as store:
                row = await store.second_factors.lock(factor_id)
                assert row.secret is not None
                assert await store.secrets.open(SECRET, row.id, row.secret) == b"a secret"
                await store.second_factors.update(
                    factor_id, {"last_step": step}, expected_version=row.version
                )

    async with storage_with(KEYRING) as worker:
        resealed, _ = await asyncio.gather(replace_data_key(worker, company.id, KEYRING), use_it())
        assert resealed >= 1
        async with worker.transaction(company.id, company.actor) as store:
            row = await store.second_factors.get(factor_id)
            assert row.secret is not None
            assert row.offered_secret is not None
            assert number_of(SECRET, row.secret) == number_of(OFFERED, row.offered_secret) == 2
            assert await store.secrets.open(SECRET, row.id, row.secret) == b"a secret"
            assert await store.secrets.open(OFFERED, row.id, row.offered_secret) == b"another"
            assert row.last_step == 5


async def test_a_secret_that_was_copied_to_another_row_does_not_open(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    mine, theirs = await with_factor(storage, company), await with_factor(storage, company)
    async with storage.transaction(company.id, company.actor) as store:
        copied = (await store.second_factors.get(mine)).secret
        assert copied is not None
        row = await store.second_factors.update(theirs, {"secret": copied}, expected_version=1)
        assert row.secret is not None
        with pytest.raises(SecretUnreadable):
            await store.secrets.open(SECRET, row.id, row.secret)
        assert await store.secrets.open(SECRET, mine, row.secret) == b"a secret"


async def test_what_a_program_of_before_had_sealed_opens_and_is_bound_to_its_row(
    storage: PostgresStorage, storage_with: StorageWith, company: CompanyForTests
) -> None:
    factor_id = await with_factor(storage, company)
    async with storage.transaction(company.id, company.actor) as store:
        key = await CompanySecrets(store, KEYRING).newest_key()
        of_no_row = sealed_before(key, company.id, SECRET, b"as it was")
        row = await store.second_factors.update(
            factor_id, {"secret": of_no_row}, expected_version=1
        )
        assert row.secret == of_no_row
        assert await store.secrets.open(SECRET, factor_id, of_no_row) == b"as it was"
    async with storage_with(KEYRING) as worker:
        assert [await bind_to_rows(worker, company.id) for _ in range(2)] == [1, 0]
        async with worker.transaction(company.id, company.actor) as store:
            row = await store.second_factors.get(factor_id)
            assert row.secret is not None
            assert names_its_row(row.secret)
            assert await store.secrets.open(SECRET, factor_id, row.secret) == b"as it was"
            with pytest.raises(SecretUnreadable):
                await store.secrets.open(SECRET, new_id(), row.secret)


async def test_a_company_without_secrets_gets_no_data_key(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    assert await replace_data_key(storage, company.id, KEYRING) == 0
    async with storage.transaction(company.id, company.actor) as store:
        assert await store.data_keys.count(NoFilter()) == 0
