"""Rules about codes: format, validity on the day of service, pointers, pairs. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from services.claims.x12.claim_model import (
    Claim,
    Diagnosis,
    InstitutionalClaim,
    Line,
    ProfessionalClaim,
)
from services.claims.x12.scrub_findings import Finding, NoData
from services.claims.x12.scrub_tables import PLACES_OF_SERVICE, CodeStatus, in_set, verdict
from services.claims.x12.scrubbing import Rule, Severity, Subject

_ICD10 = re.compile(r"[A-Z][0-9A][0-9A-Z](\.?[0-9A-Z]{1,4})?", re.ASCII)
_HCPCS = re.compile(r"[0-9A-Z]{4}[0-9A-Z]", re.ASCII)
_MODIFIER = re.compile(r"[0-9A-Z]{2}", re.ASCII)
_REVENUE = re.compile(r"[0-9]{4}", re.ASCII)
_NDC = re.compile(r"[0-9]{11}", re.ASCII)
_EXCLUDING_MODIFIERS = (frozenset({"26", "TC"}), frozenset({"50", "RT"}), frozenset({"50", "LT"}))


def lines_of(claim: Claim) -> Sequence[Line]:
    """The lines of a claim of either kind."""
    return claim.lines


def service_day(claim: Claim, line: Line | None = None) -> dt.date:
    """The day by which codes are judged: of the line, else the first of the claim."""
    if line is not None and line.service_from is not None:
        return line.service_from
    if isinstance(claim, InstitutionalClaim):
        return claim.statement_from
    return min((each.service_from for each in claim.lines), default=dt.date.min)


def diagnoses_of(claim: Claim) -> Iterator[tuple[str, Diagnosis]]:
    """Every diagnosis with its pointer."""
    if isinstance(claim, ProfessionalClaim):
        yield from _listed("/diagnoses", claim.diagnoses)
        return
    yield "/principal_diagnosis", claim.principal_diagnosis
    if claim.admitting_diagnosis is not None:
        yield "/admitting_diagnosis", claim.admitting_diagnosis
    yield from _listed("/visit_reasons", claim.visit_reasons)
    yield from _listed("/external_causes", claim.external_causes)
    yield from _listed("/other_diagnoses", claim.other_diagnoses)


def _listed(at: str, diagnoses: Iterable[Diagnosis]) -> Iterator[tuple[str, Diagnosis]]:
    for number, diagnosis in enumerate(diagnoses):
        yield f"{at}/{number}", diagnosis


def _diagnosis_shapes(subject: Subject) -> Iterator[Finding]:
    for pointer, diagnosis in diagnoses_of(subject.claim):
        if diagnosis.system.value == "icd10" and not _ICD10.fullmatch(diagnosis.code):
            yield Finding(f"{pointer}/code", "not made like an ICD-10-CM code")


def _diagnosis_codes(subject: Subject) -> Iterator[Finding | NoData]:
    day = service_day(subject.claim)
    if isinstance(subject.claim, InstitutionalClaim):
        day = subject.claim.statement_to
    for pointer, diagnosis in diagnoses_of(subject.claim):
        code = diagnosis.code.replace(".", "")
        yield from in_set(subject.tables.diagnoses, "ICD-10-CM", f"{pointer}/code", code, day)


def _repeated_diagnoses(subject: Subject) -> Iterator[Finding]:
    claim = subject.claim
    if isinstance(claim, ProfessionalClaim):
        named = [(f"/diagnoses/{n}", e) for n, e in enumerate(claim.diagnoses)]
    else:
        named = [("/principal_diagnosis", claim.principal_diagnosis)]
        named += [(f"/other_diagnoses/{n}", e) for n, e in enumerate(claim.other_diagnoses)]
    seen: set[str] = set()
    for pointer, diagnosis in named:
        code = diagnosis.code.replace(".", "")
        if code in seen:
            yield Finding(pointer, "the same code stands before")
        seen.add(code)


def _pointers(subject: Subject) -> Iterator[Finding]:
    claim = subject.claim
    assert isinstance(claim, ProfessionalClaim)
    for number, line in enumerate(claim.lines):
        pointer = f"/lines/{number}/diagnosis_pointers"
        for place in line.diagnosis_pointers:
            if not 1 <= place <= len(claim.diagnoses):
                evidence = f"points to diagnosis {place} of {len(claim.diagnoses)}"
                yield Finding(pointer, evidence)
        if any(count > 1 for count in Counter(line.diagnosis_pointers).values()):
            yield Finding(pointer, "points to a diagnosis twice")


def _procedure_shapes(subject: Subject) -> Iterator[Finding]:
    for number, line in enumerate(lines_of(subject.claim)):
        if line.procedure_code is not None and not _HCPCS.fullmatch(line.procedure_code):
            yield Finding(f"/lines/{number}/procedure_code", "not five letters and digits")


def _procedures(subject: Subject) -> Iterator[Finding | NoData]:
    for number, line in enumerate(lines_of(subject.claim)):
        if line.procedure_code is not None:
            yield from in_set(
                subject.tables.procedures,
                "CPT and HCPCS",
                f"/lines/{number}/procedure_code",
                line.procedure_code,
                service_day(subject.claim, line),
            )


def _modifiers(subject: Subject) -> Iterator[Finding | NoData]:
    for number, line in enumerate(lines_of(subject.claim)):
        pointer = f"/lines/{number}/modifiers"
        for at, modifier in enumerate(line.modifiers):
            if not _MODIFIER.fullmatch(modifier):
                yield Finding(f"{pointer}/{at}", "not two letters or digits")
            elif subject.tables.modifiers is not None:
                day = service_day(subject.claim, line)
                yield from in_set(
                    subject.tables.modifiers, "modifiers", f"{pointer}/{at}", modifier, day
                )
        if len(set(line.modifiers)) < len(line.modifiers):
            yield Finding(pointer, "a modifier stands twice")
        for excluding in _EXCLUDING_MODIFIERS:
            if excluding <= set(line.modifiers):
                yield Finding(pointer, f"{' and '.join(sorted(excluding))} exclude each other")


def _places(subject: Subject) -> Iterator[Finding]:
    claim = subject.claim
    assert isinstance(claim, ProfessionalClaim)
    named = [("/place_of_service", claim.place_of_service, service_day(claim))]
    named += [
        (f"/lines/{number}/place_of_service", line.place_of_service, line.service_from)
        for number, line in enumerate(claim.lines)
        if line.place_of_service is not None
    ]
    for pointer, code, day in named:
        status = PLACES_OF_SERVICE.status(code, day)
        if status is not CodeStatus.VALID:
            yield Finding(pointer, verdict(status, day))


def _revenue_codes(subject: Subject) -> Iterator[Finding | NoData]:
    claim = subject.claim
    assert isinstance(claim, InstitutionalClaim)
    for number, line in enumerate(claim.lines):
        pointer = f"/lines/{number}/revenue_code"
        if not _REVENUE.fullmatch(line.revenue_code):
            yield Finding(pointer, "not four digits")
        else:
            day = service_day(claim, line)
            known = subject.tables.revenue_codes
            yield from in_set(known, "revenue codes", pointer, line.revenue_code, day)


def _drug_codes(subject: Subject) -> Iterator[Finding]:
    for number, line in enumerate(lines_of(subject.claim)):
        if line.drug is not None and not _NDC.fullmatch(line.drug.ndc.replace("-", "")):
            yield Finding(f"/lines/{number}/drug/ndc", "not eleven digits")


def _pair_edits(subject: Subject) -> Iterator[Finding | NoData]:
    edits = subject.tables.pair_edits
    if edits is None:
        yield NoData("/lines", "no table of procedure pairs (NCCI) is loaded")
        return
    claim = subject.claim
    for number, line in enumerate(lines_of(claim)):
        day = service_day(claim, line)
        pointer = f"/lines/{number}/procedure_code"
        if line.procedure_code is None:
            continue
        if not edits.covers(day):
            yield NoData(pointer, f"no edition of procedure pairs (NCCI) is loaded for {day}")
            continue
        same_day = {
            other.procedure_code
            for other in lines_of(claim)
            if other is not line and service_day(claim, other) == day
        }
        for beside in sorted(each for each in same_day if each is not None):
            edit = edits.between(beside, line.procedure_code, day)
            if edit is not None and not (
                edit.modifier_allowed and _SEPARATES.intersection(line.modifiers)
            ):
                yield Finding(pointer, f"not paid beside {beside} of the same day")


_SEPARATES = frozenset({"24", "25", "27", "57", "58", "59", "78", "79", "91", "XE", "XP", "XS"})
_SEPARATES |= {"XU", "LT", "RT", "E1", "E2", "E3", "E4", "FA", "TA", "LC", "LD", "RC", "LM", "RI"}
_SEPARATES |= {f"{side}{digit}" for side in "FT" for digit in range(1, 10)}


def _is_professional(claim: Claim) -> bool:
    return isinstance(claim, ProfessionalClaim)


def _is_institutional(claim: Claim) -> bool:
    return isinstance(claim, InstitutionalClaim)


def _has_drugs(claim: Claim) -> bool:
    return any(line.drug is not None for line in claim.lines)


def _has_modifiers(claim: Claim) -> bool:
    return any(line.modifiers for line in claim.lines)


CODE_RULES = (
    Rule(
        id="diagnosis_format",
        version=1,
        severity=Severity.ERROR,
        title="Diagnoses are made like ICD-10-CM codes",
        remedy="Correct the code.",
        source="ICD-10-CM official guidelines",
        check=_diagnosis_shapes,
    ),
    Rule(
        id="diagnosis_in_force",
        version=1,
        severity=Severity.ERROR,
        title="Diagnoses were in force and may be billed",
        remedy="Code from the edition of the date of service, to the highest specificity.",
        source="ICD-10-CM by date of service; by discharge for institutional claims",
        check=_diagnosis_codes,
    ),
    Rule(
        id="diagnosis_repeated",
        version=1,
        severity=Severity.ERROR,
        title="No diagnosis stands twice",
        remedy="Remove the second one and correct what points to it.",
        source="UB-04 and CMS-1500 instructions",
        check=_repeated_diagnoses,
    ),
    Rule(
        id="diagnosis_pointers",
        version=1,
        severity=Severity.ERROR,
        title="Lines point to diagnoses of the claim",
        remedy="Add the diagnosis to the claim, or correct the pointer.",
        source="X12N 005010X222A1, SV107",
        check=_pointers,
        applies_to=_is_professional,
    ),
    Rule(
        id="procedure_format",
        version=1,
        severity=Severity.ERROR,
        title="Procedures have five characters",
        remedy="Correct the code.",
        source="HCPCS levels I and II",
        check=_procedure_shapes,
    ),
    Rule(
        id="procedure_in_force",
        version=1,
        severity=Severity.ERROR,
        title="Procedures were in force on the day of service",
        remedy="Code from the edition of the date of service.",
        source="CPT and HCPCS, loaded by the company",
        check=_procedures,
    ),
    Rule(
        id="modifiers",
        version=1,
        severity=Severity.ERROR,
        title="Modifiers are valid, stand once and do not exclude each other",
        remedy="Keep the modifier that the record supports.",
        source="CPT appendix A; HCPCS level II modifiers",
        check=_modifiers,
        applies_to=_has_modifiers,
    ),
    Rule(
        id="place_of_service",
        version=1,
        severity=Severity.ERROR,
        title="Places of service were in force on the day of service",
        remedy="Enter the code of the place where the service was given.",
        source="CMS place of service code set",
        check=_places,
        applies_to=_is_professional,
    ),
    Rule(
        id="revenue_code",
        version=1,
        severity=Severity.ERROR,
        title="Revenue codes have four digits and are in the code set",
        remedy="Correct the code.",
        source="NUBC UB-04 manual, loaded by the company",
        check=_revenue_codes,
        applies_to=_is_institutional,
    ),
    Rule(
        id="drug_code",
        version=1,
        severity=Severity.ERROR,
        title="Drug codes have eleven digits",
        remedy="Fill up the segments of the code with zeros to 5-4-2.",
        source="X12N 005010X222A1 and X223A2, 2410 LIN03",
        check=_drug_codes,
        applies_to=_has_drugs,
    ),
    Rule(
        id="procedure_pairs",
        version=1,
        severity=Severity.ERROR,
        title="No procedure is billed beside one that includes it",
        remedy="Remove the included one, or add the modifier that the record supports.",
        source="NCCI procedure-to-procedure edits, loaded by the company",
        check=_pair_edits,
    ),
)
"""In the order in which they are shown."""
