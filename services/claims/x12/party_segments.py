"""The loops that name somebody: NM1 with what follows it. Pure.

Source of the places: X12N 005010X222A1 and 005010X223A2, loops 1000 to 2330.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from services.claims.x12.party_model import (
    Address,
    BillingProvider,
    Contact,
    Dependent,
    Facility,
    Identifier,
    Name,
    OrganizationName,
    Payer,
    Provider,
    Receiver,
    Submitter,
    Subscriber,
)
from services.claims.x12.segment_list import (
    Component,
    FaultKind,
    SegmentList,
    optional,
    required,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_NPI = "XX"
_ZIP_OF_SERVICE = re.compile(r"[0-9]{9}", re.ASCII)
_MOST_WAYS = 3  # PER holds three numbers


def write_name(
    segments: SegmentList,
    entity: str,
    at: str,
    name: Name,
    *identification: Component,
    prefix: str = "",
) -> None:
    """NM1 of a person or an organisation, with qualifier and identifier where given.

    ``prefix`` stands before ``name`` in the field of the model.
    """
    where = f"{at}/{prefix}name"
    if isinstance(name, OrganizationName):
        parts: tuple[Component, ...] = ("2", required(f"{where}/name", name.name), *[None] * 4)
    else:
        parts = (
            "1",
            required(f"{where}/last", name.last),
            optional(f"{where}/first", name.first),
            optional(f"{where}/middle", name.middle),
            None,
            optional(f"{where}/suffix", name.suffix),
        )
    segments.add("NM1", entity, *parts, *identification)


def write_address(
    segments: SegmentList, at: str, address: Address | None, *, is_of_service: bool = False
) -> None:
    """N3 and N4, where there is an address.

    The guides ask for all nine digits of the ZIP code of billing provider and facility, which
    ``is_of_service`` says.
    """
    if address is None:
        return
    postal_code = address.postal_code
    if not address.country and postal_code:
        postal_code = postal_code.replace("-", "")
    if is_of_service and not address.country and not _ZIP_OF_SERVICE.fullmatch(postal_code or ""):
        detail = "does not have the nine digits that are asked for billing provider and facility"
        segments.fault(FaultKind.TOO_SHORT, f"{at}/postal_code", detail)
    segments.add(
        "N3",
        required(f"{at}/line_1", address.line_1),
        optional(f"{at}/line_2", address.line_2),
    )
    segments.add(
        "N4",
        required(f"{at}/city", address.city),
        optional(f"{at}/state", address.state),
        optional(f"{at}/postal_code", postal_code),
        optional(f"{at}/country", address.country),
        None,
        None,
        optional(f"{at}/country_subdivision", address.country_subdivision),
    )


def write_contact(segments: SegmentList, at: str, contact: Contact) -> None:
    """PER*IC with up to three ways to reach somebody; an extension belongs to the telephone."""
    ways: list[Component] = []
    for qualifier, field, text in (
        ("TE", "telephone", contact.telephone),
        ("EX", "extension", contact.extension if contact.telephone else None),
        ("EM", "email", contact.email),
        ("FX", "fax", contact.fax),
    ):
        value = optional(f"{at}/{field}", text)
        if value is not None:
            ways += [qualifier, value]
    if not ways:
        segments.fault(FaultKind.MISSING, at, "names no telephone, e-mail or fax")
    segments.at_most(_MOST_WAYS, len(ways) // 2, at)
    segments.add("PER", "IC", optional(f"{at}/name", contact.name), *ways)


def write_identifiers(
    segments: SegmentList, at: str, identifiers: Sequence[Identifier], most: int
) -> None:
    """REF for each identifier beside the main one."""
    segments.at_most(most, len(identifiers), f"{at}/identifiers")
    for number, identifier in enumerate(identifiers):
        segments.add(
            "REF",
            required(f"{at}/identifiers/{number}/qualifier", identifier.qualifier),
            required(f"{at}/identifiers/{number}/value", identifier.value),
        )


def write_submitter(segments: SegmentList, at: str, submitter: Submitter) -> None:
    """1000A."""
    identifier = required(f"{at}/identifier", submitter.identifier)
    write_name(segments, "41", at, submitter.name, "46", identifier)
    write_contact(segments, f"{at}/contact", submitter.contact)


def write_receiver(segments: SegmentList, at: str, receiver: Receiver) -> None:
    """1000B."""
    identifier = required(f"{at}/identifier", receiver.identifier)
    name = required(f"{at}/name", receiver.name)
    segments.add("NM1", "40", "2", name, None, None, None, None, "46", identifier)


def write_billing_provider(
    segments: SegmentList, provider: BillingProvider, *, is_professional: bool
) -> None:
    """PRV, 2010AA and 2010AB; HL stands before. An institution is no person."""
    at = "/billing_provider"
    if not is_professional and not isinstance(provider.name, OrganizationName):
        detail = "is a person's; an institutional claim is billed by an organisation"
        segments.fault(FaultKind.NOT_IN_GUIDE, f"{at}/name", detail)
    if not is_professional and provider.tax_identifier_is_ssn:
        detail = "has no place in an institutional claim"
        segments.fault(FaultKind.NOT_IN_GUIDE, f"{at}/tax_identifier_is_ssn", detail)
    taxonomy = optional(f"{at}/taxonomy", provider.taxonomy)
    if taxonomy is not None:
        segments.add("PRV", "BI", "PXC", taxonomy)
    write_name(segments, "85", at, provider.name, *_npi(at, provider.npi))
    write_address(segments, f"{at}/address", provider.address, is_of_service=True)
    qualifier = "SY" if provider.tax_identifier_is_ssn else "EI"
    segments.add("REF", qualifier, required(f"{at}/tax_identifier", provider.tax_identifier))
    write_identifiers(segments, at, provider.identifiers, 2 if is_professional else 0)
    if provider.contact is not None:
        write_contact(segments, f"{at}/contact", provider.contact)
    if provider.pay_to is not None:
        kind = "2" if isinstance(provider.name, OrganizationName) else "1"
        segments.add("NM1", "87", kind)
        write_address(segments, f"{at}/pay_to", provider.pay_to)


def write_subscriber(
    segments: SegmentList, subscriber: Subscriber, *, is_patient: bool, is_professional: bool
) -> None:
    """SBR and 2010BA; HL stands before. SBR05 has a place in a professional claim only."""
    at = "/subscriber"
    insurance_type = optional(f"{at}/insurance_type", subscriber.insurance_type)
    segments.add(
        "SBR",
        subscriber.responsibility.value,
        "18" if is_patient else None,
        optional(f"{at}/group_number", subscriber.group_number),
        optional(f"{at}/group_name", subscriber.group_name)
        if not subscriber.group_number
        else None,
        insurance_type if is_professional else None,
        None,
        None,
        None,
        required(f"{at}/filing_indicator", subscriber.filing_indicator),
    )
    member_id = required(f"{at}/member_id", subscriber.member_id)
    write_name(segments, "IL", at, subscriber.name, "MI", member_id)
    write_address(segments, f"{at}/address", subscriber.address)
    if subscriber.birth_date is not None or subscriber.sex is not None:
        if subscriber.birth_date is None:
            segments.fault(FaultKind.MISSING, f"{at}/birth_date", "is absent beside the sex")
        if subscriber.sex is None:
            segments.fault(FaultKind.MISSING, f"{at}/sex", "is absent beside the birth date")
        birth_date = segments.date(f"{at}/birth_date", subscriber.birth_date)
        segments.add("DMG", "D8", birth_date, subscriber.sex.value if subscriber.sex else None)
    ssn = optional(f"{at}/ssn", subscriber.ssn)
    if ssn is not None:
        segments.add("REF", "SY", ssn)


def write_payer(segments: SegmentList, payer: Payer) -> None:
    """2010BB."""
    at = "/payer"
    name = required(f"{at}/name", payer.name)
    identifier = required(f"{at}/identifier", payer.identifier)
    qualifier = required(f"{at}/identifier_qualifier", payer.identifier_qualifier)
    segments.add("NM1", "PR", "2", name, None, None, None, None, qualifier, identifier)
    write_address(segments, f"{at}/address", payer.address)
    write_identifiers(segments, at, payer.identifiers, 3)


def write_dependent(segments: SegmentList, dependent: Dependent) -> None:
    """PAT and 2010CA; HL stands before."""
    at = "/dependent"
    segments.add("PAT", required(f"{at}/relationship", dependent.relationship))
    write_name(segments, "QC", at, dependent.name)
    write_address(segments, f"{at}/address", dependent.address)
    birth_date = segments.date(f"{at}/birth_date", dependent.birth_date)
    segments.add("DMG", "D8", birth_date, dependent.sex.value)


def write_provider(
    segments: SegmentList, entity: str, at: str, provider: Provider | None, role: str | None = None
) -> None:
    """A provider of a claim or line, with PRV where the guide has it for this ``role``."""
    if provider is None:
        return
    write_name(segments, entity, at, provider.name, *_npi(at, provider.npi))
    taxonomy = optional(f"{at}/taxonomy", provider.taxonomy)
    if role is not None and taxonomy is not None:
        segments.add("PRV", role, "PXC", taxonomy)
    write_identifiers(segments, at, provider.identifiers, 3)


def write_facility(segments: SegmentList, at: str, facility: Facility | None) -> None:
    """The service facility of a claim or line."""
    if facility is None:
        return
    name = required(f"{at}/name", facility.name)
    segments.add("NM1", "77", "2", name, None, None, None, None, *_npi(at, facility.npi))
    write_address(segments, f"{at}/address", facility.address, is_of_service=True)
    write_identifiers(segments, at, facility.identifiers, 3)


def _npi(at: str, npi: str | None) -> tuple[Component, ...]:
    identifier = optional(f"{at}/npi", npi)
    return () if identifier is None else (_NPI, identifier)
