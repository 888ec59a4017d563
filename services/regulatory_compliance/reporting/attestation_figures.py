"""Attestations that were signed in a period, counted by what they were at its end."""

import datetime as dt

from services.regulatory_compliance.reporting.content import ReportedAttestations
from services.regulatory_compliance.reporting.periods import ReportPeriod
from storage.interface import Store
from storage.standings import AttestationQuestion
from storage.vocabulary.compliance import AttestationStatus, Program


async def attestation_figures(
    store: Store, program: Program | None, period: ReportPeriod, known_at: dt.datetime
) -> ReportedAttestations:
    """By the signatures known at a time; one that held no more on the period's last day, because it
    or its evidence had run out, has expired."""
    counted = await store.standing_figures.attestations(
        AttestationQuestion(
            first=period.first, last=period.last, known_at=known_at, program=program
        )
    )
    return ReportedAttestations(
        signed=sum(counted.values()),
        **{each.value: counted.get(each, 0) for each in AttestationStatus},
    )
