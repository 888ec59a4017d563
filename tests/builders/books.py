"""One company's books to test with: payers and claims with chosen numbers, files posted to them.

Claims and their charge are written as rows, so that a test chooses the control numbers; all that
arrives afterwards goes through the product's own receiving and posting.
"""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from services.claims.remittances.receiving import ReceivedFile, new_file, receive
from services.claims.remittances.remittance_scan import scan
from services.claims.remittances.remittances import post_remittance
from services.files.keeping import Bytes, written
from storage.files import FileVault
from storage.filters import (
    AdjudicationFilter,
    ByAdjudication,
    ClaimFilter,
    DenialFilter,
    LedgerFilter,
    ProviderAdjustmentFilter,
    RemittanceExceptionFilter,
    RemittanceTransactionFilter,
)
from storage.interface import Store
from storage.postgres.transaction import PostgresStorage
from storage.tables.claims import Claim as ClaimRow
from storage.tables.claims import ClaimFields, ClaimLineFields, Patient, Payer, PayerFields
from storage.tables.ledger import (
    Adjudication,
    AdjudicationAdjustment,
    Denial,
    LedgerEntry,
    LedgerFields,
    ProviderAdjustmentItem,
)
from storage.tables.remittances import (
    Remittance,
    RemittanceException,
    RemittanceTransaction,
)
from storage.vocabulary.claims import (
    LEDGER_ACCOUNTS,
    AdjudicationStatus,
    ClaimStatus,
    ClaimType,
    ExceptionStatus,
    LedgerAccount,
    LedgerKind,
    PayerType,
)
from tests.builders.claims import make_patient
from tests.builders.companies import CompanyForTests
from tests.builders.remittance_files import Claim, Plb, RemittanceFile, Transaction

SERVICE_DATE = dt.date(2025, 3, 3)
SUBMITTED_ON = dt.date(2025, 3, 4)


class Balances(NamedTuple):
    """What a claim's own columns say, in cents."""

    payments: int
    write_offs: int
    patient: int
    insurance: int


