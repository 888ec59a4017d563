"""An auditor's access from outside: to what is in the scope of one audit, until it ends.

Such a person has the role of an external auditor, which holds one scope and nothing else; the
routes of that scope read through ``admitted``, which asks on every request whether an access
stands. That is the one place where it is decided.
"""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, JsonValue

from services.company_calendar import company_today
from services.identity.authentication import Principal, SecondFactorDue
from services.identity.roles import scopes_held
from services.identity.scopes import OUTSIDE_SCOPES, Scope
from services.inputs import Input, Reason
from services.refusals import Fault, IllegalTransition, InvalidInput
from services.regulatory_compliance.evidence import Day
from storage.errors import RowNotFound, VersionConflict
from storage.filters import AuditAccessFilter
from storage.interface import Store
from storage.tables.audits import AuditAccess, AuditAccessFields, RegulatoryAudit

LONGEST_DAYS = 366
"""For so long an access is given at once; it can be prolonged."""

_EXAMPLE: JsonValue = {
    "person_id": "01a1fd87-34ee-71ca-b850-10bcf0bfc799",
    "reason": "The audit of the Security Rule, by contract of 2 March.",
    "ends_on": "2026-09-30",
}


class NewAuditAccess(Input):
    """Who may read what is in the audit's scope, why, and until the end of which day."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    person_id: UUID
    reason: Reason
    ends_on: Day


class AuditAccessChanges(Input):
    """Until the end of which day it goes on."""

    ends_on: Day


class AuditAccessRevocation(Input):
    """Why it ends at once."""

    reason: Reason


@dataclass(frozen=True)
class StandingAccess:
    """An audit that somebody may read, and the moment when that ends."""

    audit: RegulatoryAudit
    ends_at: dt.datetime


async def give_access(store: Store, audit_id: UUID, new: NewAuditAccess) -> AuditAccess:
    """Let an external auditor read what is in the scope of an audit.

    Raises RowNotFound, DuplicateValue, InvalidInput for somebody who is not there, or could read
    other things as well, and for a day that is over or more than a year ahead.
    """
    await store.regulatory_audits.get(audit_id)
    await _check_person(store, new.person_id)
    return await store.audit_accesses.create(
        AuditAccessFields(
            audit_id=audit_id,
            person_id=new.person_id,
            reason=new.reason,
            ends_at=await _end_of(store, new.ends_on),
        )
    )


async def prolong_access(
    store: Store, access_id: UUID, changes: AuditAccessChanges, *, expected_version: int
) -> AuditAccess:
    """Let it end on another day. Raises RowNotFound, VersionConflict, IllegalTransition."""
    access = await _held(store, access_id, expected_version)
    return await store.audit_accesses.update(
        access_id,
        {"ends_at": await _end_of(store, changes.ends_on)},
        expected_version=access.version,
    )


async def revoke_access(
    store: Store, access_id: UUID, reason: str, *, expected_version: int
) -> AuditAccess:
    """End it at once, for good. Raises RowNotFound, VersionConflict, IllegalTransition."""
    access = await _held(store, access_id, expected_version)
    return await store.audit_accesses.update(
        access_id,
        {"revoked_at": store.now, "revocation_reason": reason},
        expected_version=access.version,
    )


async def accesses_to(store: Store, audit_id: UUID) -> list[AuditAccess]:
    """Every access that was given, oldest first. Raises RowNotFound."""
    await store.regulatory_audits.get(audit_id)
    return await store.audit_accesses.all(AuditAccessFilter(audit_id=audit_id))


async def admitted(store: Store, principal: Principal, audit_id: UUID) -> RegulatoryAudit:
    """The audit, if the principal may read what is in its scope now: by an access that stands, or
    because they manage audits and look at what an auditor sees.

    Raises RowNotFound, the same for an audit that is not there and one that is not theirs;
    SecondFactorDue.
    """
    audit = await store.regulatory_audits.get(audit_id)
    if Scope.AUDITS_MANAGE in principal.scopes:
        return audit
    conditions = AuditAccessFilter(audit_id=audit_id, person_id=principal.id, is_standing=True)
    if not any(each.ends_at > store.now for each in await store.audit_accesses.all(conditions)):
        raise RowNotFound("regulatory_audits")
    _require_second_factor(principal)
    return audit


async def audits_admitted_to(store: Store, principal: Principal) -> list[StandingAccess]:
    """The audits that somebody was given access to and may read now. Raises SecondFactorDue."""
    conditions = AuditAccessFilter(person_id=principal.id, is_standing=True)
    ends = {
        each.audit_id: each.ends_at
        for each in await store.audit_accesses.all(conditions)
        if each.ends_at > store.now
    }
    if ends:
        _require_second_factor(principal)
    found = await store.regulatory_audits.get_many(sorted(ends))
    return [StandingAccess(each, ends[each.id]) for each in found]


def _require_second_factor(principal: Principal) -> None:
    """Also of whoever was given another role since, which needs none. Raises SecondFactorDue."""
    if not principal.has_second_factor:
        raise SecondFactorDue(Scope.AUDITED_READ)


async def _held(store: Store, access_id: UUID, expected_version: int) -> AuditAccess:
    access = await store.audit_accesses.lock(access_id)
    if access.version != expected_version:
        raise VersionConflict("audit_accesses")
    if access.revoked_at is not None:
        raise IllegalTransition("access", "revoked", "changed", [])
    return access


async def _check_person(store: Store, person_id: UUID) -> None:
    people = await store.people.get_many([person_id])
    if not people or people[0].disabled_at is not None:
        raise InvalidInput([Fault("/person_id", "names nobody who is enabled")])
    if await scopes_held(store, people[0]) != OUTSIDE_SCOPES:
        why = "does not have the role of an external auditor, and so could read other things"
        raise InvalidInput([Fault("/person_id", why)])


async def _end_of(store: Store, day: dt.date) -> dt.datetime:
    """The midnight in which a day of the company's ends."""
    today = await company_today(store)
    if not today <= day <= today + dt.timedelta(days=LONGEST_DAYS):
        raise InvalidInput([Fault("/ends_on", "is over, or more than a year ahead")])
    zone = ZoneInfo((await store.companies.get(store.company_id)).time_zone)
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), zone).astimezone(dt.UTC)
