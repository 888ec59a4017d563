"""What a payer would turn a claim away for, found before it goes out. Pure.

Every rule names itself, the field, what is wrong and how to mend it. What a rule cannot know for
want of data is a finding of its own (``no_data``): it blocks nothing, and it is no pass.

These rules look at a claim as it is kept. What the scrubber (``services.claims.scrubbing``) asks
of a claim that can be put together for an 837, it asks better; the rules that would say the same
are for the others alone: claims on other forms, and those that lack something.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.claims.drafts import DIAGNOSIS_CODE
from services.claims.npi import has_valid_check_digit, looks_like_npi
from services.claims.timely_filing import filing_days_left, filing_starts_on
from storage.tables.claims import Claim, ClaimLine, Patient, Payer
from storage.vocabulary.claims import ClaimType

FILING_WARNING_DAYS = 7
MOST_POINTERS = 4
_PROVIDERS_OF_A_LINE = (
    "rendering_provider_id",
    "referring_provider_id",
    "ordering_provider_id",
)
"""A professional line points to at most four of the claim's diagnoses (837P SV107)."""


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


def validate(subject: Subject, *, is_scrubbed: bool = False) -> list[Finding]:
    """Every finding of every rule, errors first, then in the order of the rules; of a claim that
    the scrubber has looked at, without what that says already."""
    rules = [rule for rule in RULES if not (is_scrubbed and rule in SCRUBBED_RULES)]
    return by_severity(finding for rule in rules for finding in rule(subject))


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """Errors first, then as they come."""
    return sorted(findings, key=lambda finding: _SEVERITY_ORDER[finding.severity])


_SEVERITY_ORDER = {severity: at for at, severity in enumerate(Severity)}


def _error(rule: str, pointer: str, message: str, remedy: str) -> Finding:
    return Finding(rule, Severity.ERROR, pointer, message, remedy)


def _warning(rule: str, pointer: str, message: str, remedy: str) -> Finding:
    return Finding(rule, Severity.WARNING, pointer, message, remedy)


def _no_data(rule: str, pointer: str, message: str, remedy: str) -> Finding:
    return Finding(rule, Severity.NO_DATA, pointer, message, remedy)


def _parties(subject: Subject) -> Iterator[Finding]:
    claim = subject.claim
    for field in ("subscriber_id", "rendering_provider_id", "billing_provider_id"):
        if not getattr(claim, field).strip():
            yield _error(f"{field}_missing", f"/{field}", "is empty", "Enter it.")
    if not subject.primary_payer.is_active:
        yield _error(
            "payer_inactive",
            "/primary_payer_id",
            "names a payer that is not active any more",
            "Choose the payer that took over, or activate this one again.",
        )


def _providers(subject: Subject) -> Iterator[Finding]:
    claim = subject.claim
    named = {
        "/rendering_provider_id": claim.rendering_provider_id,
        "/billing_provider_id": claim.billing_provider_id,
    }
    for at, line in enumerate(subject.lines):
        for field in _PROVIDERS_OF_A_LINE:
            if (identifier := getattr(line, field)) is not None:
                named[f"/lines/{at}/{field}"] = identifier
    for pointer, identifier in named.items():
        if not identifier.strip():
            continue
        if not looks_like_npi(identifier):
            yield _no_data(
                "provider_identifier",
                pointer,
                "is no NPI (ten digits), so nothing is known of the provider",
                "Enter the provider's NPI where the payer asks for one.",
            )
        elif not has_valid_check_digit(identifier):
            yield _error(
                "provider_identifier",
                pointer,
                "is no NPI: the check digit does not fit",
                "Compare it with the registry; a digit is wrong.",
            )


def _claim_dates(subject: Subject) -> Iterator[Finding]:
    claim, today = subject.claim, subject.today
    for field in ("service_date", "admission_date", "discharge_date"):
        day = getattr(claim, field)
        if day is None:
            continue
        if day > today:
            yield _error(
                f"{field}_in_future",
                f"/{field}",
                f"lies after today ({today})",
                "Correct the date, or wait until the service has been given.",
            )
        if day < subject.patient.birth_date:
            yield _error(
                f"{field}_before_birth",
                f"/{field}",
                "lies before the patient's birth",
                "Correct this date or the patient's birth date.",
            )