@dataclass
class Books:
    """A company's claims and what payers send about them."""

    storage: PostgresStorage
    vault: FileVault
    company: CompanyForTests
    patient: Patient
    files_sent: int = 0
    payers: list[Payer] = field(default_factory=list)

    @classmethod
    async def open(
        cls,
        storage: PostgresStorage,
        vault: FileVault,
        company: CompanyForTests,
        *,
        payers: int = 1,
    ) -> "Books":
        """Books with a patient and some payers: the first is the one that the files come from
        unless they say otherwise."""
        books = cls(storage, vault, company, await make_patient(storage, company))
        for at in range(payers):
            await books.payer(f"{99_999 - at}", trace_identifier=f"{1_999_999_999 - at}")
        return books

    async def payer(
        self,
        identifier: str,
        *,
        trace_identifier: str | None = None,
        type: PayerType = PayerType.COMMERCIAL,  # noqa: A002 -- the field's name
    ) -> Payer:
        async with self._transaction() as store:
            payer = await store.payers.create(
                PayerFields(
                    name=f"Payer {identifier}",
                    payer_identifier=identifier,
                    remittance_identifier=trace_identifier,
                    type=type,
                )
            )
        self.payers.append(payer)
        return payer

    async def claim(
        self,
        number: str = "PCN0001",
        *,
        charges: Sequence[int] = (10_000,),
        payers: Sequence[Payer] = (),
        status: ClaimStatus = ClaimStatus.SUBMITTED,
        payer_claim_number: str | None = None,
    ) -> UUID:
        """A claim with one line a charge, submitted unless ``status`` says otherwise."""
        fields = self.claim_fields(
            number,
            charge_cents=sum(charges),
            payers=payers,
            status=status,
            payer_claim_number=payer_claim_number,
        )
        (claim_id,) = await self.claims([(fields, charges)])
        return claim_id

    def claim_fields(
        self,
        number: str,
        *,
        charge_cents: int,
        payers: Sequence[Payer] = (),
        status: ClaimStatus = ClaimStatus.SUBMITTED,
        payer_claim_number: str | None = None,
    ) -> ClaimFields:
        """The row of a claim of the books' patient."""
        turn = [payer.id for payer in payers or self.payers[:1]]
        is_out = status in (ClaimStatus.SUBMITTED, ClaimStatus.ACCEPTED)
        return ClaimFields(
            claim_number=f"C-{number}",
            patient_control_number=number,
            payer_claim_number=payer_claim_number,
            type=ClaimType.PROFESSIONAL,
            status=status,
            patient_id=self.patient.id,
            patient_name_key=self.patient.name_key,
            subscriber_id="MEM0001",
            rendering_provider_id="1234567893",
            billing_provider_id="1234567893",
            primary_payer_id=turn[0],
            secondary_payer_id=turn[1] if len(turn) > 1 else None,
            tertiary_payer_id=turn[2] if len(turn) > 2 else None,
            service_date=SERVICE_DATE,
            diagnosis_codes=["A"],
            submitted_at=dt.datetime.combine(SUBMITTED_ON, dt.time(), dt.UTC) if is_out else None,
            total_charge_cents=charge_cents,
            insurance_balance_cents=charge_cents if is_out else 0,
        )

    async def claims(self, claims: Sequence[tuple[ClaimFields, Sequence[int]]]) -> list[UUID]:
        """Many claims at once, each with a line a charge; the charges of those that are out are
        in the ledger."""
        debit, credit = LEDGER_ACCOUNTS[LedgerKind.CHARGE]
        rows = [fields for fields, _ in claims]
        async with self._transaction() as store:
            ids = await store.claims.create_many(rows)
            await store.claim_lines.create_many(
                [
                    ClaimLineFields(
                        claim_id=claim_id,
                        line_number=at,
                        line_control_number=f"{fields.patient_control_number}-{at}"[:30],
                        service_date=SERVICE_DATE,
                        procedure_code="99213",
                        modifiers=[],
                        diagnosis_codes=["A"],
                        charge_cents=charge,
                        place_of_service="11",
                    )
                    for claim_id, (fields, charges) in zip(ids, claims, strict=True)
                    for at, charge in enumerate(charges, start=1)
                ]
            )
            await store.ledger_entries.create_many(
                [
                    LedgerFields(
                        kind=LedgerKind.CHARGE,
                        debit_account=debit,
                        credit_account=credit,
                        amount_cents=row.total_charge_cents,
                        effective_on=SUBMITTED_ON,
                        claim_id=claim_id,
                    )
                    for claim_id, row in zip(ids, rows, strict=True)
                    if row.submitted_at is not None
                ]
            )
        return ids

    def transaction(
        self,
        *claims: Claim,
        payer: Payer | None = None,
        plb: Sequence[Plb] = (),
        payment_date: dt.date = dt.date(2025, 3, 31),
        payment_cents: int | None = None,
        trace: str | None = None,
    ) -> Transaction:
        """An ST of a payer (the first one's) with a trace of its own unless one is given."""
        self.files_sent += 1
        payer = payer or self.payers[0]
        return Transaction(
            claims=claims,
            provider_adjustments=plb,
            payment_date=payment_date,
            payment_cents=payment_cents,
            trace_number=trace or f"EFT{self.files_sent:05}",
            payer_identifier=payer.payer_identifier,
            payer_trace_identifier=payer.remittance_identifier or payer.payer_identifier,
        )

    async def pay(
        self, *claims: Claim, payer: Payer | None = None, plb: Sequence[Plb] = ()
    ) -> RemittanceTransaction:
        """Post a file of one ST with these claims; returns what became of the ST."""
        (posted,) = await self.post(self.transaction(*claims, payer=payer, plb=plb))
        return posted

    async def post(self, *transactions: Transaction) -> list[RemittanceTransaction]:
        """Receive and post one file of these STs; returns what became of each."""
        return await self.post_file(RemittanceFile(transactions=transactions).render())

    async def post_file(self, content: bytes) -> list[RemittanceTransaction]:
        """Receive and post the bytes of a file; returns what became of each ST."""
        remittance_id = await self.receive(content)
        await self.resume(remittance_id)
        return await self.transactions_of(remittance_id)

    async def receive(self, content: bytes) -> UUID:
        """Put a file on record without posting it."""
        remittance, _ = await self.received(content)
        return remittance.id

    async def received(self, content: bytes, name: str = "test.835") -> tuple[Remittance, bool]:
        """The remittance that a file is, and whether it is new."""
        company, new, held = self.company, new_file(name), Bytes(content)
        async with (
            written(self.storage, self.vault, company.id, company.actor, new, held) as file,
            self._transaction() as store,
        ):
            return await receive(store, ReceivedFile(file, scan([content])))

    async def resume(self, remittance_id: UUID) -> None:
        """Post what is left of a file."""
        actor = self.company.actor
        await post_remittance(self.storage, self.vault, self.company.id, actor, remittance_id)

    async def transactions_of(self, remittance_id: UUID) -> list[RemittanceTransaction]:
        """The STs of a file, in its order."""
        async with self._transaction() as store:
            found = await store.remittance_transactions.all(
                RemittanceTransactionFilter(remittance_id=remittance_id)
            )
        return sorted(found, key=lambda each: each.ordinal)

    async def row(self, number: str = "PCN0001") -> ClaimRow:
        """The claim with this control number."""
        async with self._transaction() as store:
            (claim,) = await store.claims.all(ClaimFilter(patient_control_number=number))
        return claim

    async def balances(self, number: str = "PCN0001") -> Balances:
        """What the claim's columns say."""
        return balances_of(await self.row(number))

    async def status(self, number: str = "PCN0001") -> AdjudicationStatus:
        """What the payers have decided about the claim."""
        return (await self.row(number)).adjudication_status

    async def exceptions(
        self, status: ExceptionStatus | None = ExceptionStatus.OPEN
    ) -> list[RemittanceException]:
        """The queue, oldest first; with None all that were ever in it."""
        async with self._transaction() as store:
            return await store.remittance_exceptions.all(RemittanceExceptionFilter(status=status))

    async def denials(self) -> list[Denial]:
        """Every denial, oldest first."""
        async with self._transaction() as store:
            return await store.denials.all(DenialFilter())

    async def ledger(self) -> list[LedgerEntry]:
        """Every entry, oldest first."""
        async with self._transaction() as store:
            return await store.ledger_entries.all(LedgerFilter())

    async def adjudications(self) -> list[Adjudication]:
        """Every decision and reversal, oldest first."""
        async with self._transaction() as store:
            return await store.adjudications.all(AdjudicationFilter())

    async def adjustments(self) -> list[AdjudicationAdjustment]:
        """Every adjustment of every decision."""
        async with self._transaction() as store:
            return await store.adjudication_adjustments.all(ByAdjudication())

    async def provider_adjustments(self) -> list[ProviderAdjustmentItem]:
        """Every PLB amount, oldest first."""
        async with self._transaction() as store:
            return await store.provider_adjustments.all(ProviderAdjustmentFilter())

    async def account(self, account: LedgerAccount) -> int:
        """Debits less credits of an account, in cents."""
        return accounts(await self.ledger())[account]

    async def unapplied_cash(self) -> int:
        """What was received and belongs to no claim yet."""
        return -await self.account(LedgerAccount.UNAPPLIED_CASH)

    async def assert_sound(self) -> None:
        """Every claim equals its ledger and every posted ST is cleared to the cent."""
        async with self._transaction() as store:
            assert await store.ledger_figures.claims_that_differ(limit=10) == []
            assert await store.ledger_figures.transactions_not_cleared(limit=10) == []
            transactions = await store.remittance_transactions.all(RemittanceTransactionFilter())
            entries = await store.ledger_entries.all(LedgerFilter())
            claims = await store.claims.all(ClaimFilter())
        clearing: Counter[UUID | None] = Counter()
        by_claim: Counter[tuple[UUID | None, LedgerKind]] = Counter()
        for entry in entries:
            debit, credit = LEDGER_ACCOUNTS[entry.kind]
            assert (entry.debit_account, entry.credit_account) == (debit, credit)
            by_claim[entry.claim_id, entry.kind] += entry.amount_cents
            if debit is LedgerAccount.DEPOSIT_CLEARING:
                clearing[entry.transaction_id] += entry.amount_cents
            if credit is LedgerAccount.DEPOSIT_CLEARING:
                clearing[entry.transaction_id] -= entry.amount_cents
        posted = {each.id for each in transactions if each.posted_at is not None}
        assert not any(clearing.values())
        assert {each for each in clearing if each is not None} <= posted
        for claim in claims:
            stands = Balances(
                by_claim[claim.id, LedgerKind.PAYMENT],
                by_claim[claim.id, LedgerKind.WRITE_OFF],
                by_claim[claim.id, LedgerKind.PATIENT_TRANSFER]
                - by_claim[claim.id, LedgerKind.PATIENT_PAYMENT]
                - by_claim[claim.id, LedgerKind.PATIENT_WRITE_OFF],
                by_claim[claim.id, LedgerKind.CHARGE]
                - by_claim[claim.id, LedgerKind.PAYMENT]
                - by_claim[claim.id, LedgerKind.WRITE_OFF]
                - by_claim[claim.id, LedgerKind.PATIENT_TRANSFER]
                - by_claim[claim.id, LedgerKind.INSURANCE_WRITE_OFF]
                + by_claim[claim.id, LedgerKind.PAYER_REFUND]
                - by_claim[claim.id, LedgerKind.PAYER_REFUND_BOOKED],
            )
            assert balances_of(claim) == stands

    def _transaction(self) -> AbstractAsyncContextManager[Store]:
        return self.storage.transaction(self.company.id, self.company.actor)


def balances_of(claim: ClaimRow) -> Balances:
    """The balances that a claim's columns hold."""
    return Balances(
        claim.payment_cents,
        claim.write_off_cents,
        claim.patient_balance_cents,
        claim.insurance_balance_cents,
    )


def accounts(entries: Sequence[LedgerEntry]) -> Counter[LedgerAccount]:
    """Debits less credits of each account."""
    found: Counter[LedgerAccount] = Counter()
    for entry in entries:
        found[entry.debit_account] += entry.amount_cents
        found[entry.credit_account] -= entry.amount_cents
    return found
