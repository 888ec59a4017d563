"""Taking emergency access: a reason, a proof of just now, and a letter to whoever must know."""

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

from services.identity.authentication import EMERGENCY_SCOPES, Principal
from services.identity.holders import holders_of
from services.identity.scopes import OUTSIDE_SCOPES, Scope
from services.inputs import Input, Reason
from services.outbox.emails import Email, send_email
from services.refusals import Category, Refusal
from storage.interface import Store
from storage.tables.emergency import EmergencyAccess, EmergencyAccessFields
from storage.vocabulary.emergency import EmergencyReason

REVIEWED_WITHIN = dt.timedelta(days=3)
"""How soon somebody else has to have looked at it."""

TOLD = Scope.ACCESS_REVIEW
"""Whoever can review emergency accesses is told of each at once."""


@dataclass
class EmergencyAccessOff(Refusal):
    """The company does without."""

    category: ClassVar[Category] = Category.FORBIDDEN
    title: ClassVar[str] = "The company has switched emergency access off"


@dataclass
class EmergencyRefused(Refusal):
    """Auditors from outside look after nobody."""

    category: ClassVar[Category] = Category.FORBIDDEN
    title: ClassVar[str] = "Emergency access is not for people from outside"


@dataclass
class EmergencyNotNeeded(Refusal):
    """Whoever asks may read all that an emergency would let them read."""

    title: ClassVar[str] = "You can read this without an emergency"


@dataclass
class EmergencyAccessHeld(Refusal):
    """It runs, and is not prolonged; when it is over it can be taken anew, with a new reason."""

    title: ClassVar[str] = "You have emergency access already"
    expires_at: dt.datetime


class Emergency(Input):
    """Why one has to see patients now. ``explanation`` holds no patient's data: others read it."""

    reason: EmergencyReason
    explanation: Reason


async def take_emergency_access(
    store: Store, principal: Principal, emergency: Emergency
) -> EmergencyAccess:
    """Let the session read patients from its next request on, for as long as the company says.

    Whoever reviews emergency accesses is told in the same transaction. Raises PersonNeeded,
    PasswordChangeDue, SecondFactorDue, ReauthenticationNeeded, EmergencyRefused,
    EmergencyAccessOff, EmergencyNotNeeded, EmergencyAccessHeld.
    """
    session_id = principal.require_session()
    principal.require_ready(Scope.PATIENTS_READ)
    principal.require_fresh_proof(store.now)
    if principal.scopes and principal.scopes <= OUTSIDE_SCOPES:
        raise EmergencyRefused
    company = await store.companies.get(store.company_id)
    if company.emergency_access_minutes is None:
        raise EmergencyAccessOff
    if principal.scopes >= EMERGENCY_SCOPES:
        raise EmergencyNotNeeded
    session = await store.person_sessions.lock(session_id)
    if session.emergency_until is not None and session.emergency_until > store.now:
        raise EmergencyAccessHeld(session.emergency_until)
    expires_at = store.now + dt.timedelta(minutes=company.emergency_access_minutes)
    access = await store.emergency_accesses.create(
        EmergencyAccessFields(
            person_id=principal.id,
            session_id=session_id,
            reason=emergency.reason,
            explanation=emergency.explanation,
            expires_at=expires_at,
            review_due_at=store.now + REVIEWED_WITHIN,
        )
    )
    await store.person_sessions.update(
        session_id,
        {"emergency_access_id": access.id, "emergency_until": expires_at},
        expected_version=session.version,
    )
    await _tell(store, principal, access)
    return access


async def _tell(store: Store, principal: Principal, access: EmergencyAccess) -> None:
    """Write to everybody who must know: few, and each has a letter of their own."""
    text = (
        f"{principal.name} has taken emergency access to patients' records.\n\n"
        f"Reason: {access.reason.replace('_', ' ')}\n"
        f"From:   {access.created_at:%Y-%m-%d %H:%M} UTC\n"
        f"Until:  {access.expires_at:%Y-%m-%d %H:%M} UTC\n"
        f"Access: {access.id}\n\n"
        "What was read is in the access log under this access. Somebody other than"
        f" {principal.name} has to review it before {access.review_due_at:%Y-%m-%d %H:%M} UTC.\n"
    )
    for person in await holders_of(store, TOLD):
        letter = Email(to=person.email, subject="Emergency access was taken", text=text)
        await send_email(store, letter, purpose="emergency_access")
