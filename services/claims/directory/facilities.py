"""Places where services are given."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.claims.directory.care_providers import Npi, npi_faults
from services.inputs import ONE_LINE, Identifier, Input, left_out
from services.refusals import InvalidInput
from storage.filters import FacilityFilter
from storage.interface import Page, Store
from storage.tables.addresses import PostalAddress
from storage.tables.parties import Facility, FacilityFields

FacilityName = Annotated[str, Field(min_length=1, max_length=60, pattern=ONE_LINE)]


class NewFacility(Input):
    """A place to register. ``identifier`` is what claims name it by, often its NPI."""

    identifier: Identifier
    name: FacilityName
    npi: Npi | None = None
    address: PostalAddress


class FacilityChanges(Input):
    """What to change; what is left out stays."""

    name: FacilityName = left_out()
    npi: Npi | None = None
    address: PostalAddress = left_out()
    is_active: bool = left_out()


async def create_facility(store: Store, new: NewFacility) -> Facility:
    """Raises InvalidInput, DuplicateValue for a known identifier."""
    _check(new.npi)
    return await store.facilities.create(FacilityFields(**dict(new)))


async def get_facility(store: Store, facility_id: UUID) -> Facility:
    """Raises RowNotFound."""
    return await store.facilities.get(facility_id)


async def list_facilities(
    store: Store, conditions: FacilityFilter, *, limit: int, after: UUID | None
) -> Page[Facility]:
    """Facilities, newest first."""
    return await store.facilities.list(conditions, limit=limit, after=after)


async def update_facility(
    store: Store, facility_id: UUID, changes: FacilityChanges, *, expected_version: int
) -> Facility:
    """Change a facility. Raises RowNotFound, VersionConflict, InvalidInput."""
    _check(changes.npi)
    return await store.facilities.update(
        facility_id, changes.given(), expected_version=expected_version
    )


def _check(npi: str | None) -> None:
    """Raises InvalidInput."""
    if faults := npi_faults(npi, "/npi"):
        raise InvalidInput(faults)
