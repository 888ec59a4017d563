"""Rules about a claim's lines. Pure."""

import re
from collections.abc import Iterator

from services.claims.validation.findings import (
    Finding,
    Subject,
    error,
    impossible_day,
    malformed_diagnoses,
    plain,
    warning,
)
from storage.vocabulary.claims import ClaimType

MOST_POINTERS = 4
"""A professional line points to at most four of the claim's diagnoses (837P SV107)."""

_PLACE_OF_SERVICE = re.compile(r"[0-9]{2}")
_HCPCS = (re.compile(r"[A-Z0-9]{5}"), "a HCPCS or CPT code of five characters")
_PROCEDURE_SHAPES = {
    ClaimType.PROFESSIONAL: _HCPCS,
    ClaimType.VISION: _HCPCS,
    ClaimType.DENTAL: (re.compile(r"D[0-9]{4}"), "a dental code: D and four digits"),
    ClaimType.INSTITUTIONAL: (
        re.compile(r"[A-Z0-9]{5}|[0-9]{4}"),
        "a HCPCS code of five characters or a revenue code of four digits",
    ),
    ClaimType.PHARMACY: (
        re.compile(r"[0-9]{11}|[A-Z0-9]{5}"),
        "an NDC of eleven digits or a HCPCS code of five characters",
    ),
}
_SAYS_THAT_IT_REPEATS = frozenset({"59", "76", "77", "91", "XE", "XP", "XS", "XU"})


def lines_present(subject: Subject) -> Iterator[Finding]:
    """There is a line."""
    if not subject.lines:
        yield error("lines_missing", "/lines", "is empty", "Add at least one service line.")


def line_codes(subject: Subject) -> Iterator[Finding]:
    """Codes have the shapes that the claim's form bills."""
    claim = subject.claim
    shape, meaning = _PROCEDURE_SHAPES[claim.type]
    for at, line in enumerate(subject.lines):
        where = f"/lines/{at}"
        if not shape.fullmatch(line.procedure_code):
            yield error(
                "procedure_code_format",
                f"{where}/procedure_code",
                f"is not {meaning}, which a {claim.type} claim bills",
                "Correct the code.",
            )
        if not _PLACE_OF_SERVICE.fullmatch(line.place_of_service):
            yield error(
                "place_of_service_format",
                f"{where}/place_of_service",
                "is not two digits",
                "Enter the code of the place where the service was given.",
            )
        yield from malformed_diagnoses(line.diagnosis_codes, f"{where}/diagnosis_codes")


def line_diagnoses(subject: Subject) -> Iterator[Finding]:
    """A line points to diagnoses of the claim, and to no more than its form has room for."""
    claim = subject.claim
    on_claim = {plain(code) for code in claim.diagnosis_codes}
    for at, line in enumerate(subject.lines):
        pointer = f"/lines/{at}/diagnosis_codes"
        if not line.diagnosis_codes:
            yield error(
                "line_diagnosis_missing",
                pointer,
                "is empty",
                "Say which of the claim's diagnoses the service was for.",
            )
        if any(plain(code) not in on_claim for code in line.diagnosis_codes):
            yield error(
                "line_diagnosis_not_on_claim",
                pointer,
                "holds a code that the claim does not have",
                "Add the code to the claim's diagnoses, or remove it here.",
            )
        if claim.type is not ClaimType.INSTITUTIONAL and len(line.diagnosis_codes) > MOST_POINTERS:
            yield error(
                "line_diagnoses_too_many",
                pointer,
                f"holds more than {MOST_POINTERS} codes",
                "Keep those that explain the service best.",
            )


def line_amounts(subject: Subject) -> Iterator[Finding]:
    """Charges and units are above zero, and come to the total."""
    for at, line in enumerate(subject.lines):
        if line.charge_cents <= 0:
            yield error(
                "line_charge_not_positive",
                f"/lines/{at}/charge_cents",
                "is not above zero",
                "Enter the extended charge of the line.",
            )
        if line.units <= 0:
            yield error(
                "line_units_not_positive",
                f"/lines/{at}/units",
                "is not above zero",
                "Enter how many units were given.",
            )
    total = sum(line.charge_cents for line in subject.lines)
    if total != subject.claim.total_charge_cents:
        yield error(
            "total_differs_from_lines",
            "/total_charge_cents",
            f"is {subject.claim.total_charge_cents}, but the lines sum to {total}",
            "Change any line; the total follows.",
        )


def line_dates(subject: Subject) -> Iterator[Finding]:
    """The lines' days lie within the patient's life and before tomorrow."""
    for at, line in enumerate(subject.lines):
        pointer = f"/lines/{at}/service_date"
        yield from impossible_day(subject, line.service_date, rule="line_date", pointer=pointer)


def line_order(subject: Subject) -> Iterator[Finding]:
    """No line lies before the claim."""
    for at, line in enumerate(subject.lines):
        if line.service_date < subject.claim.service_date:
            pointer = f"/lines/{at}/service_date"
            yield warning(
                "line_date_before_claim",
                pointer,
                "lies before the claim's service date",
                "Make the claim's service date the first of its lines.",
            )


def repeated_lines(subject: Subject) -> Iterator[Finding]:
    """No service is billed twice without a modifier that says why."""
    first: dict[tuple[object, ...], int] = {}
    for at, line in enumerate(subject.lines):
        key = (
            line.procedure_code,
            tuple(sorted(line.modifiers)),
            line.service_date,
            line.place_of_service,
            line.rendering_provider_id or subject.claim.rendering_provider_id,
        )
        earlier = first.setdefault(key, at)
        if earlier != at and not _SAYS_THAT_IT_REPEATS.intersection(line.modifiers):
            yield error(
                "line_repeated",
                f"/lines/{at}",
                f"is the same service as line {subject.lines[earlier].line_number}",
                "Combine them by units, remove one, or add the modifier that says why it repeats.",
            )
