"""Recording disclosures, and correcting the record without losing what it said."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from services.disclosures.accounting_rules import LONGEST_ORAL_SUSPENSION
from services.disclosures.authorities import AUTHORITIES
from services.inputs import SEVERAL_LINES, Input, Name, Reason
from services.refusals import Fault, InvalidInput, Refusal
from storage.clock import today_in
from storage.filters import DisclosureFilter
from storage.interface import Page, Store
from storage.tables.disclosures import Disclosure, DisclosureFields
from storage.vocabulary.disclosures import DisclosureAuthority

_EARLIEST = dt.date(1996, 8, 21)
"""HIPAA became law; there is nothing earlier to account for."""

Address = Annotated[str, Field(min_length=1, max_length=500, pattern=SEVERAL_LINES)]
Account = Annotated[str, Field(min_length=1, max_length=1000, pattern=SEVERAL_LINES)]
Day = Annotated[dt.date, Field(ge=_EARLIEST)]


@dataclass
class DisclosureSuperseded(Refusal):
    """Only the last version of a disclosure can be corrected."""

    title: ClassVar[str] = "A later version of the disclosure is there"
    superseded_by: UUID


class Suspension(Input):
    """An agency or official stated that an accounting would impede their work: 164.528(a)(2). An
    oral statement holds for thirty days."""

    since: Day
    until: Day
    stated_by: Name
    is_oral: bool


class DisclosureContent(Input):
    """When what was disclosed to whom, for what, and by which rule."""

    disclosed_on: Day
    recipient_name: Name
    recipient_address: Address | None = None
    description: Account
    authority: DisclosureAuthority = Field(examples=[DisclosureAuthority.HEALTH_OVERSIGHT])
    purpose: Account
    suspension: Suspension | None = None


class NewDisclosure(DisclosureContent):
    """A disclosure of one patient's data."""

    patient_id: UUID


class Correction(DisclosureContent):
    """A disclosure as it should have been recorded, and why it was not."""

    reason: Reason


class DisclosureVersion(DisclosureFields):
    """A disclosure as it was recorded, and the version that took its place."""

    id: UUID
    recorded_at: dt.datetime
    recorded_by: UUID
    superseded_by: UUID | None


async def record_disclosure(store: Store, new: NewDisclosure) -> DisclosureVersion:
    """Raises InvalidInput, ReferenceNotFound."""
    await _check(store, new)
    return _version(await store.disclosures.create(_fields(new.patient_id, new)), None)


async def correct_disclosure(
    store: Store, disclosure_id: UUID, correction: Correction
) -> DisclosureVersion:
    """Put another version in the place of the last; the earlier one stays to be read.

    Raises RowNotFound, DisclosureSuperseded, InvalidInput.
    """
    last = await _last(store, disclosure_id)
    await _check(store, correction)
    fields = _fields(last.patient_id, correction)
    fields.supersedes_id = last.id
    fields.correction_reason = correction.reason
    return _version(await store.disclosures.create(fields), None)


async def withdraw_disclosure(
    store: Store, disclosure_id: UUID, *, reason: str
) -> DisclosureVersion:
    """Say that there was no such disclosure. Raises RowNotFound, DisclosureSuperseded."""
    last = await _last(store, disclosure_id)
    fields = DisclosureFields(
        **{name: getattr(last, name) for name in DisclosureFields.model_fields}
    )
    fields.supersedes_id = last.id
    fields.correction_reason = reason
    fields.is_withdrawn = True
    return _version(await store.disclosures.create(fields), None)


async def get_disclosure(store: Store, disclosure_id: UUID) -> DisclosureVersion:
    """Raises RowNotFound."""
    disclosure = await store.disclosures.get(disclosure_id)
    successors = await _successors(store, [disclosure])
    return _version(disclosure, successors.get(disclosure.id))


async def list_disclosures(
    store: Store, conditions: DisclosureFilter, *, limit: int, after: UUID | None
) -> Page[DisclosureVersion]:
    """Every version, the last recorded first."""
    found = await store.disclosures.list(conditions, limit=limit, after=after)
    successors = await _successors(store, found.rows)
    rows = [_version(each, successors.get(each.id)) for each in found.rows]
    return Page(rows, found.next_after)


def _version(disclosure: Disclosure, superseded_by: UUID | None) -> DisclosureVersion:
    return DisclosureVersion(**vars(disclosure), superseded_by=superseded_by)


async def _last(store: Store, disclosure_id: UUID) -> Disclosure:
    """A disclosure that nothing supersedes; of two corrections at once one comes second."""
    disclosure = await store.disclosures.get(disclosure_id)
    await store.wait_for_lock(f"disclosure/{disclosure_id}")
    successors = await _successors(store, [disclosure])
    if disclosure.id in successors:
        raise DisclosureSuperseded(successors[disclosure.id])
    return disclosure


async def _successors(store: Store, rows: Sequence[Disclosure]) -> Mapping[UUID, UUID]:
    found = await store.disclosures.all(DisclosureFilter(supersedes_ids=[row.id for row in rows]))
    return {each.supersedes_id: each.id for each in found if each.supersedes_id is not None}


async def _check(store: Store, content: DisclosureContent) -> None:
    company = await store.companies.get(store.company_id)
    faults = []
    if content.disclosed_on > today_in(store.clock, company.time_zone):
        faults.append(Fault("/disclosed_on", "lies in the future"))
    suspension = content.suspension
    if suspension is not None:
        if not AUTHORITIES[content.authority].can_be_suspended:
            faults.append(Fault("/suspension", f"there is none for {content.authority}"))
        if suspension.until < suspension.since:
            faults.append(Fault("/suspension/until", "is not before since"))
        if suspension.is_oral and suspension.until - suspension.since > LONGEST_ORAL_SUSPENSION:
            days = LONGEST_ORAL_SUSPENSION.days
            faults.append(Fault("/suspension/until", f"is {days} days after an oral statement"))
    if faults:
        raise InvalidInput(faults)


def _fields(patient_id: UUID, content: DisclosureContent) -> DisclosureFields:
    suspension = content.suspension
    return DisclosureFields(
        patient_id=patient_id,
        disclosed_on=content.disclosed_on,
        recipient_name=content.recipient_name,
        recipient_address=content.recipient_address,
        description=content.description,
        authority=content.authority,
        purpose=content.purpose,
        is_accountable=AUTHORITIES[content.authority].is_accountable,
        suspended_from=None if suspension is None else suspension.since,
        suspended_until=None if suspension is None else suspension.until,
        suspended_for=None if suspension is None else suspension.stated_by,
        suspension_is_oral=suspension is not None and suspension.is_oral,
    )
