"""Rules about the identifiers of providers: NPI, tax number, taxonomy. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from services.claims.npi import has_valid_check_digit, looks_like_npi
from services.claims.x12.claim_model import Claim
from services.claims.x12.scrub_codes import lines_of, service_day
from services.claims.x12.scrub_findings import Finding, NoData
from services.claims.x12.scrub_tables import in_set
from services.claims.x12.scrubbing import Rule, Severity, Subject

_NINE_DIGITS = re.compile(r"[0-9]{9}", re.ASCII)
# 20 CFR 422.103: no area 000, 666 or 900 to 999, no group 00, no serial number 0000.
_SSN = re.compile(r"(?!000|666|9)[0-9]{3}(?!00)[0-9]{2}(?!0000)[0-9]{4}", re.ASCII)
_TAXONOMY = re.compile(r"[0-9A-Z]{9}X", re.ASCII)
_PARTIES = (
    *("referring", "rendering", "facility", "supervising", "ordering"),
    *("attending", "operating", "other_operating"),
)


def _npis(claim: Claim) -> Iterator[tuple[str, str | None]]:
    yield "/billing_provider", claim.billing_provider.npi
    for at, holder in [("", claim), *((f"/lines/{n}", e) for n, e in enumerate(lines_of(claim)))]:
        for party in _PARTIES:
            provider = getattr(holder, party, None)
            if provider is not None:
                yield f"{at}/{party}", provider.npi


def _check_digits(subject: Subject) -> Iterator[Finding]:
    for at, npi in _npis(subject.claim):
        if npi is None:
            continue
        if not looks_like_npi(npi):
            yield Finding(f"{at}/npi", "not ten digits")
        elif not has_valid_check_digit(npi):
            yield Finding(f"{at}/npi", "the check digit does not fit")


def _billing_npi(subject: Subject) -> Iterator[Finding]:
    if subject.claim.billing_provider.npi is None:
        yield Finding("/billing_provider/npi", "absent")


def _tax_identifier(subject: Subject) -> Iterator[Finding]:
    provider = subject.claim.billing_provider
    number = provider.tax_identifier.replace("-", "")
    pointer = "/billing_provider/tax_identifier"
    if not _NINE_DIGITS.fullmatch(number):
        yield Finding(pointer, "not nine digits")
    elif number == number[0] * 9:
        yield Finding(pointer, "one digit nine times")
    elif provider.tax_identifier_is_ssn and not _SSN.fullmatch(number):
        yield Finding(pointer, "no social security number is made like this")


def _taxonomies(subject: Subject) -> Iterator[Finding | NoData]:
    known = subject.tables.taxonomies
    claim = subject.claim
    named = [("/billing_provider/taxonomy", claim.billing_provider.taxonomy)]
    for party in ("rendering", "attending"):
        provider = getattr(claim, party, None)
        if provider is not None:
            named.append((f"/{party}/taxonomy", provider.taxonomy))
    for pointer, code in named:
        if code is None:
            continue
        if not _TAXONOMY.fullmatch(code):
            yield Finding(pointer, "not nine letters or digits and an X")
        else:
            yield from in_set(known, "taxonomy", pointer, code, service_day(claim))


IDENTIFIER_RULES = (
    Rule(
        id="npi_check_digit",
        version=1,
        severity=Severity.ERROR,
        title="Every NPI has ten digits and a check digit that fits",
        remedy="Compare it with the registry; a digit is wrong.",
        source="45 CFR 162.406",
        check=_check_digits,
    ),
    Rule(
        id="billing_npi",
        version=1,
        severity=Severity.WARNING,
        title="The billing provider has an NPI",
        remedy="Enter it, unless the provider is one who cannot have one.",
        source="45 CFR 162.410",
        check=_billing_npi,
    ),
    Rule(
        id="tax_identifier",
        version=1,
        severity=Severity.ERROR,
        title="The billing provider's tax identifier can be one",
        remedy="Compare it with the W-9.",
        source="26 CFR 301.6109-1; X12N 005010X222A1, 2010AA REF*EI and REF*SY",
        check=_tax_identifier,
    ),
    Rule(
        id="taxonomy",
        version=1,
        severity=Severity.ERROR,
        title="Taxonomy codes are made like one and in the code set",
        remedy="Take the code from the provider's enrolment.",
        source="NUCC provider taxonomy, loaded by the company",
        check=_taxonomies,
    ),
)
"""In the order in which they are shown."""