def _stay(subject: Subject) -> Iterator[Finding]:
    claim = subject.claim
    if claim.discharge_date is not None and claim.admission_date is None:
        yield _warning(
            "discharge_without_admission",
            "/admission_date",
            "is missing beside a discharge date",
            "Enter when the patient was admitted.",
        )
    if (
        claim.discharge_date is not None
        and claim.admission_date is not None
        and claim.discharge_date < claim.admission_date
    ):
        yield _error(
            "discharge_before_admission",
            "/discharge_date",
            "lies before the admission",
            "Correct one of the two dates.",
        )


def _diagnoses_present(subject: Subject) -> Iterator[Finding]:
    claim = subject.claim
    if not claim.diagnosis_codes:
        yield _error(
            "diagnosis_missing",
            "/diagnosis_codes",
            "is empty",
            "Enter at least one diagnosis, the main one first.",
        )


def _diagnoses(subject: Subject) -> Iterator[Finding]:
    claim = subject.claim
    yield from _malformed_diagnoses(claim.diagnosis_codes, "/diagnosis_codes")
    repeated = {_plain(code) for code in claim.diagnosis_codes}
    if len(repeated) < len(claim.diagnosis_codes):
        yield _error(
            "diagnosis_repeated",
            "/diagnosis_codes",
            "holds a code twice",
            "Remove the second one.",
        )


def _lines_present(subject: Subject) -> Iterator[Finding]:
    if not subject.lines:
        yield _error("lines_missing", "/lines", "is empty", "Add at least one service line.")


def _line_codes(subject: Subject) -> Iterator[Finding]:
    claim = subject.claim
    shape, meaning = _PROCEDURE_SHAPES[claim.type]
    for at, line in enumerate(subject.lines):
        where = f"/lines/{at}"
        if not shape.fullmatch(line.procedure_code):
            yield _error(
                "procedure_code_format",
                f"{where}/procedure_code",
                f"is not {meaning}, which a {claim.type} claim bills",
                "Correct the code.",
            )
        if not _PLACE_OF_SERVICE.fullmatch(line.place_of_service):
            yield _error(
                "place_of_service_format",
                f"{where}/place_of_service",
                "is not two digits",
                "Enter the code of the place where the service was given.",
            )
        yield from _malformed_diagnoses(line.diagnosis_codes, f"{where}/diagnosis_codes")


def _line_diagnoses(subject: Subject) -> Iterator[Finding]:
    claim = subject.claim
    on_claim = {_plain(code) for code in claim.diagnosis_codes}
    for at, line in enumerate(subject.lines):
        pointer = f"/lines/{at}/diagnosis_codes"
        if not line.diagnosis_codes:
            yield _error(
                "line_diagnosis_missing",
                pointer,
                "is empty",
                "Say which of the claim's diagnoses the service was for.",
            )
        if any(_plain(code) not in on_claim for code in line.diagnosis_codes):
            yield _error(
                "line_diagnosis_not_on_claim",
                pointer,
                "holds a code that the claim does not have",
                "Add the code to the claim's diagnoses, or remove it here.",
            )
        if claim.type is not ClaimType.INSTITUTIONAL and len(line.diagnosis_codes) > MOST_POINTERS:
            yield _error(
                "line_diagnoses_too_many",
                pointer,
                f"holds more than {MOST_POINTERS} codes",
                "Keep those that explain the service best.",
            )


def _line_amounts(subject: Subject) -> Iterator[Finding]:
    for at, line in enumerate(subject.lines):
        if line.charge_cents <= 0:
            yield _error(
                "line_charge_not_positive",
                f"/lines/{at}/charge_cents",
                "is not above zero",
                "Enter the extended charge of the line.",
            )
        if line.units <= 0:
            yield _error(
                "line_units_not_positive",
                f"/lines/{at}/units",
                "is not above zero",
                "Enter how many units were given.",
            )
    total = sum(line.charge_cents for line in subject.lines)
    if total != subject.claim.total_charge_cents:
        yield _error(
            "total_differs_from_lines",
            "/total_charge_cents",
            f"is {subject.claim.total_charge_cents}, but the lines sum to {total}",
            "Change any line; the total follows.",
        )


