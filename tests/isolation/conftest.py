"""Two companies that have rows in every table."""

from dataclasses import dataclass
from uuid import UUID

import pytest

from storage.embedded import RoleAddresses
from tests.builders.companies import CompanyForTests, found_company
from tests.builders.tenant_rows import fill_every_table


@dataclass(frozen=True)
class Furnished:
    """A company and the ids of its rows by table."""

    company: CompanyForTests
    ids: dict[str, list[UUID]]

    @property
    def id(self) -> UUID:
        return self.company.id


def furnished(addresses: RoleAddresses) -> Furnished:
    """A new company with rows in every table."""
    company = found_company(addresses)
    return Furnished(company, fill_every_table(addresses.owner, company.id))


@pytest.fixture(scope="session")
def theirs(addresses: RoleAddresses) -> Furnished:
    """The company whose rows nobody else may see."""
    return furnished(addresses)


@pytest.fixture(scope="session")
def ours(addresses: RoleAddresses) -> Furnished:
    """The company that tries."""
    return furnished(addresses)


@pytest.fixture(scope="session")
def spare(addresses: RoleAddresses) -> Furnished:
    """A company whose own rows may be changed."""
    return furnished(addresses)
