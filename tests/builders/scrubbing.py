"""Claims that the scrubber can look at whole, and code tables, in one line each."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.claims.claims import ClaimWithLines
from services.claims.drafts import NewLine
from services.claims.scrubbing.code_tables import NewCodeTable, load_code_table, read_code_file
from storage.postgres.transaction import PostgresStorage
from storage.tables.claims import Patient, Payer
from storage.tables.codes import CodeTable
from storage.vocabulary.claims import ClaimStatus
from storage.vocabulary.codes import CodeKind
from tests.builders.claims import SERVICE_DATE, make_payer, new_claim, save_claims
from tests.builders.companies import CompanyForTests
from tests.builders.parties import make_care_provider, make_coverage, make_known_patient

LONG_AGO = dt.date(2020, 1, 1)


@dataclass(frozen=True)
class Practice:
    """A company whose claims lack nothing: a payer, a patient it covers, and who bills."""

    storage: PostgresStorage
    company: CompanyForTests
    payer: Payer
    patient: Patient

    @classmethod
    async def open(
        cls, storage: PostgresStorage, company: CompanyForTests, *, filing_days: int = 3650
    ) -> "Practice":
        payer = await make_payer(storage, company, timely_filing_limit_days=filing_days)
        patient = await make_known_patient(storage, company)
        await make_coverage(storage, company, patient, payer)
        await make_care_provider(storage, company)
        return cls(storage, company, payer, patient)

    async def claims(
        self,
        count: int = 1,
        *,
        lines: Sequence[NewLine] | None = None,
        charges_cents: Sequence[int] = (10_000,),
        status: ClaimStatus = ClaimStatus.DRAFT,
        service_date: dt.date = SERVICE_DATE,
    ) -> list[ClaimWithLines]:
        """Claims for the same services."""
        draft = new_claim(
            self.patient,
            [self.payer],
            lines=lines,
            charges_cents=charges_cents,
            service_date=service_date,
        )
        return await save_claims(self.storage, self.company, [draft] * count, status=status)

    async def claim(
        self,
        *,
        lines: Sequence[NewLine] | None = None,
        charges_cents: Sequence[int] = (10_000,),
        status: ClaimStatus = ClaimStatus.DRAFT,
        service_date: dt.date = SERVICE_DATE,
    ) -> ClaimWithLines:
        """One claim that lacks nothing."""
        (made,) = await self.claims(
            lines=lines, charges_cents=charges_cents, status=status, service_date=service_date
        )
        return made

    async def load(
        self,
        kind: CodeKind,
        text: str,
        *,
        effective_from: dt.date = LONG_AGO,
        schedule: str | None = None,
        payer_id: UUID | None = None,
    ) -> CodeTable:
        """Load an edition of a code table."""
        new = NewCodeTable(
            kind=kind,
            edition="test",
            source="a test",
            effective_from=effective_from,
            schedule=schedule,
            payer_id=payer_id,
            file_name="test.csv",
        )
        file = read_code_file(lambda: [text.encode()])
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            table, _ = await load_code_table(store, new, file)
        return table
