"""Rules about what a claim has to say: patient, dates, corrections, duplicates, time. Pure."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator

from services.claims.x12.claim_model import (
    Claim,
    Frequency,
    InstitutionalClaim,
    Line,
    ProfessionalClaim,
)
from services.claims.x12.scrub_codes import diagnoses_of, lines_of, service_day
from services.claims.x12.scrub_findings import Finding, NoData
from services.claims.x12.scrub_tables import CodeStatus
from services.claims.x12.scrubbing import Rule, Severity, Subject

_REPLACES = frozenset({Frequency.CORRECTED, Frequency.VOID})
_REPEATS = frozenset({"59", "76", "77", "91", "XE", "XP", "XS", "XU"})
_INPATIENT = frozenset({"11", "12", "18", "21", "41"})
_SHORT_DAYS = 7


def _patient(subject: Subject) -> Iterator[Finding]:
    subscriber = subject.claim.subscriber
    for field in ("birth_date", "sex", "address"):
        if getattr(subscriber, field) is None:
            yield Finding(f"/subscriber/{field}", "absent, and the subscriber is the patient")


def _corrections(subject: Subject) -> Iterator[Finding]:
    if not (subject.claim.payer_claim_number or "").strip():
        yield Finding("/payer_claim_number", "absent in a claim that replaces or voids another")


def _originals(subject: Subject) -> Iterator[Finding]:
    if (subject.claim.payer_claim_number or "").strip():
        yield Finding("/payer_claim_number", "given in an original claim")


def _dates(claim: Claim) -> Iterator[tuple[str, dt.date]]:
    for number, line in enumerate(lines_of(claim)):
        for field in ("service_from", "service_to"):
            day = getattr(line, field)
            if day is not None:
                yield f"/lines/{number}/{field}", day
    fields = ("statement_from", "statement_to", "admitted_on", "discharged_on", "illness_began_on")
    for field in fields:
        day = getattr(claim, field, None)
        if day is not None:
            yield f"/{field}", day


def _days(subject: Subject) -> Iterator[Finding]:
    claim = subject.claim
    patient = claim.dependent or claim.subscriber
    for pointer, day in _dates(claim):
        if day > subject.today:
            yield Finding(pointer, f"{day} lies after today, {subject.today}")
        if patient.birth_date is not None and day < patient.birth_date:
            yield Finding(pointer, "lies before the patient's birth")


def _statement(subject: Subject) -> Iterator[Finding]:
    claim = subject.claim
    assert isinstance(claim, InstitutionalClaim)
    for number, line in enumerate(lines_of(claim)):
        for field in ("service_from", "service_to"):
            day = getattr(line, field)
            if day is not None and not claim.statement_from <= day <= claim.statement_to:
                yield Finding(f"/lines/{number}/{field}", "outside of the statement's period")


def _inpatient(subject: Subject) -> Iterator[Finding]:
    claim = subject.claim
    assert isinstance(claim, InstitutionalClaim)
    for field in ("admitted_on", "admission_type"):
        if getattr(claim, field) is None:
            yield Finding(f"/{field}", "absent in an inpatient claim")
    if claim.admitting_diagnosis is None:
        yield Finding("/admitting_diagnosis", "absent in an inpatient claim")


def _present_on_admission(subject: Subject) -> Iterator[Finding]:
    unreported = ("/admitting_diagnosis", "/visit_reasons")
    for pointer, diagnosis in diagnoses_of(subject.claim):
        if diagnosis.present_on_admission is None and not pointer.startswith(unreported):
            yield Finding(f"{pointer}/present_on_admission", "absent in an inpatient claim")


def _attending(subject: Subject) -> Iterator[Finding]:
    claim = subject.claim
    assert isinstance(claim, InstitutionalClaim)
    if claim.attending is None:
        yield Finding("/attending", "absent")


def _accident(subject: Subject) -> Iterator[Finding]:
    claim = subject.claim
    assert isinstance(claim, ProfessionalClaim)
    accident = claim.accident
    if accident is None:
        return
    if accident.happened_on is None:
        yield Finding("/accident/happened_on", "absent beside the cause")
    if "AA" in accident.causes and accident.state is None and accident.country is None:
        yield Finding("/accident/state", "absent for an automobile accident")


def _line_key(claim: Claim, line: Line) -> tuple[object, ...]:
    return (
        getattr(line, "revenue_code", None),
        line.procedure_code,
        tuple(sorted(line.modifiers)),
        service_day(claim, line),
        getattr(line, "place_of_service", None),
        line.rendering,
    )


def _repeated_lines(subject: Subject) -> Iterator[Finding]:
    claim = subject.claim
    first: dict[tuple[object, ...], int] = {}
    for number, line in enumerate(lines_of(claim)):
        if line.procedure_code is None or _REPEATS.intersection(line.modifiers):
            continue
        earlier = first.setdefault(_line_key(claim, line), number)
        if earlier != number:
            yield Finding(f"/lines/{number}", f"the same service as line {earlier + 1}")


def _control_numbers(subject: Subject) -> Iterator[Finding]:
    seen: set[str] = set()
    for number, line in enumerate(lines_of(subject.claim)):
        if line.control_number is None:
            yield Finding(f"/lines/{number}/control_number", "absent: a remittance cannot name it")
        elif line.control_number in seen:
            yield Finding(f"/lines/{number}/control_number", "used by a line before")
        else:
            seen.add(line.control_number)


def fingerprint(claim: Claim) -> str:
    """What two claims share that ask for the same money: provider, patient, services and days.

    A keyed or salted store is not needed where the fingerprints stay in memory; whoever keeps
    them seals them like the claim.
    """
    patient = claim.dependent or claim.subscriber
    lines = sorted(
        repr((line.procedure_code, sorted(line.modifiers), service_day(claim, line), line.units))
        for line in lines_of(claim)
    )
    parts = (
        claim.billing_provider.npi or claim.billing_provider.tax_identifier,
        claim.subscriber.member_id,
        repr(patient.name),
        str(patient.birth_date),
        str(claim.charge_cents),
        *lines,
    )
    digest = hashlib.sha256()
    for part in parts:
        text = part.encode()
        digest.update(len(text).to_bytes(4, "big") + text)
    return digest.hexdigest()


def _duplicates(subject: Subject) -> Iterator[Finding | NoData]:
    if subject.sent_before is None:
        yield NoData("", "the claims that went out before are not known")
    elif fingerprint(subject.claim) in subject.sent_before:
        yield Finding("", "another claim bills the same services: it went out, or is ready to")


def _timely(subject: Subject) -> Iterator[Finding | NoData]:
    deadline = subject.filing_deadline
    if deadline is None:
        yield NoData("", "the payer's filing deadline is not known")
    elif subject.today > deadline:
        yield Finding("", f"the payer took it until {deadline}")


def _timely_soon(subject: Subject) -> Iterator[Finding | NoData]:
    deadline = subject.filing_deadline
    if deadline is None:
        yield NoData("", "the payer's filing deadline is not known")
    elif 0 <= (deadline - subject.today).days <= _SHORT_DAYS:
        yield Finding("", f"the payer takes it until {deadline}")


def _authorization(subject: Subject) -> Iterator[Finding | NoData]:
    needed = subject.tables.needs_authorization
    if needed is None:
        yield NoData("/prior_authorization", "what the payer wants authorized is not known")
        return
    claim = subject.claim
    for number, line in enumerate(lines_of(claim)):
        pointer, day = f"/lines/{number}/procedure_code", service_day(claim, line)
        if not needed.covers(day):
            yield NoData(pointer, f"what the payer wants authorized is not known for {day}")
            continue
        has_one = claim.prior_authorization or getattr(line, "prior_authorization", None)
        if needed.status(line.procedure_code or "", day) is CodeStatus.VALID and not has_one:
            yield Finding(pointer, "the payer wants an authorization, and none is given")


def _is_of_subscriber(claim: Claim) -> bool:
    return claim.dependent is None


def _is_replacing(claim: Claim) -> bool:
    return claim.frequency in _REPLACES


def _is_original(claim: Claim) -> bool:
    return claim.frequency is Frequency.ORIGINAL


def _is_institutional(claim: Claim) -> bool:
    return isinstance(claim, InstitutionalClaim)


def _is_inpatient(claim: Claim) -> bool:
    return isinstance(claim, InstitutionalClaim) and claim.facility_type in _INPATIENT


def _has_accident(claim: Claim) -> bool:
    return isinstance(claim, ProfessionalClaim) and claim.accident is not None


CONTENT_RULES = (
    Rule(
        id="subscriber_is_patient",
        version=1,
        severity=Severity.ERROR,
        title="A subscriber who is the patient has birth date, sex and address",
        remedy="Complete the patient's record.",
        source="X12N 005010X222A1 and X223A2, 2010BA N3, N4 and DMG",
        check=_patient,
        applies_to=_is_of_subscriber,
    ),
    Rule(
        id="corrected_names_original",
        version=1,
        severity=Severity.ERROR,
        title="A corrected or void claim names the payer's claim number",
        remedy="Take the number from the remittance or the claim acknowledgement.",
        source="X12N 005010X222A1 and X223A2, 2300 REF*F8",
        check=_corrections,
        applies_to=_is_replacing,
    ),
    Rule(
        id="original_names_none",
        version=1,
        severity=Severity.WARNING,
        title="An original claim names no payer's claim number",
        remedy="Send it as a corrected claim, or leave the number out.",
        source="X12N 005010X222A1 and X223A2, 2300 REF*F8",
        check=_originals,
        applies_to=_is_original,
    ),
    Rule(
        id="dates",
        version=1,
        severity=Severity.ERROR,
        title="No date lies in the future or before the patient's birth",
        remedy="Correct the date, or wait until the service has been given.",
        source="own",
        check=_days,
    ),
    Rule(
        id="statement_period",
        version=1,
        severity=Severity.ERROR,
        title="Services lie within the statement's period",
        remedy="Correct the date of the line or the period.",
        source="X12N 005010X223A2, 2300 DTP*434",
        check=_statement,
        applies_to=_is_institutional,
    ),
    Rule(
        id="inpatient_admission",
        version=1,
        severity=Severity.ERROR,
        title="An inpatient claim says when, how and why the patient was admitted",
        remedy="Complete admission date, type and admitting diagnosis.",
        source="X12N 005010X223A2, 2300 DTP*435, CL101, HI*ABJ",
        check=_inpatient,
        applies_to=_is_inpatient,
    ),
    Rule(
        id="present_on_admission",
        version=1,
        severity=Severity.WARNING,
        title="Diagnoses of an inpatient claim say whether they were present on admission",
        remedy="Add the indicator, unless the code is exempt.",
        source="CMS present on admission reporting",
        check=_present_on_admission,
        applies_to=_is_inpatient,
    ),
    Rule(
        id="attending_provider",
        version=1,
        severity=Severity.ERROR,
        title="An institutional claim names the attending provider",
        remedy="Enter who was responsible for the patient's care.",
        source="X12N 005010X223A2, 2310A",
        check=_attending,
        applies_to=_is_institutional,
    ),
    Rule(
        id="accident",
        version=1,
        severity=Severity.ERROR,
        title="An accident has a date, and one by car a state",
        remedy="Ask the patient.",
        source="X12N 005010X222A1, CLM11 and DTP*439",
        check=_accident,
        applies_to=_has_accident,
    ),
    Rule(
        id="line_repeated",
        version=1,
        severity=Severity.ERROR,
        title="No line repeats another",
        remedy="Combine them by units, remove one, or add the modifier that says why it repeats.",
        source="CMS duplicate claim edits",
        check=_repeated_lines,
    ),
    Rule(
        id="line_control_numbers",
        version=1,
        severity=Severity.WARNING,
        title="Each line has a control number of its own",
        remedy="Let the program number the lines.",
        source="X12N 005010X222A1 and X223A2, 2400 REF*6R",
        check=_control_numbers,
    ),
    Rule(
        id="claim_repeated",
        version=2,
        severity=Severity.ERROR,
        title="No other claim bills the same services",
        remedy="Send a corrected claim, or void the other one.",
        source="CMS duplicate claim edits",
        check=_duplicates,
        applies_to=_is_original,
    ),
    Rule(
        id="timely_filing",
        version=1,
        severity=Severity.ERROR,
        title="The payer still takes the claim",
        remedy="Ask the payer for an exception with proof of an earlier filing.",
        source="42 CFR 424.44; payer contracts",
        check=_timely,
    ),
    Rule(
        id="timely_filing_close",
        version=1,
        severity=Severity.WARNING,
        title=f"More than {_SHORT_DAYS} days are left to file",
        remedy="Send the claim now.",
        source="42 CFR 424.44; payer contracts",
        check=_timely_soon,
    ),
    Rule(
        id="authorization",
        version=1,
        severity=Severity.ERROR,
        title="What needs an authorization has one",
        remedy="Enter the number, or ask the payer for one before sending.",
        source="the payer's list, loaded by the company",
        check=_authorization,
    ),
)
"""In the order in which they are shown."""
