"""Patients' insurances: by whom, under which number, whose policy, from when until when.

A patient has at most one coverage by one payer on any day, so that a claim's payer and date of
service name one.
"""

import datetime as dt
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.claims.drafts import CalendarDay
from services.inputs import ONE_LINE, Identifier, Input, left_out
from services.refusals import Fault, InvalidInput
from storage.errors import VersionConflict
from storage.filters import CoverageFilter
from storage.interface import Page, Store
from storage.tables.addresses import SubscriberDetails
from storage.tables.parties import Coverage, CoverageFields
from storage.vocabulary.parties import FilingIndicator, InsuranceType, Relationship

GroupNumber = Annotated[str, Field(min_length=1, max_length=50, pattern=ONE_LINE)]
GroupName = Annotated[str, Field(min_length=1, max_length=60, pattern=ONE_LINE)]


class NewCoverage(Input):
    """An insurance of a patient. ``subscriber`` is given where somebody else has the policy."""

    patient_id: UUID
    payer_id: UUID
    member_id: Identifier
    relationship: Relationship
    subscriber: Annotated[SubscriberDetails | None, Field(examples=[None])] = None
    group_number: GroupNumber | None = None
    group_name: GroupName | None = None
    filing_indicator: FilingIndicator
    insurance_type: Annotated[InsuranceType | None, Field(examples=[None])] = None
    effective_from: CalendarDay
    effective_until: Annotated[CalendarDay | None, Field(examples=[None])] = None


class CoverageChanges(Input):
    """What to change; what is left out stays. Another patient or payer is another coverage."""

    member_id: Identifier = left_out()
    relationship: Relationship = left_out()
    subscriber: Annotated[SubscriberDetails | None, Field(examples=[None])] = None
    group_number: GroupNumber | None = None
    group_name: GroupName | None = None
    filing_indicator: FilingIndicator = left_out()
    insurance_type: Annotated[InsuranceType | None, Field(examples=[None])] = None
    effective_from: Annotated[CalendarDay, Field(examples=["2025-01-01"])] = left_out()
    effective_until: Annotated[CalendarDay | None, Field(examples=["2025-12-31"])] = None


async def create_coverage(store: Store, new: NewCoverage) -> Coverage:
    """Raises InvalidInput, also where it overlaps another coverage by the same payer."""
    faults = []
    if not await store.patients.get_many([new.patient_id]):
        faults.append(Fault("/patient_id", "names nothing that exists"))
    if not await store.payers.get_many([new.payer_id]):
        faults.append(Fault("/payer_id", "names nothing that exists"))
    if faults:
        raise InvalidInput(faults)
    fields = CoverageFields(**dict(new))
    await _check(store, fields, but=None)
    return await store.coverages.create(fields)


async def get_coverage(store: Store, coverage_id: UUID) -> Coverage:
    """Raises RowNotFound."""
    return await store.coverages.get(coverage_id)


async def list_coverages(
    store: Store, conditions: CoverageFilter, *, limit: int, after: UUID | None
) -> Page[Coverage]:
    """Coverages, newest first."""
    return await store.coverages.list(conditions, limit=limit, after=after)


async def update_coverage(
    store: Store, coverage_id: UUID, changes: CoverageChanges, *, expected_version: int
) -> Coverage:
    """Change a coverage. Raises RowNotFound, VersionConflict, InvalidInput."""
    held = await store.coverages.lock(coverage_id)
    if held.version != expected_version:
        raise VersionConflict("coverages")
    given = changes.given()
    columns = {name: getattr(held, name) for name in CoverageFields.model_fields}
    await _check(store, CoverageFields(**columns | given), but=coverage_id)
    return await store.coverages.update(coverage_id, given, expected_version=expected_version)


async def _check(store: Store, wanted: CoverageFields, *, but: UUID | None) -> None:
    """Raises InvalidInput. Holds the patient, so that nobody enters what overlaps meanwhile."""
    faults = []
    is_own = wanted.relationship is Relationship.SELF
    if is_own and wanted.subscriber is not None:
        message = "is named beside the relationship 18, which says that the patient has the policy"
        faults.append(Fault("/subscriber", message))
    if not is_own and wanted.subscriber is None:
        faults.append(Fault("/subscriber", "is needed where somebody else has the policy"))
    ends_on = wanted.effective_until or dt.date.max
    if ends_on < wanted.effective_from:
        faults.append(Fault("/effective_until", "lies before the coverage begins"))
    await store.patients.lock(wanted.patient_id)
    others = await store.coverages.all(
        CoverageFilter(patient_id=wanted.patient_id, payer_id=wanted.payer_id)
    )
    overlaps = any(
        other.id != but
        and other.effective_from <= ends_on
        and wanted.effective_from <= (other.effective_until or dt.date.max)
        for other in others
    )
    if overlaps:
        message = "falls into another coverage of the patient by this payer; end that one first"
        faults.append(Fault("/effective_from", message, "overlap"))
    if faults:
        raise InvalidInput(faults)
