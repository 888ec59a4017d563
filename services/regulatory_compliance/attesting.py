"""Attesting: what a signed-in person puts their name to, and what becomes of it.

An attestation is bound to one version of the requirement and to the hashes of its evidence. It is
signed by people who have just proved who they are, one signature after another in the requirement's
chain (21 CFR 11.50, 11.70, 11.200); nothing about it is ever changed.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.company_calendar import company_calendar, company_today
from services.identity.authentication import Principal
from services.inputs import Input, LongText
from services.refusals import Fault, IllegalTransition, InvalidInput, Refusal
from services.regulatory_compliance.evidence import Day, current_versions
from services.regulatory_compliance.requirements import held_in_use
from services.regulatory_compliance.signature_chain import (
    FIRST_PREVIOUS_HASH,
    attestation_hash,
    signature_hash,
)
from services.regulatory_compliance.standing import (
    History,
    Standing,
    attestation_states,
    standing,
)
from services.regulatory_compliance.standings import history_of
from storage.errors import DuplicateValue
from storage.filters import AttestationFilter, ByRequirements, EvidenceLinkFilter, SignatureFilter
from storage.interface import Page, Store
from storage.tables.compliance import (
    AttestationFields,
    ComplianceAttestation,
    ComplianceEvidence,
    ComplianceRequirement,
    ComplianceSignature,
    ComplianceSignatureFields,
)
from storage.vocabulary.compliance import AttestationKind, AttestationStatus, SignatureKind

MEANINGS = {
    SignatureKind.ATTESTED: "I attest that the statement is true and rests on the evidence named.",
    SignatureKind.COSIGNED: "I have examined the attestation and attest to it as well.",
    SignatureKind.DISPUTED: "I dispute the attestation.",
    SignatureKind.UPHELD: "I have examined the dispute; the attestation stands.",
    SignatureKind.REVOKED: "I revoke the attestation.",
}
"""What each kind of signature means (21 CFR 11.50(a)(3)), as it is shown to who signs."""

LEGAL_MOVES = {
    SignatureKind.COSIGNED: frozenset({AttestationStatus.AWAITING_SIGNATURES}),
    SignatureKind.DISPUTED: frozenset({AttestationStatus.ATTESTED}),
    SignatureKind.UPHELD: frozenset({AttestationStatus.DISPUTED}),
    SignatureKind.REVOKED: frozenset(
        {
            AttestationStatus.AWAITING_SIGNATURES,
            AttestationStatus.ATTESTED,
            AttestationStatus.DISPUTED,
            AttestationStatus.SUPERSEDED,
        }
    ),
}
"""In which states an attestation takes each kind of signature; a revocation is final."""


class NewAttestation(Input):
    """What is attested of a requirement, and how long it holds.

    It completes the earliest period that is open, or that of what it supersedes, unless
    ``completes_period`` is false. Evidence is named by the ids of its versions, each of them the
    latest of what serves the requirement.
    """

    kind: AttestationKind
    statement: LongText
    evidence_ids: Annotated[list[UUID], Field(max_length=50)] = []
    valid_from: Day
    valid_until: Day | None = None
    completes_period: bool = True
    supersedes_id: UUID | None = None
    notes: LongText | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.valid_until is not None and self.valid_until < self.valid_from:
            raise ValueError("valid_until lies before valid_from")
        if len(set(self.evidence_ids)) != len(self.evidence_ids):
            raise ValueError("evidence_ids names something twice")
        return self


class AttestationReason(Input):
    """Why an attestation is disputed, upheld or revoked."""

    reason: LongText


@dataclass(frozen=True)
class AttestationDetail:
    """An attestation, where it stands, and its signatures in their order."""

    attestation: ComplianceAttestation
    status: AttestationStatus
    signatures: Sequence[ComplianceSignature]


@dataclass
class EvidenceMissing(Refusal):
    """The requirement asks for more kinds of evidence than the attestation names."""

    title: ClassVar[str] = "The requirement asks for evidence that is not there"
    evidence_required: list[str]


@dataclass
class SignedBefore(Refusal):
    """A quorum counts people: nobody signs one attestation twice."""

    title: ClassVar[str] = "You have signed this attestation before"


@dataclass
class NotTheirAttestation(Refusal):
    """Who settles a dispute has not put their name to the attestation before, nor disputed it."""

    title: ClassVar[str] = "Somebody else must settle the dispute"


async def attest(
    store: Store, principal: Principal, requirement_id: UUID, new: NewAttestation
) -> ComplianceAttestation:
    """Put one's name to a statement about a requirement.

    Raises RowNotFound, PersonNeeded, ReauthenticationNeeded, RequirementRetired, EvidenceMissing,
    InvalidInput.
    """
    principal.require_recent_proof(store.now)
    requirement = await held_in_use(store, requirement_id)
    calendar = await company_calendar(store)
    today = calendar.day_of(store.now)
    evidence = await _evidence(store, requirement, new.evidence_ids, today)
    history = await history_of(store, requirement_id)
    if new.valid_from > today:
        raise InvalidInput([Fault("/valid_from", "lies in the future")])
    if new.supersedes_id is not None:
        known = attestation_states(history, store.now)
        if known.get(new.supersedes_id) is not AttestationStatus.ATTESTED:
            raise InvalidInput(
                [Fault("/supersedes_id", "names no attestation of the requirement that stands")]
            )
    now = standing(history, on=today, known_at=store.now, is_business_day=calendar.is_business_day)
    content = history.contents[-1]
    expiries = [each.expires_on for each in evidence if each.expires_on is not None]
    fields = AttestationFields(
        requirement_id=requirement_id,
        content_number=content.number,
        schedule_number=content.schedule_number,
        period_number=_period_number(new, history, now),
        kind=new.kind,
        statement=new.statement,
        signed_on=today,
        valid_from=new.valid_from,
        valid_until=new.valid_until,
        evidence_ids=[each.id for each in evidence],
        evidence_until=min(expiries, default=None),
        notes=new.notes,
        quorum=content.quorum,
        supersedes_id=new.supersedes_id,
        content_hash=b"",
    )
    versions = await store.requirement_versions.all(
        ByRequirements(requirement_ids=[requirement_id])
    )
    (version,) = (each for each in versions if each.number == content.number)
    fields.content_hash = attestation_hash(
        fields,
        requirement_hash=version.content_hash,
        evidence_hashes=[each.content_hash for each in evidence],
    )
    attestation = await store.compliance_attestations.create(fields)
    await _sign(store, principal, attestation, SignatureKind.ATTESTED, None)
    return attestation


async def sign(
    store: Store,
    principal: Principal,
    attestation_id: UUID,
    kind: SignatureKind,
    reason: str | None = None,
) -> ComplianceSignature:
    """Cosign, dispute, uphold or revoke an attestation.

    Raises RowNotFound, PersonNeeded, ReauthenticationNeeded, IllegalTransition, SignedBefore,
    NotTheirAttestation.
    """
    principal.require_recent_proof(store.now)
    attestation = await store.compliance_attestations.get(attestation_id)
    await store.compliance_requirements.lock(attestation.requirement_id)
    state = await _state(store, attestation)
    if state not in LEGAL_MOVES[kind]:
        legal = [each.value for each, states in LEGAL_MOVES.items() if state in states]
        raise IllegalTransition("attestation", state, kind, legal)
    if kind is SignatureKind.UPHELD:
        await _refuse_own_case(store, principal, attestation)
    return await _sign(store, principal, attestation, kind, reason)


async def detail_of(store: Store, attestation_id: UUID) -> AttestationDetail:
    """An attestation with where it stands today. Raises RowNotFound."""
    attestation = await store.compliance_attestations.get(attestation_id)
    state = await _state(store, attestation)
    until = attestation.valid_until
    if state is AttestationStatus.ATTESTED and until and until < await company_today(store):
        state = AttestationStatus.EXPIRED
    signatures = await _signatures(store, attestation_id)
    return AttestationDetail(attestation, state, signatures)


async def list_attestations(
    store: Store, conditions: AttestationFilter, *, limit: int, after: UUID | None
) -> Page[ComplianceAttestation]:
    """Attestations, newest first."""
    return await store.compliance_attestations.list(conditions, limit=limit, after=after)


def _period_number(new: NewAttestation, history: History, now: Standing | None) -> int | None:
    """Of which period it is. What takes the place of another does in its period as well: that
    counts for nothing from then on, and would leave its period open."""
    if not new.completes_period:
        return None
    content = history.contents[-1]
    for each in history.attestations:
        if (
            each.id == new.supersedes_id
            and each.period_number is not None
            and each.schedule_number == content.schedule_number
            and each.content_number >= content.material_number
        ):
            return each.period_number
    return None if now is None or now.period is None else now.period.number


async def _evidence(
    store: Store, requirement: ComplianceRequirement, evidence_ids: Sequence[UUID], today: dt.date
) -> list[ComplianceEvidence]:
    """What is named, in the order given: what is not in effect yet shows nothing. Raises
    EvidenceMissing, InvalidInput."""
    if requirement.content.evidence_required and not evidence_ids:
        raise EvidenceMissing(requirement.content.evidence_required)
    links = await store.evidence_links.all(EvidenceLinkFilter(requirement_id=requirement.id))
    latest = {
        each.id: each for each in await current_versions(store, [each.series_id for each in links])
    }
    faults = [
        Fault(f"/evidence_ids/{place}", "is not the latest version of what serves the requirement")
        for place, each in enumerate(evidence_ids)
        if each not in latest
    ]
    faults += [
        Fault(f"/evidence_ids/{place}", f"is not in effect before {latest[each].effective_on}")
        for place, each in enumerate(evidence_ids)
        if each in latest and latest[each].effective_on > today
    ]
    if faults:
        raise InvalidInput(faults)
    return [latest[each] for each in evidence_ids]


async def _state(store: Store, attestation: ComplianceAttestation) -> AttestationStatus:
    """Where it stands by its signatures."""
    history = await history_of(store, attestation.requirement_id)
    return attestation_states(history, store.now)[attestation.id]


async def _signatures(store: Store, attestation_id: UUID) -> list[ComplianceSignature]:
    """In the order in which they were given."""
    return await store.compliance_signatures.all(SignatureFilter(attestation_id=attestation_id))


async def _refuse_own_case(
    store: Store, principal: Principal, attestation: ComplianceAttestation
) -> None:
    """Raises NotTheirAttestation for whoever signed it, disputed it or upheld it before."""
    signatures = await _signatures(store, attestation.id)
    if any(each.person_id == principal.id for each in signatures):
        raise NotTheirAttestation


async def _sign(
    store: Store,
    principal: Principal,
    attestation: ComplianceAttestation,
    kind: SignatureKind,
    reason: str | None,
) -> ComplianceSignature:
    """Add the next link to the chain of a requirement that is held."""
    person = await store.people.get(principal.id)
    chain = await store.compliance_signatures.list(
        SignatureFilter(requirement_ids=[attestation.requirement_id]), limit=1
    )
    last = chain.rows[0] if chain.rows else None
    fields = ComplianceSignatureFields(
        requirement_id=attestation.requirement_id,
        attestation_id=attestation.id,
        number=1 if last is None else last.number + 1,
        kind=kind,
        person_id=principal.id,
        session_id=principal.require_session(),
        printed_name=person.name,
        meaning=MEANINGS[kind],
        reason=reason,
        signed_at=store.now,
        content_hash=attestation.content_hash,
        previous_hash=FIRST_PREVIOUS_HASH if last is None else last.signature_hash,
        signature_hash=b"",
    )
    fields.signature_hash = signature_hash(fields)
    try:
        return await store.compliance_signatures.create(fields)
    except DuplicateValue as error:
        raise SignedBefore from error
