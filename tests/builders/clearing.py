"""A company that sends claims through a partner, and what the partner does with them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from services.claims.clearing.acknowledgement_scan import scan_acknowledgements
from services.claims.clearing.acknowledgements import (
    ReceivedAcknowledgement,
    new_file,
    receive_acknowledgement,
)
from services.claims.clearing.delivery import ClaimFileCarrier
from services.claims.clearing.drop_folder import DropDirectory, DropFolderCarrier, line_of
from services.claims.clearing.partners import (
    NewTradingPartner,
    PartnerPayers,
    create_partner,
    set_partner_payers,
)
from services.claims.clearing.preparing import prepare_file
from services.claims.clearing.sending import (
    Cancellation,
    ClaimFileOutcome,
    NewClaimFile,
    cancel_claim_file,
    create_claim_file,
)
from services.files.keeping import Bytes, written
from services.outbox.delivering import deliver_due
from storage.files import FileVault
from storage.filters import (
    ClaimFileFilter,
    FiledClaimFilter,
    LedgerFilter,
    WaitingAcknowledgementFilter,
)
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage
from storage.tables.billing_facts import InstitutionalFacts
from storage.tables.claims import Claim, Patient, Payer
from storage.tables.clearing import (
    AcknowledgementFile,
    ClaimFile,
    FiledClaim,
    TradingPartner,
    WaitingAcknowledgement,
)
from storage.vocabulary.claims import ClaimStatus, ClaimType
from storage.vocabulary.clearing import ClaimFileKind, Delivery, WaitingStatus
from storage.vocabulary.outbox import Channel
from storage.vocabulary.parties import PartyKind
from tests.builders import remittance_files
from tests.builders.books import Books
from tests.builders.claims import (
    SERVICE_DATE,
    make_claims,
    make_payer,
    new_claim,
    new_line,
    save_claims,
)
from tests.builders.companies import CompanyForTests
from tests.builders.parties import make_care_provider, make_coverage, make_known_patient

SYSTEM = Actor(SYSTEM_ACTOR_ID, new_id())
STAY_LINE = new_line().model_copy(update={"revenue_code": "0510"})
STAY = InstitutionalFacts(
    facility_code="11",
    statement_from=SERVICE_DATE,
    statement_to=SERVICE_DATE + dt.timedelta(days=2),
    patient_status="01",
    admission_type="1",
    admission_source="1",
)


def new_partner(name: str = "Lakes", **changes: object) -> NewTradingPartner:
    """A partner with a drop folder."""
    given: dict[str, object] = {
        "name": name,
        "delivery": Delivery.DROP_FOLDER,
        "sender_identifier": "RIVERBEND",
        "receiver_identifier": "LAKESCLEAR",
        "application_sender": "RIVERBEND",
        "application_receiver": "LAKESCLEAR",
        "submitter_name": "Riverbend Clinic",
        "submitter_identifier": "RIVERBEND",
        "contact_name": "Ada Okafor",
        "contact_telephone": "2185550134",
        "receiver_name": "Lakes Clearinghouse",
        "receiver_identifier_code": "LAKESCLEAR",
    }
    return NewTradingPartner.model_validate(given | changes)


@dataclass
class Desk:
    """What a test does with files of claims, in one line each."""

    storage: PostgresStorage
    company: CompanyForTests
    vault: FileVault
    folder: Path
    patient: Patient
    payer: Payer
    partner: TradingPartner
    files_heard: int = 0

    @classmethod
    async def open(
        cls,
        storage: PostgresStorage,
        company: CompanyForTests,
        vault: FileVault,
        folder: Path,
        partner: NewTradingPartner | None = None,
    ) -> "Desk":
        """A company whose claims on one payer can go out, through one partner."""
        payer = await make_payer(storage, company, identifier="87726")
        patient = await make_known_patient(storage, company)
        await make_care_provider(storage, company)
        await make_coverage(storage, company, patient, payer)
        async with storage.transaction(company.id, company.actor) as store:
            made = await create_partner(store, partner or new_partner())
            made = await set_partner_payers(
                store, made.id, PartnerPayers(payer_ids=[payer.id]), expected_version=made.version
            )
        folder.mkdir(exist_ok=True)  # noqa: ASYNC240 -- a test
        return cls(storage, company, vault, folder, patient, payer, made)

    async def beside(self, name: str) -> "Desk":
        """The same company with another partner; the payer's claims go through either."""
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            made = await create_partner(store, new_partner(name))
            self.partner = await set_partner_payers(
                store,
                self.partner.id,
                PartnerPayers(payer_ids=[]),
                expected_version=self.partner.version,
            )
        return replace(self, partner=made)

    async def next_payer(self, identifier: str = "60054") -> Payer:
        """Another payer of the patient, whose claims go through the same partner."""
        payer = await make_payer(self.storage, self.company, identifier=identifier)
        await make_coverage(self.storage, self.company, self.patient, payer)
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            routed = PartnerPayers(payer_ids=[self.payer.id, payer.id])
            self.partner = await set_partner_payers(
                store, self.partner.id, routed, expected_version=self.partner.version
            )
        return payer

    async def decide(
        self,
        *claims: Claim,
        lines: Sequence[remittance_files.Line],
        payer: Payer | None = None,
        status_code: str = "1",
        takes_back: bool = False,
    ) -> None:
        """Post a payer's decision about each of these claims, or that it takes it back: the same
        lines for all."""
        books = Books(
            self.storage,
            self.vault,
            self.company,
            self.patient,
            files_sent=self.files_heard,  # no trace number twice
            payers=[payer or self.payer],
        )
        self.files_heard += 1
        decisions = [
            remittance_files.Claim(
                patient_control_number=claim.patient_control_number,
                lines=lines,
                status_code=status_code,
            )
            for claim in claims
        ]
        await books.pay(*[each.reversed() if takes_back else each for each in decisions])

    async def ready_claims(
        self, count: int, *, charge_cents: int = 10_000, payers: Sequence[Payer] = ()
    ) -> list[Claim]:
        """Claims that wait to be sent, on the one payer or these in turn."""
        made = await make_claims(
            self.storage,
            self.company,
            count,
            charges_cents=[charge_cents],
            payers=payers or [self.payer],
            patient=self.patient,
            status=ClaimStatus.READY_TO_SUBMIT,
        )
        return [each.claim for each in made]

    async def ready_stays(self, count: int, *, payers: Sequence[Payer] = ()) -> list[Claim]:
        """Institutional claims that wait to be sent."""
        await make_care_provider(
            self.storage,
            self.company,
            identifier="DR-LIND",
            kind=PartyKind.PERSON,
            name="Lind",
            tax_digits=None,
        )
        drafted = new_claim(
            self.patient, payers or [self.payer], lines=[STAY_LINE], type=ClaimType.INSTITUTIONAL
        )
        stay = drafted.model_copy(
            update={
                "rendering_provider_id": "DR-LIND",
                "admission_date": drafted.service_date,
                "institutional": STAY,
            }
        )
        made = await save_claims(
            self.storage, self.company, [stay] * count, status=ClaimStatus.READY_TO_SUBMIT
        )
        return [each.claim for each in made]

    async def ask(self, **asked: object) -> ClaimFileOutcome:
        """Ask for a file: of all ready claims unless it says otherwise."""
        new = NewClaimFile.model_validate({"partner_id": str(self.partner.id)} | asked)
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            return await create_claim_file(store, new)

    async def prepare(self, file: ClaimFile) -> ClaimFile:
        """Do the job that writes a file."""
        await prepare_file(self.storage, self.vault, self.company.id, SYSTEM, file.id)
        return await self.look_at(file)

    async def deliver(self) -> None:
        """Do the job that puts files into the partner's drop folder."""
        carrier = DropFolderCarrier(DropDirectory(self.folder), self.vault)
        await deliver_due(
            self.storage,
            {Channel.DROP_FOLDER: ClaimFileCarrier(carrier)},
            self.company.id,
            SYSTEM,
            line=line_of(self.partner.id),
            channel=Channel.DROP_FOLDER,
        )

    async def send(
        self, *claims: Claim, kind: ClaimFileKind = ClaimFileKind.PROFESSIONAL
    ) -> ClaimFile:
        """A file of these claims, delivered."""
        asked = await self.ask(claim_ids=[str(claim.id) for claim in claims], kind=kind)
        await self.prepare(asked.file)
        await self.deliver()
        return await self.look_at(asked.file)

    async def cancel(self, file: ClaimFile, *, is_known_not_to_have_arrived: bool = False) -> None:
        cancellation = Cancellation(
            reason="A mistake", is_known_not_to_have_arrived=is_known_not_to_have_arrived
        )
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            await cancel_claim_file(store, file.id, cancellation, expected_version=file.version)

    async def hear(self, content: bytes, *, partner_id: UUID | None = None) -> AcknowledgementFile:
        """A file of answers, handed in."""
        received, _ = await self.hear_again(content, partner_id=partner_id)
        return received

    async def hear_again(
        self, content: bytes, *, partner_id: UUID | None = None
    ) -> tuple[AcknowledgementFile, bool]:
        """The same, and whether it was new."""
        new = new_file("answers.x12")
        async with (
            written(self.storage, self.vault, self.company.id, SYSTEM, new, Bytes(content)) as file,
            self.storage.transaction(self.company.id, self.company.actor) as store,
        ):
            received = ReceivedAcknowledgement(file, scan_acknowledgements([content]), partner_id)
            return await receive_acknowledgement(store, self.vault, received)

    async def waiting(self) -> list[WaitingAcknowledgement]:
        """The queue of answers."""
        open_ones = WaitingAcknowledgementFilter(status=WaitingStatus.OPEN)
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            return await store.waiting_acknowledgements.all(open_ones)

    async def look_at(self, file: ClaimFile) -> ClaimFile:
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            return await store.claim_files.get(file.id)

    async def only_file(self) -> ClaimFile:
        """The one file that there is."""
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            (file,) = await store.claim_files.all(ClaimFileFilter())
        return file

    async def filed(self, file: ClaimFile) -> list[FiledClaim]:
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            return await store.filed_claims.all(FiledClaimFilter(claim_file_id=file.id))

    async def claim(self, claim: Claim) -> Claim:
        """A claim as it stands now."""
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            return await store.claims.get(claim.id)

    async def statuses(self, *claims: Claim) -> list[ClaimStatus]:
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            found = {
                each.id: each.status
                for each in await store.claims.get_many([claim.id for claim in claims])
            }
        return [found[claim.id] for claim in claims]

    async def charge_in_ledger(self, claim: Claim) -> int:
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            entries = await store.ledger_entries.all(LedgerFilter(claim_id=claim.id))
        return sum(entry.amount_cents for entry in entries)

    @property
    def outbound(self) -> dict[str, bytes]:
        """What lies in the drop folder for the partner."""
        folder = DropDirectory(self.folder).of(self.company.id, self.partner.id).outbound
        return {each.name: each.read_bytes() for each in folder.glob("*")}
