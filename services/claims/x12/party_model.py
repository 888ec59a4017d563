"""Who stands on a claim: names, addresses and the parties of both kinds of claims.

Every text is written without blanks at its ends; a text of blanks is absent.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

import msgspec


class PersonName(msgspec.Struct, frozen=True, gc=False, tag=True):
    """A person's name."""

    last: str
    first: str | None = None
    middle: str | None = None
    suffix: str | None = None


class OrganizationName(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The name of what is no person."""

    name: str


Name = PersonName | OrganizationName


class Address(msgspec.Struct, frozen=True, gc=False):
    """A postal address; ``country`` (ISO 3166, two letters) only outside of the United States."""

    line_1: str
    city: str
    state: str | None = None
    postal_code: str | None = None
    line_2: str | None = None
    country: str | None = None
    country_subdivision: str | None = None


class Contact(msgspec.Struct, frozen=True, gc=False):
    """Whom to ask, and how; at least one way."""

    name: str | None = None
    telephone: str | None = None
    extension: str | None = None
    email: str | None = None
    fax: str | None = None


class Identifier(msgspec.Struct, frozen=True, gc=False):
    """An identifier beside the main one; ``qualifier`` as in REF01 (0B, 1G, G2, LU, 2U ...)."""

    qualifier: str
    value: str


class Submitter(msgspec.Struct, frozen=True, gc=False):
    """Who sends the file (1000A)."""

    name: Name
    identifier: str  # the electronic transmitter identification number
    contact: Contact


class Receiver(msgspec.Struct, frozen=True, gc=False):
    """Who gets the file (1000B)."""

    name: str
    identifier: str


class BillingProvider(msgspec.Struct, frozen=True, gc=False):
    """Who bills (2010AA), and where the money goes if elsewhere (2010AB)."""

    name: Name
    address: Address
    tax_identifier: str
    npi: str | None = None
    tax_identifier_is_ssn: bool = False
    taxonomy: str | None = None
    contact: Contact | None = None
    pay_to: Address | None = None
    identifiers: tuple[Identifier, ...] = ()


class Provider(msgspec.Struct, frozen=True, gc=False):
    """Somebody who had a part in the service."""

    name: Name
    npi: str | None = None
    taxonomy: str | None = None  # where the guide has a place for it
    identifiers: tuple[Identifier, ...] = ()


class Facility(msgspec.Struct, frozen=True, gc=False):
    """Where the service was given, if not at the billing provider's address."""

    name: str
    address: Address
    npi: str | None = None
    identifiers: tuple[Identifier, ...] = ()


class Payer(msgspec.Struct, frozen=True, gc=False):
    """Who is asked to pay (2010BB)."""

    name: str
    identifier: str
    identifier_qualifier: str = "PI"  # XV: the national plan identifier
    address: Address | None = None
    identifiers: tuple[Identifier, ...] = ()


class Sex(StrEnum):
    """DMG03."""

    FEMALE = "F"
    MALE = "M"
    UNKNOWN = "U"


class Responsibility(StrEnum):
    """SBR01: the place of a payer in the order of payers."""

    PRIMARY = "P"
    SECONDARY = "S"
    TERTIARY = "T"
    FOURTH = "A"
    FIFTH = "B"
    SIXTH = "C"
    SEVENTH = "D"
    EIGHTH = "E"
    NINTH = "F"
    TENTH = "G"
    ELEVENTH = "H"
    UNKNOWN = "U"


class Subscriber(msgspec.Struct, frozen=True, gc=False):
    """Who has the policy (2000B, 2010BA); the patient too, where a claim names no dependent."""

    name: Name
    member_id: str
    responsibility: Responsibility
    filing_indicator: str  # SBR09: CI, MB, MC, BL ...
    address: Address | None = None
    birth_date: dt.date | None = None
    sex: Sex | None = None
    group_number: str | None = None
    group_name: str | None = None
    insurance_type: str | None = None  # SBR05, professional: where Medicare is not primary
    ssn: str | None = None


class Dependent(msgspec.Struct, frozen=True, gc=False):
    """A patient who is not the subscriber (2000C, 2010CA)."""

    name: PersonName
    relationship: str  # PAT01: 01 spouse, 19 child, 20 employee, 21 unknown, 39, 40, 53, G8
    address: Address
    birth_date: dt.date
    sex: Sex
