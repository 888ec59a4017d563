"""Third-party sample files and facts about them that no X12 library computed.

They lie beside the repository, in a folder of their own, and are not part of it; without it these
tests are skipped.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from services.claims.x12.remittance_model import (
    FATAL_ANOMALIES,
    Anomaly,
    AnomalyKind,
    FileEnd,
    ProviderAdjustment,
    RemittanceClaim,
    RemittanceEvent,
    TransactionEnd,
    TransactionHeader,
)
from services.claims.x12.remittance_reader import read_remittances
from services.claims.x12.tokenizer import Segment, tokenize

SAMPLES = Path(__file__).parents[4] / "shared" / "x12"
FACTS = SAMPLES / "expected_facts.json"
ENTRIES = json.loads(FACTS.read_text()) if FACTS.exists() else {}
REMITTANCES = sorted(name for name, facts in ENTRIES.items() if "tx" in facts)
OTHERS = sorted(name for name, facts in ENTRIES.items() if "tx" not in facts)

pytestmark = pytest.mark.skipif(not ENTRIES, reason="the shared samples are not here")


@dataclass
class ReadTransaction:
    header: TransactionHeader
    claims: list[RemittanceClaim]
    provider_adjustments: list[ProviderAdjustment]
    end: TransactionEnd


def events_of(name: str) -> list[RemittanceEvent]:
    return list(read_remittances([(SAMPLES / name).read_bytes()]))


def transactions_of(name: str) -> list[ReadTransaction]:
    found = []
    claims: list[RemittanceClaim] = []
    provider_adjustments: list[ProviderAdjustment] = []
    for event in events_of(name):
        if isinstance(event, TransactionHeader):
            header, claims, provider_adjustments = event, [], []
        elif isinstance(event, RemittanceClaim):
            claims.append(event)
        elif isinstance(event, ProviderAdjustment):
            provider_adjustments.append(event)
        elif isinstance(event, TransactionEnd):
            found.append(ReadTransaction(header, claims, provider_adjustments, event))
    return found


def cents(text: str) -> int:
    return int(Decimal(text) * 100)


def line_differences(claim: RemittanceClaim) -> list[int]:
    return [
        line.charge_cents - sum(a.amount_cents for a in line.adjustments) - line.paid_cents
        for line in claim.lines
    ]


def claim_difference(claim: RemittanceClaim) -> int:
    every = [*claim.adjustments, *(a for line in claim.lines for a in line.adjustments)]
    return claim.charge_cents - sum(a.amount_cents for a in every) - claim.paid_cents


@pytest.mark.parametrize("name", REMITTANCES)
def test_a_remittance_sample_agrees_with_its_facts(name: str) -> None:
    facts = ENTRIES[name]
    read = transactions_of(name)
    assert len(read) == len(facts["tx"])
    for transaction, expected in zip(read, facts["tx"], strict=True):
        header, end, claims = transaction.header, transaction.end, transaction.claims
        assert header.payment_cents == cents(expected["bpr02"])
        assert header.payment_method == expected["meth"]
        assert header.trace_number == expected["trn"]
        assert end.claim_count == len(claims) == expected["n"]
        assert end.line_count == sum(len(claim.lines) for claim in claims) == expected["lines"]
        assert end.charge_cents == cents(expected["chg"])
        assert end.paid_cents == cents(expected["paid"])
        assert {claim.status_code for claim in claims} == set(expected["statuses"])
        assert [
            [f"{plb.reason}:{plb.reference}", plb.amount_cents]
            for plb in transaction.provider_adjustments
        ] == [[code, cents(amount)] for code, amount in expected["plb"]]
        every = [a for c in claims for a in c.adjustments]
        every += [a for c in claims for line in c.lines for a in line.adjustments]
        assert {f"{a.group}-{a.reason}" for a in every} == set(expected["groups"])


@pytest.mark.parametrize("name", REMITTANCES)
def test_a_remittance_sample_is_out_of_balance_where_its_facts_say_so(name: str) -> None:
    for transaction, expected in zip(transactions_of(name), ENTRIES[name]["tx"], strict=True):
        claims, end = transaction.claims, transaction.end
        unbalanced = [
            [claim.patient_control_number, claim_difference(claim)]
            for claim in claims
            if claim_difference(claim)
        ]
        assert unbalanced == [[pcn, cents(d)] for pcn, d in expected["claims_unbalanced"]]
        assert len(unbalanced) == expected["n_unbal"]
        lines = [difference for claim in claims for difference in line_differences(claim)]
        assert sum(difference != 0 for difference in lines) == expected["line_unbal"]
        delta = end.paid_cents - end.provider_adjustment_cents - transaction.header.payment_cents
        assert delta == cents(expected["tx_delta"])


@pytest.mark.parametrize("name", REMITTANCES)
def test_a_remittance_sample_is_not_kept_out(name: str) -> None:
    kinds = {event.kind for event in events_of(name) if isinstance(event, Anomaly)}
    assert not kinds & FATAL_ANOMALIES
    assert AnomalyKind.WRONG_COUNT not in kinds
    assert (AnomalyKind.DELIMITER_MISMATCH in kinds) == ("-04-" in name)


@pytest.mark.parametrize("name", OTHERS)
def test_a_sample_of_another_type_is_kept_out_once(name: str) -> None:
    fatal = [e for e in events_of(name) if isinstance(e, Anomaly) and e.kind in FATAL_ANOMALIES]
    assert [anomaly.kind for anomaly in fatal] == [AnomalyKind.NOT_835]
    assert ENTRIES[name]["st"][0] in fatal[0].detail


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_every_sample_is_tokenized_whole(name: str) -> None:
    facts = ENTRIES[name]
    tokens = list(tokenize([(SAMPLES / name).read_bytes()]))
    segments = [token for token in tokens if isinstance(token, Segment)]
    assert len(segments) == len(tokens) == facts["segments"]
    assert [s.elements[1] for s in segments if s.elements[0] == "ST"] == facts["st"]
    assert segments[0].delimiters.component == facts["comp"]
    last = events_of(name)[-1]
    assert isinstance(last, FileEnd)
    assert (last.byte_count, last.segment_count) == (facts["bytes"], facts["segments"])
