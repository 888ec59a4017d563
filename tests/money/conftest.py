"""Books on which patients owe something."""

import pytest

from storage.files import FileVault
from storage.postgres.transaction import PostgresStorage
from tests.builders.books import Books
from tests.builders.companies import CompanyForTests
from tests.builders.remittance_files import Cas, Claim, Line

DEDUCTIBLE = Line(adjustments=(Cas("CO", "45", 2_000), Cas("PR", "1", 3_000)))
"""A line of 100.00: 20.00 written off, 30.00 the patient's, 50.00 paid."""


@pytest.fixture
async def books(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Books:
    """Two claims of one patient, who owes 30.00 on each."""
    books = await Books.open(storage, vault, company)
    for number in ("PCN0001", "PCN0002"):
        await books.claim(number)
    await books.pay(
        Claim(patient_control_number="PCN0001", lines=(DEDUCTIBLE,)),
        Claim(patient_control_number="PCN0002", lines=(DEDUCTIBLE,)),
    )
    return books
