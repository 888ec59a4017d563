"""Persons and organisations that give services or bill them.

A tax identifier goes in and never comes out whole: claims that are billed under it are its only
reader.
"""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, SecretStr

from services.claims.npi import has_valid_check_digit, looks_like_npi
from services.claims.tin import is_tin
from services.inputs import ONE_LINE, Identifier, Input, left_out
from services.refusals import Fault, InvalidInput
from storage.errors import VersionConflict
from storage.filters import CareProviderFilter
from storage.identifiers import new_id
from storage.interface import Page, Store
from storage.tables.addresses import ContactWays, PostalAddress
from storage.tables.parties import CareProvider, CareProviderFields
from storage.vocabulary.parties import PartyKind, TaxIdentifierKind

SEALED_TAX_IDENTIFIER = "care_providers.sealed_tax_identifier"
_SHOWN_DIGITS = 4

PartyName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=60,
        pattern=ONE_LINE,
        description="An organisation's name, or a person's last name.",
    ),
]
FirstName = Annotated[str, Field(min_length=1, max_length=35, pattern=ONE_LINE)]
MiddleName = Annotated[str, Field(min_length=1, max_length=25, pattern=ONE_LINE)]
Suffix = Annotated[str, Field(min_length=1, max_length=10, pattern=ONE_LINE)]
Npi = Annotated[str, Field(pattern=r"^[0-9]{10}$")]
Taxonomy = Annotated[
    str,
    Field(
        pattern=r"^[0-9A-Z]{9}X$",
        description="A NUCC code: its form is checked, not whether it exists.",
    ),
]


class TaxIdentifier(Input):
    """Nine digits, without hyphens, and whose they are."""

    kind: TaxIdentifierKind
    digits: Annotated[SecretStr, Field(min_length=9, max_length=9, examples=["411289245"])]


class NewCareProvider(Input):
    """A provider to register. ``identifier`` is what claims name it by, often its NPI."""

    identifier: Identifier
    kind: PartyKind
    name: PartyName
    first_name: FirstName | None = None
    middle_name: MiddleName | None = None
    suffix: Suffix | None = None
    npi: Npi | None = None
    taxonomy: Annotated[Taxonomy | None, Field(examples=["207W00000X"])] = None
    tax_identifier: TaxIdentifier | None = None
    address: PostalAddress | None = None
    pay_to: PostalAddress | None = None
    contact: ContactWays | None = None


class CareProviderChanges(Input):
    """What to change; what is left out stays. One that is not active is
    kept for the services that it gave; lists can leave it out."""

    name: PartyName = left_out()
    first_name: FirstName | None = None
    middle_name: MiddleName | None = None
    suffix: Suffix | None = None
    npi: Npi | None = None
    taxonomy: Annotated[Taxonomy | None, Field(examples=["207W00000X"])] = None
    tax_identifier: TaxIdentifier | None = None
    address: PostalAddress | None = None
    pay_to: PostalAddress | None = None
    contact: ContactWays | None = None
    is_active: bool = left_out()


async def create_care_provider(store: Store, new: NewCareProvider) -> CareProvider:
    """Raises InvalidInput, DuplicateValue for a known identifier."""
    given = dict(new)
    _check(new.kind, given)
    provider_id = new_id()
    columns = await _with_sealed(store, provider_id, given)
    return await store.care_providers.create(CareProviderFields(**columns), row_id=provider_id)


async def get_care_provider(store: Store, care_provider_id: UUID) -> CareProvider:
    """Raises RowNotFound."""
    return await store.care_providers.get(care_provider_id)


async def list_care_providers(
    store: Store, conditions: CareProviderFilter, *, limit: int, after: UUID | None
) -> Page[CareProvider]:
    """Providers, newest first."""
    return await store.care_providers.list(conditions, limit=limit, after=after)


async def update_care_provider(
    store: Store, care_provider_id: UUID, changes: CareProviderChanges, *, expected_version: int
) -> CareProvider:
    """Change a provider; claims that are not sent yet go out with what it is then.

    Raises RowNotFound, VersionConflict, InvalidInput.
    """
    held = await store.care_providers.lock(care_provider_id)
    if held.version != expected_version:
        raise VersionConflict("care_providers")
    given = changes.given()
    _check(held.kind, given)
    return await store.care_providers.update(
        care_provider_id,
        await _with_sealed(store, care_provider_id, given),
        expected_version=expected_version,
    )


def npi_faults(npi: object, pointer: str) -> list[Fault]:
    """A fault where it is given and its check digit does not fit."""
    if npi is None:
        return []
    assert isinstance(npi, str)
    if looks_like_npi(npi) and has_valid_check_digit(npi):
        return []
    message = "is no NPI: the check digit does not fit; compare it with the registry"
    return [Fault(pointer, message, "npi_check_digit")]


def _check(kind: PartyKind, given: Mapping[str, object]) -> None:
    """Raises InvalidInput."""
    faults = npi_faults(given.get("npi"), "/npi")
    tax = given.get("tax_identifier")
    if isinstance(tax, TaxIdentifier):
        if not is_tin(tax.digits.get_secret_value()):
            faults.append(Fault("/tax_identifier/digits", "are not nine digits that anybody has"))
        if kind is PartyKind.ORGANIZATION and tax.kind is TaxIdentifierKind.SSN:
            message = "is a person's; an organisation has an ein"
            faults.append(Fault("/tax_identifier/kind", message))
    if kind is PartyKind.ORGANIZATION:
        faults += [
            Fault(f"/{field}", "is a person's; the whole name of an organisation is its name")
            for field in ("first_name", "middle_name", "suffix")
            if given.get(field) is not None
        ]
    if faults:
        raise InvalidInput(faults)


async def _with_sealed(
    store: Store, provider_id: UUID, given: Mapping[str, object]
) -> dict[str, Any]:
    """The columns of what is given."""
    columns: dict[str, Any] = dict(given)
    if "tax_identifier" not in columns:
        return columns
    tax = columns.pop("tax_identifier")
    if not isinstance(tax, TaxIdentifier):
        cleared = ("tax_identifier_kind", "sealed_tax_identifier", "tax_identifier_end")
        return columns | dict.fromkeys(cleared)
    digits = tax.digits.get_secret_value()
    return columns | {
        "tax_identifier_kind": tax.kind,
        "sealed_tax_identifier": await store.secrets.seal(
            SEALED_TAX_IDENTIFIER, provider_id, digits.encode()
        ),
        "tax_identifier_end": digits[-_SHOWN_DIGITS:],
    }