def _line_dates(subject: Subject) -> Iterator[Finding]:
    for at, line in enumerate(subject.lines):
        pointer = f"/lines/{at}/service_date"
        if line.service_date > subject.today:
            yield _error(
                "line_date_in_future",
                pointer,
                f"lies after today ({subject.today})",
                "Correct the date, or wait until the service has been given.",
            )
        if line.service_date < subject.patient.birth_date:
            yield _error(
                "line_date_before_birth",
                pointer,
                "lies before the patient's birth",
                "Correct this date or the patient's birth date.",
            )


def _line_order(subject: Subject) -> Iterator[Finding]:
    for at, line in enumerate(subject.lines):
        if line.service_date < subject.claim.service_date:
            pointer = f"/lines/{at}/service_date"
            yield _warning(
                "line_date_before_claim",
                pointer,
                "lies before the claim's service date",
                "Make the claim's service date the first of its lines.",
            )


def _repeated_lines(subject: Subject) -> Iterator[Finding]:
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
            yield _error(
                "line_repeated",
                f"/lines/{at}",
                f"is the same service as line {subject.lines[earlier].line_number}",
                "Combine them by units, remove one, or add the modifier that says why it repeats.",
            )


def _timely_filing(subject: Subject) -> Iterator[Finding]:
    starts_on = filing_starts_on(subject.claim, subject.lines)
    left = filing_days_left(starts_on, subject.primary_payer, subject.today)
    limit = subject.primary_payer.timely_filing_limit_days
    if left < 0:
        yield _error(
            "timely_filing_expired",
            "/service_date",
            f"is {limit - left} days ago; the payer takes claims for {limit} days",
            "Ask the payer for an exception with proof of an earlier filing, or void the claim.",
        )
    elif left <= FILING_WARNING_DAYS:
        yield _warning(
            "timely_filing_close",
            "/service_date",
            f"leaves {left} days until the payer's limit of {limit} days",
            "Send the claim now.",
        )


def _code_sets(subject: Subject) -> Iterator[Finding]:
    """No code sets are loaded (CPT is licensed): that a code exists is not known."""
    if subject.lines:
        yield _no_data(
            "procedure_code_exists",
            "/lines",
            "cannot be looked up: no procedure code set is loaded",
            "Check the codes against your licensed code set for the dates of service.",
        )
    if subject.claim.diagnosis_codes:
        yield _no_data(
            "diagnosis_code_exists",
            "/diagnosis_codes",
            "cannot be looked up: no diagnosis code set is loaded",
            "Check the codes against the ICD-10-CM edition of the dates of service.",
        )


RULES: Sequence[Rule] = (
    _parties,
    _providers,
    _claim_dates,
    _stay,
    _diagnoses_present,
    _diagnoses,
    _lines_present,
    _line_codes,
    _line_diagnoses,
    _line_amounts,
    _line_dates,
    _line_order,
    _repeated_lines,
    _timely_filing,
    _code_sets,
)
"""All rules, in the order in which their findings are shown."""

SCRUBBED_RULES = frozenset(
    {
        _providers,
        _claim_dates,
        _diagnoses,
        _line_codes,
        _line_dates,
        _repeated_lines,
        _timely_filing,
        _code_sets,
    }
)
"""Those whose questions the scrubber asks, too."""

_DIAGNOSIS = re.compile(DIAGNOSIS_CODE)
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


def _plain(code: str) -> str:
    return code.replace(".", "")


def _malformed_diagnoses(codes: Sequence[str], pointer: str) -> Iterator[Finding]:
    for at, code in enumerate(codes):
        if not _DIAGNOSIS.fullmatch(code):
            yield _error(
                "diagnosis_code_format",
                f"{pointer}/{at}",
                "does not have the shape of an ICD-10-CM code",
                "Correct the code.",
            )
