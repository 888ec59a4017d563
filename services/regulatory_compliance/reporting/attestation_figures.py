"""Attestations that were signed in a period, counted by what they were at its end."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable

from services.regulatory_compliance.reporting.content import ReportedAttestations
from services.regulatory_compliance.reporting.periods import ReportPeriod
from services.regulatory_compliance.standing import History, attestation_states
from storage.vocabulary.compliance import AttestationStatus


def attestation_figures(
    histories: Iterable[History], period: ReportPeriod, known_at: dt.datetime
) -> ReportedAttestations:
    """By the signatures known at a time; one that held no more on the period's last day, because it
    or its evidence had run out, has expired."""
    counted: Counter[AttestationStatus] = Counter()
    for history in histories:
        states = attestation_states(history, known_at)
        for each in history.attestations:
            state = states.get(each.id)
            if state is None or not period.first <= each.signed_on <= period.last:
                continue
            until = min(each.valid_until or dt.date.max, each.evidence_until or dt.date.max)
            if state is AttestationStatus.ATTESTED and until < period.last:
                state = AttestationStatus.EXPIRED
            counted[state] += 1
    return ReportedAttestations(
        signed=counted.total(), **{each.value: counted[each] for each in AttestationStatus}
    )
