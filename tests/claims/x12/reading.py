"""Reads test files, one kind of event at a time."""

from __future__ import annotations

from services.claims.x12.remittance_model import (
    FATAL_ANOMALIES,
    Anomaly,
    AnomalyKind,
    ProviderAdjustment,
    RemittanceClaim,
    RemittanceEvent,
    TransactionEnd,
    TransactionHeader,
)
from services.claims.x12.remittance_reader import read_remittances
from tests.builders.remittance_files import (
    Claim,
    RemittanceFile,
)

PLAIN = RemittanceFile.of().render()


def events_of(data: bytes) -> list[RemittanceEvent]:
    return list(read_remittances([data]))


def anomalies_of(data: bytes) -> list[Anomaly]:
    return [event for event in events_of(data) if isinstance(event, Anomaly)]


def kinds_of(data: bytes) -> list[AnomalyKind]:
    return [anomaly.kind for anomaly in anomalies_of(data)]


def fatal_kinds_of(data: bytes) -> list[AnomalyKind]:
    return [kind for kind in kinds_of(data) if kind in FATAL_ANOMALIES]


def claims_of(data: bytes) -> list[RemittanceClaim]:
    return [event for event in events_of(data) if isinstance(event, RemittanceClaim)]


def headers_of(data: bytes) -> list[TransactionHeader]:
    return [event for event in events_of(data) if isinstance(event, TransactionHeader)]


def ends_of(data: bytes) -> list[TransactionEnd]:
    return [event for event in events_of(data) if isinstance(event, TransactionEnd)]


def provider_adjustments_of(data: bytes) -> list[ProviderAdjustment]:
    return [event for event in events_of(data) if isinstance(event, ProviderAdjustment)]


def edited(old: bytes, new: bytes, data: bytes = PLAIN) -> bytes:
    """The file with one text replaced, which must stand in it."""
    assert old in data
    return data.replace(old, new, 1)


def with_claim_segments(*segments: str) -> bytes:
    """A file of one claim without lines that holds these segments."""
    claim = Claim(lines=(), charge_cents=10_000, extra_segments=[s.split("*") for s in segments])
    return RemittanceFile.of(claims=[claim]).render()
