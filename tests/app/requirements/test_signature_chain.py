"""The signatures of a requirement are a chain that shows where anybody touched it."""

import asyncio

import httpx
import psycopg
import pytest

from services.regulatory_compliance.signature_chain import broken_links
from storage.embedded import RoleAddresses
from storage.filters import SignatureFilter
from storage.identifiers import OPERATOR_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage
from storage.tables.compliance import ComplianceSignature
from tests.app.requirements.steps import attested, made
from tests.builders.companies import CompanyForTests

pytestmark = pytest.mark.anyio


async def chain_of(
    storage: PostgresStorage, company: CompanyForTests, requirement: str
) -> list[ComplianceSignature]:
    async with storage.transaction(company.id, Actor(OPERATOR_ACTOR_ID, new_id())) as store:
        found = await store.compliance_signatures.all(
            SignatureFilter(requirement_ids=[requirement.rsplit("/", 1)[1]])
        )
    return sorted(found, key=lambda each: each.number)


async def test_signatures_given_at_once_stand_one_after_another_in_one_chain(
    officers: list[httpx.AsyncClient], storage: PostgresStorage, company: CompanyForTests
) -> None:
    requirement = await made(officers[0])
    await asyncio.gather(*(attested(each, requirement) for each in officers * 3))
    chain = await chain_of(storage, company, requirement)
    assert [each.number for each in chain] == [1, 2, 3, 4, 5, 6]
    assert list(broken_links(chain)) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("UPDATE compliance_signatures SET printed_name = 'Nobody'", "is not what was signed"),
        (
            "UPDATE compliance_signatures SET signed_at = signed_at - interval '1 day'",
            "is not what was signed",
        ),
        ("DELETE FROM compliance_signatures", "is missing: the next is 3"),
    ],
)
async def test_the_chain_breaks_where_anybody_touches_it(
    officer: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    addresses: RoleAddresses,
    change: str,
    problem: str,
) -> None:
    requirement = await made(officer)
    for _ in range(3):
        await attested(officer, requirement)
    with psycopg.connect(addresses.owner) as owner:
        owner.execute(f"SET LOCAL app.company_id = '{company.id}'".encode())
        owner.execute(f"{change} WHERE number = 2".encode())
    (broken,) = broken_links(await chain_of(storage, company, requirement))
    assert (broken.number, broken.problem) == (2, problem)


async def test_another_company_sees_nothing_of_it(
    officer: httpx.AsyncClient, client: httpx.AsyncClient, other_company: CompanyForTests
) -> None:
    requirement = await made(officer)
    key = {"Authorization": f"Bearer {other_company.key}"}
    assert (await client.get(requirement, headers=key)).status_code == 404
