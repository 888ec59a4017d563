"""One claim's book while remittances are posted to it, and what is to be written. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from services.claims.ledger.charges import booked_cents
from services.claims.remittances.denials import LineDenial
from services.claims.remittances.matching import payers_in_turn, reversed_by
from services.claims.remittances.outcomes import claim_outcome
from services.claims.remittances.settlement import (
    AdjudicationKind,
    ClaimUnderSettlement,
    LedgerKey,
    PostedAdjudication,
    PostedAdjustment,
    Settlement,
    settle,
)
from services.claims.x12.remittance_model import RemittanceClaim
from services.company_calendar import CompanyCalendar
from storage.tables.claims import Claim, ClaimLine, Payer
from storage.tables.ledger import (
    AdjudicationFields,
    AdjudicationLineFields,
    AdjustmentFields,
    LedgerFields,
)
from storage.tables.remittances import RemittanceException, RemittanceTransaction
from storage.vocabulary.claims import LEDGER_ACCOUNTS, AdjudicationOutcome, LedgerKind

REVERSAL = "22"


@dataclass(frozen=True)
class Source:
    """The transaction that a claim came in, the payer that sent it (None: not registered), and the
    company's calendar."""

    transaction: RemittanceTransaction
    payer: Payer | None
    calendar: CompanyCalendar

    @property
    def arrived_on(self) -> dt.date:
        """The company's day on which the transaction came."""
        return self.calendar.day_of(self.transaction.created_at)

    @cached_property
    def effective_on(self) -> dt.date:
        """The payment date, or else the day the transaction came."""
        return self.transaction.payment_date or self.arrived_on


@dataclass(frozen=True)
class Arrival:
    """One CLP to post: fresh from its transaction, or out of the queue of exceptions."""

    source: Source
    content: RemittanceClaim
    is_unreadable: bool = False
    exception: RemittanceException | None = None
    is_chosen: bool = False
    """A person named the claim, so a reversal may differ from its original in its adjustments."""

    @property
    def is_reversal(self) -> bool:
        """CLP02 22: takes an earlier decision back."""
        return self.content.status_code == REVERSAL

    @property
    def is_released(self) -> bool:
        """Two people decided to post it as received."""
        return self.exception is not None and self.exception.is_released

    @cached_property
    def outcome(self) -> AdjudicationOutcome:
        """What was decided about the claim."""
        return claim_outcome(self.content, self.source.effective_on)

    @cached_property
    def order_key(self) -> str:
        """Orders the decisions of one day, whichever file came first."""
        transaction = self.source.transaction
        content = transaction.content_sha256.hex()[:16]
        return f"{transaction.trace_number or ''}/{content}/{self.content.ordinal:07}"

    def decision(
        self,
        adjudication_id: UUID,
        payer_sequence: int,
        adjustments: tuple[PostedAdjustment, ...],
        *,
        reverses: UUID | None = None,
    ) -> PostedAdjudication:
        """What it decides, as a posted decision under an id."""
        return PostedAdjudication(
            id=adjudication_id,
            payer_sequence=payer_sequence,
            effective_on=self.source.effective_on,
            order_key=self.order_key,
            charge_cents=self.content.charge_cents,
            paid_cents=self.content.paid_cents,
            outcome=self.outcome,
            adjustments=adjustments,
            kind=AdjudicationKind.REVERSAL if self.is_reversal else AdjudicationKind.ADJUDICATION,
            reverses=reverses,
        )


@dataclass
class Book:
    """A claim, its lines, what was posted to it and what its ledger holds."""

    claim: Claim
    lines: Sequence[ClaimLine] = ()
    adjudications: list[PostedAdjudication] = field(default_factory=list)
    payer_claim_numbers: dict[UUID, str | None] = field(default_factory=dict)
    ledger: dict[LedgerKey, int] = field(default_factory=dict)
    forwarding: dict[UUID, int] = field(default_factory=dict)
    """Decisions that sent the claim on to the next payer, and the sequence of who sent it."""
    payer_claim_number: str | None = None
    last_adjudicated_on: dt.date | None = None
    settlement: Settlement | None = None

    @classmethod
    def open(cls, claim: Claim, lines: Sequence[ClaimLine]) -> Book:
        """The book of a claim to which nothing was posted yet."""
        return cls(
            claim,
            lines,
            payer_claim_number=claim.payer_claim_number,
            last_adjudicated_on=claim.last_adjudicated_on,
        )

    @property
    def under_settlement(self) -> ClaimUnderSettlement:
        """The claim as the rules of settlement see it.

        Who forwarded it says that one more payer is to come, even if the claim does not name it.
        """
        payer_count = len(payers_in_turn(self.claim))
        if self.forwarding:
            taken_back = {each.reverses for each in self.adjudications}
            further = [
                min(sequence + 1, 3)
                for decision_id, sequence in self.forwarding.items()
                if decision_id not in taken_back
            ]
            payer_count = max(payer_count, *further, 1)
        return ClaimUnderSettlement(
            self.claim.total_charge_cents, payer_count, booked_cents(self.claim)
        )

    def enter(self, adjudication: PostedAdjudication, payer_claim_number: str | None) -> None:
        """Put a decision among those that were posted."""
        self.adjudications.append(adjudication)
        self.payer_claim_numbers[adjudication.id] = payer_claim_number

    def reversed_by(self, arrival: Arrival, payer_sequence: int) -> PostedAdjudication | None:
        """The decision that a reversal of this payer takes back."""
        return reversed_by(
            arrival.content,
            payer_sequence,
            self.adjudications,
            self.payer_claim_numbers,
            is_chosen=arrival.is_chosen,
        )

    def counts(self, adjudication_id: UUID) -> bool:
        """Whether a posted decision counts: neither taken back, nor replaced."""
        return adjudication_id in settle(self.under_settlement, self.adjudications).in_effect


@dataclass(frozen=True)
class NewDenial:
    """A denial that one CLP brings, before it has a deadline."""

    line: LineDenial
    claim: Claim
    adjudication_id: UUID
    claim_line_id: UUID | None
    payer: Payer
    source: Source


@dataclass
class Writing:
    """What a chunk of arrivals appends, gathered so that each table takes one statement."""

    adjudications: dict[UUID, AdjudicationFields] = field(default_factory=dict)
    lines: list[AdjudicationLineFields] = field(default_factory=list)
    adjustments: dict[UUID, AdjustmentFields] = field(default_factory=dict)
    ledger: list[LedgerFields] = field(default_factory=list)
    denials: list[NewDenial] = field(default_factory=list)

    def move(
        self,
        kind: LedgerKind,
        amount_cents: int,
        source: Source,
        *,
        claim_id: UUID | None = None,
        adjudication_id: UUID | None = None,
        adjustment_id: UUID | None = None,
        exception_id: UUID | None = None,
        provider_adjustment_id: UUID | None = None,
    ) -> None:
        """Append a ledger entry of a transaction, unless nothing moves."""
        if amount_cents == 0:
            return
        debit, credit = LEDGER_ACCOUNTS[kind]
        self.ledger.append(
            LedgerFields(
                kind=kind,
                debit_account=debit,
                credit_account=credit,
                amount_cents=amount_cents,
                effective_on=source.effective_on,
                claim_id=claim_id,
                payer_id=source.transaction.payer_id,
                transaction_id=source.transaction.id,
                adjudication_id=adjudication_id,
                adjustment_id=adjustment_id,
                exception_id=exception_id,
                provider_adjustment_id=provider_adjustment_id,
            )
        )
