"""What rules say of a claim, and what they look at."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.claims.drafts import DIAGNOSIS_CODE
from storage.tables.claims import Claim, ClaimLine, Patient, Payer


class Severity(StrEnum):
    """ERROR keeps a claim from going out, HOLD until a person lets it go, WARNING asks to look
    again, NO_DATA means unknown."""

    ERROR = "error"
    HOLD = "hold"
    WARNING = "warning"
    NO_DATA = "no_data"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that one rule found. ``pointer`` is a JSON pointer into the claim as it is read."""

    rule: str
    severity: Severity
    pointer: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Subject:
    """A claim and all that the rules look at."""

    claim: Claim
    lines: Sequence[ClaimLine]
    patient: Patient
    primary_payer: Payer
    today: dt.date


Rule = Callable[[Subject], Iterator[Finding]]


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """Errors first, then as they come."""
    return sorted(findings, key=lambda finding: _SEVERITY_ORDER[finding.severity])


_SEVERITY_ORDER = {severity: at for at, severity in enumerate(Severity)}


def error(rule: str, pointer: str, message: str, remedy: str) -> Finding:
    """What keeps the claim from going out."""
    return Finding(rule, Severity.ERROR, pointer, message, remedy)


def warning(rule: str, pointer: str, message: str, remedy: str) -> Finding:
    """What asks to look again."""
    return Finding(rule, Severity.WARNING, pointer, message, remedy)


def no_data(rule: str, pointer: str, message: str, remedy: str) -> Finding:
    """What is not known."""
    return Finding(rule, Severity.NO_DATA, pointer, message, remedy)


def impossible_day(subject: Subject, day: dt.date, *, rule: str, pointer: str) -> Iterator[Finding]:
    """Of a day that does not lie within the patient's life, or lies after today."""
    if day > subject.today:
        yield error(
            f"{rule}_in_future",
            pointer,
            f"lies after today ({subject.today})",
            "Correct the date, or wait until the service has been given.",
        )
    if day < subject.patient.birth_date:
        yield error(
            f"{rule}_before_birth",
            pointer,
            "lies before the patient's birth",
            "Correct this date or the patient's birth date.",
        )


def plain(code: str) -> str:
    """A diagnosis without its point."""
    return code.replace(".", "")


def malformed_diagnoses(codes: Sequence[str], pointer: str) -> Iterator[Finding]:
    """Those of a list that do not have the shape of a code."""
    for at, code in enumerate(codes):
        if not _DIAGNOSIS.fullmatch(code):
            yield error(
                "diagnosis_code_format",
                f"{pointer}/{at}",
                "does not have the shape of an ICD-10-CM code",
                "Correct the code.",
            )


_DIAGNOSIS = re.compile(DIAGNOSIS_CODE)
