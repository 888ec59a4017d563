"""Counts of a company's compliance over a range of days, by where things stood at its end."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence

import msgspec

from services.company_calendar import company_calendar
from services.refusals import Fault, InvalidParameter
from services.regulatory_compliance.reporting.attestation_figures import attestation_figures
from services.regulatory_compliance.reporting.audit_figures import audit_figures, audit_records
from services.regulatory_compliance.reporting.content import ReportedAttestations, ReportedAudits
from services.regulatory_compliance.reporting.measuring import (
    Measured,
    Rate,
    measured,
    rate_of,
)
from services.regulatory_compliance.reporting.mips_figures import MipsFigures, mips_figures
from services.regulatory_compliance.reporting.periods import ReportPeriod
from services.regulatory_compliance.reporting.risk_figures import RiskFigures, risk_figures
from storage.interface import Store
from storage.vocabulary.compliance import Program, RequirementStatus


class RequirementFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Requirements that were in use on the range's last day, by where they stood on it."""

    total: int
    statuses: dict[RequirementStatus, int]
    overdue: int
    rate: Rate


class ComplianceStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """``known_at`` is up to when records count: the end of the range, or now."""

    first: dt.date
    last: dt.date
    known_at: dt.datetime
    requirements: RequirementFigures
    by_program: dict[Program, RequirementFigures]
    attestations: ReportedAttestations
    audits: ReportedAudits
    risk_assessments: RiskFigures
    mips: MipsFigures


async def compliance_statistics(
    store: Store, *, first: dt.date | None, last: dt.date | None, program: Program | None
) -> ComplianceStatistics:
    """Figures of a range (the year up to its end, and up to today, where it is left open).

    A constant number of statements. Raises InvalidParameter.
    """
    calendar = await company_calendar(store)
    last = last or calendar.day_of(store.now)
    first = first or last.replace(month=1, day=1)
    if first > last:
        raise InvalidParameter([Fault("/first", "lies after last")])
    known_at = min(calendar.end_of(last), store.now)
    rows = await measured(store, program, on=last, known_at=known_at)
    audits = await audit_records(store, program, on=last, known_at=known_at)
    period = ReportPeriod(first, last)
    programs = sorted({each.requirement.program for each in rows})
    return ComplianceStatistics(
        first=first,
        last=last,
        known_at=known_at,
        requirements=_figures(rows),
        by_program={
            name: _figures([each for each in rows if each.requirement.program is name])
            for name in programs
        },
        attestations=await attestation_figures(store, program, period, known_at),
        audits=audit_figures(audits, period),
        risk_assessments=await risk_figures(store, period, known_at),
        mips=await mips_figures(store, period, known_at),
    )


def _figures(rows: Sequence[Measured]) -> RequirementFigures:
    counted = Counter(each.standing.status for each in rows)
    return RequirementFigures(
        total=len(rows),
        statuses={each: counted[each] for each in RequirementStatus},
        overdue=sum(each.is_overdue for each in rows),
        rate=rate_of(rows),
    )
