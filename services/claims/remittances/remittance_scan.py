"""Reading an 835 to its end before anything is done with it. Pure: bytes in, a summary out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

from services.claims.remittances.balancing import transaction_difference_cents
from services.claims.x12.remittance_model import (
    FATAL_ANOMALIES,
    Anomaly,
    AnomalyKind,
    TransactionEnd,
    TransactionHeader,
)
from services.claims.x12.remittance_reader import read_remittances
from services.refusals import Category, Refusal

MOST_ANOMALIES_KEPT = 1000
_LARGEST_SUM_CENTS = 10**18
"""Beyond what the records hold, and a hundred times all the money there is."""


@dataclass
class UnreadableRemittance(Refusal):
    """The file cannot be posted as an 835; nothing of it was kept."""

    category: ClassVar[Category] = Category.INVALID
    title: ClassVar[str] = "The file cannot be read as an 835"
    fault: str
    segment: int
    reason: str

    @property
    def detail(self) -> str:
        return f"At segment {self.segment}: {self.reason}. Nothing was posted."


@dataclass(frozen=True)
class ScannedTransaction:
    """One ST: what stands before its claims and what they sum to."""

    header: TransactionHeader
    end: TransactionEnd
    has_unreadable_payment: bool

    @property
    def difference_cents(self) -> int:
        """The third balance gate; 0 when the deposit balances."""
        return transaction_difference_cents(self.header, self.end)

    @property
    def key(self) -> bytes:
        """The hash of payer, trace, amount, date and payee: equal for the same payment."""
        header = self.header
        parts = (
            header.payer_trace_identifier,
            header.payer_identifier,
            header.payer_additional_identifier,
            header.trace_number,
            str(header.payment_cents),
            header.payment_date.isoformat() if header.payment_date is not None else None,
            header.payee_identifier,
            header.payee_tax_identifier,
        )
        digest = hashlib.sha256()
        for part in parts:
            text = b"" if part is None else b"=" + part.encode()
            digest.update(len(text).to_bytes(4, "big") + text)
        return digest.digest()


@dataclass
class Scan:
    """What a file holds, without its claims."""

    transactions: list[ScannedTransaction] = field(default_factory=list)
    anomalies: list[Anomaly] = field(default_factory=list)
    anomaly_count: int = 0

    @property
    def claim_count(self) -> int:
        """Claims in the whole file."""
        return sum(each.end.claim_count for each in self.transactions)


def scan(chunks: Iterable[bytes]) -> Scan:
    """Read a file to its end. Raises UnreadableRemittance at the first thing that keeps it out."""
    found = Scan()
    header: TransactionHeader | None = None
    unreadable_payments: set[int] = set()
    for event in read_remittances(chunks):
        match event:
            case Anomaly():
                _note(event, found, unreadable_payments)
            case TransactionHeader():
                header = event
            case TransactionEnd() if header is not None:
                _refuse_absurd_sums(event)
                unreadable = header.ordinal in unreadable_payments
                found.transactions.append(ScannedTransaction(header, event, unreadable))
                header = None
            case _:
                pass
    return found


def _refuse_absurd_sums(end: TransactionEnd) -> None:
    sums = (end.charge_cents, end.paid_cents, end.provider_adjustment_cents)
    if any(abs(cents) >= _LARGEST_SUM_CENTS for cents in sums):
        raise UnreadableRemittance(
            "absurd_amounts",
            end.position,
            "the amounts of the transaction that ends here cannot be",
        )


def _note(anomaly: Anomaly, found: Scan, unreadable_payments: set[int]) -> None:
    if anomaly.kind in FATAL_ANOMALIES:
        raise UnreadableRemittance(anomaly.kind, anomaly.position, anomaly.detail)
    found.anomaly_count += 1
    if len(found.anomalies) < MOST_ANOMALIES_KEPT:
        found.anomalies.append(anomaly)
    of_header = anomaly.claim is None and anomaly.transaction is not None
    if of_header and anomaly.kind is AnomalyKind.MALFORMED_AMOUNT:
        assert anomaly.transaction is not None
        unreadable_payments.add(anomaly.transaction)
