"""Rules about a claim as a whole. Pure."""

from collections.abc import Iterator

from services.claims.npi import has_valid_check_digit, looks_like_npi
from services.claims.timely_filing import filing_days_left, filing_starts_on
from services.claims.validation.findings import (
    Finding,
    Subject,
    error,
    impossible_day,
    malformed_diagnoses,
    no_data,
    plain,
    warning,
)

FILING_WARNING_DAYS = 7
_PROVIDERS_OF_A_LINE = (
    "rendering_provider_id",
    "referring_provider_id",
    "ordering_provider_id",
)


def parties(subject: Subject) -> Iterator[Finding]:
    """The identifiers that every claim names, and a payer that takes claims."""
    claim = subject.claim
    for field in ("subscriber_id", "rendering_provider_id", "billing_provider_id"):
        if not getattr(claim, field).strip():
            yield error(f"{field}_missing", f"/{field}", "is empty", "Enter it.")
    if not subject.primary_payer.is_active:
        yield error(
            "payer_inactive",
            "/primary_payer_id",
            "names a payer that is not active any more",
            "Choose the payer that took over, or activate this one again.",
        )


def providers(subject: Subject) -> Iterator[Finding]:
    """Providers by their NPI, where they have one."""
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
            yield no_data(
                "provider_identifier",
                pointer,
                "is no NPI (ten digits), so nothing is known of the provider",
                "Enter the provider's NPI where the payer asks for one.",
            )
        elif not has_valid_check_digit(identifier):
            yield error(
                "provider_identifier",
                pointer,
                "is no NPI: the check digit does not fit",
                "Compare it with the registry; a digit is wrong.",
            )


def claim_dates(subject: Subject) -> Iterator[Finding]:
    """The claim's days lie within the patient's life and before tomorrow."""
    for field in ("service_date", "admission_date", "discharge_date"):
        day = getattr(subject.claim, field)
        if day is not None:
            yield from impossible_day(subject, day, rule=field, pointer=f"/{field}")


def stay(subject: Subject) -> Iterator[Finding]:
    """Nobody is discharged before the admission."""
    claim = subject.claim
    if claim.discharge_date is not None and claim.admission_date is None:
        yield warning(
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
        yield error(
            "discharge_before_admission",
            "/discharge_date",
            "lies before the admission",
            "Correct one of the two dates.",
        )


def diagnoses_present(subject: Subject) -> Iterator[Finding]:
    """There is a diagnosis."""
    claim = subject.claim
    if not claim.diagnosis_codes:
        yield error(
            "diagnosis_missing",
            "/diagnosis_codes",
            "is empty",
            "Enter at least one diagnosis, the main one first.",
        )


def diagnoses(subject: Subject) -> Iterator[Finding]:
    """Each of the claim's diagnoses has the shape of a code and stands once."""
    claim = subject.claim
    yield from malformed_diagnoses(claim.diagnosis_codes, "/diagnosis_codes")
    repeated = {plain(code) for code in claim.diagnosis_codes}
    if len(repeated) < len(claim.diagnosis_codes):
        yield error(
            "diagnosis_repeated",
            "/diagnosis_codes",
            "holds a code twice",
            "Remove the second one.",
        )


def timely_filing(subject: Subject) -> Iterator[Finding]:
    """The payer still takes it."""
    starts_on = filing_starts_on(subject.claim, subject.lines)
    left = filing_days_left(starts_on, subject.primary_payer, subject.today)
    limit = subject.primary_payer.timely_filing_limit_days
    if left < 0:
        yield error(
            "timely_filing_expired",
            "/service_date",
            f"is {limit - left} days ago; the payer takes claims for {limit} days",
            "Ask the payer for an exception with proof of an earlier filing, or void the claim.",
        )
    elif left <= FILING_WARNING_DAYS:
        yield warning(
            "timely_filing_close",
            "/service_date",
            f"leaves {left} days until the payer's limit of {limit} days",
            "Send the claim now.",
        )


def code_sets(subject: Subject) -> Iterator[Finding]:
    """No code sets are loaded (CPT is licensed): that a code exists is not known."""
    if subject.lines:
        yield no_data(
            "procedure_code_exists",
            "/lines",
            "cannot be looked up: no procedure code set is loaded",
            "Check the codes against your licensed code set for the dates of service.",
        )
    if subject.claim.diagnosis_codes:
        yield no_data(
            "diagnosis_code_exists",
            "/diagnosis_codes",
            "cannot be looked up: no diagnosis code set is loaded",
            "Check the codes against the ICD-10-CM edition of the dates of service.",
        )
