"""Third-party acknowledgements and the kinds of all samples, against facts computed elsewhere.

They lie beside the repository, in a folder of their own, and are not part of it; without it these
tests are skipped.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from services.claims.x12.acknowledgement_decisions import (
    Outcome,
    claim_decision,
    set_decisions,
)
from services.claims.x12.acknowledgement_model import (
    AcknowledgementEvent,
    ClaimAcknowledgement,
    GroupAcknowledgement,
    PartyStatus,
    SetAcknowledgement,
)
from services.claims.x12.acknowledgement_reader import read_acknowledgements
from services.claims.x12.file_contents import contents_of
from services.claims.x12.file_model import FATAL_ANOMALIES, Anomaly
from tests.claims.x12.test_shared_samples import ENTRIES, SAMPLES

FUNCTIONAL = sorted(name for name, facts in ENTRIES.items() if "ak9" in facts)
CLAIM = sorted(name for name, facts in ENTRIES.items() if "stc" in facts)

pytestmark = pytest.mark.skipif(not ENTRIES, reason="the shared samples are not here")


def events_of(name: str) -> list[AcknowledgementEvent]:
    found = list(read_acknowledgements([(SAMPLES / name).read_bytes()]))
    assert not [e for e in found if isinstance(e, Anomaly) and e.kind in FATAL_ANOMALIES]
    return found


@pytest.mark.parametrize("name", FUNCTIONAL)
def test_a_functional_acknowledgement_agrees_with_its_facts(name: str) -> None:
    facts, events = ENTRIES[name], events_of(name)
    groups = [event for event in events if isinstance(event, GroupAcknowledgement)]
    sets = [event for event in events if isinstance(event, SetAcknowledgement)]
    assert [
        [g.functional_identifier, g.group_control_number, g.implementation] for g in groups
    ] == facts["ak1"]
    assert [
        [g.decision_code, str(g.included), str(g.received), str(g.accepted)] for g in groups
    ] == facts["ak9"]
    assert [each.decision_code for each in sets] == facts["ik5"]
    errors = [error for each in sets for error in each.segment_errors]
    assert [
        [e.segment_identifier, str(e.segment_position), e.loop_identifier or "", e.error_code]
        for e in errors
    ] == facts["ik3"]
    decisions = set_decisions(groups[0], sets, [each.set_control_number for each in sets])
    expected = {"A": Outcome.ACCEPTED, "R": Outcome.REJECTED}
    assert [each.outcome for each in decisions] == [expected[code] for code in facts["ik5"]]


@pytest.mark.parametrize("name", CLAIM)
def test_a_claim_acknowledgement_agrees_with_its_facts(name: str) -> None:
    facts, events = ENTRIES[name], events_of(name)
    answers = [e for e in events if isinstance(e, PartyStatus | ClaimAcknowledgement)]
    found = [
        [f"{code.category}:{code.status}", status.action, status.amount_cents]
        for answer in answers
        for status in answer.statuses
        for code in status.codes
    ]
    assert found == [
        [code, action, int(Decimal(amount) * 100)] for code, action, amount in facts["stc"]
    ]
    claims = [answer for answer in answers if isinstance(answer, ClaimAcknowledgement)]
    assert [claim.payer_claim_number for claim in claims] == facts["icn"]
    assert [claim.patient_control_number for claim in claims] == facts["trn2"][1:]
    assert {claim_decision(claim).standing.value for claim in claims} == {"accepted"}


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_every_sample_is_told_for_what_its_name_says(name: str) -> None:
    expected = {"837p": "837P", "837i": "837I", "277ca": "277CA"}
    prefix = name.partition("-")[0]
    assert contents_of([(SAMPLES / name).read_bytes()]).kinds == (expected.get(prefix, prefix),)
