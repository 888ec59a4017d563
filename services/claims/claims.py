"""Claims: drafted with their lines, found, read, and edited while nobody else has them."""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from services.claims.billing_facts import fact_faults, period_faults
from services.claims.drafts import ClaimChanges, NewClaim, NewLine
from services.claims.lifecycle import EDITABLE
from services.claims.numbers import (
    line_control_number,
    patient_control_number,
    take_claim_numbers,
)
from services.claims.parties import PARTY_FIELDS, KnownParties, Parties, known_parties
from services.claims.patients import searchable
from services.outbox.events import publish
from services.refusals import Fault, InvalidInput, Refusal
from storage.errors import VersionConflict
from storage.filters import ByClaim, ClaimFilter
from storage.identifiers import new_ids
from storage.interface import Page, Store
from storage.tables.billing_facts import InstitutionalFacts, ProfessionalFacts
from storage.tables.claims import Claim, ClaimFields, ClaimLine, ClaimLineFields
from storage.vocabulary.billing import ClaimFrequency
from storage.vocabulary.claims import ClaimStatus, ClaimType
from storage.vocabulary.outbox import EventType

MOST_LINES_OF_TYPE: Mapping[ClaimType, int] = {
    ClaimType.PROFESSIONAL: 50,
    ClaimType.VISION: 50,
    ClaimType.DENTAL: 50,
    ClaimType.INSTITUTIONAL: 999,
    ClaimType.PHARMACY: 999,
}
"""How often the service line loop of a claim's form repeats: 837P and 837D 50, 837I 999."""


@dataclass
class ClaimNotEditable(Refusal):
    """The claim is past the states in which it may be changed."""

    title: ClassVar[str] = "The claim cannot be edited in its state"
    state: str
    editable_in: list[str]

    @property
    def detail(self) -> str:
        allowed = " or ".join(self.editable_in)
        return f"The claim is {self.state}; only one that is {allowed} can be edited."


@dataclass
class VoidNotEditable(Refusal):
    """A void claim says again what the payer took in, or it would void something else."""

    title: ClassVar[str] = "A void claim repeats its original and cannot be edited"

    @property
    def detail(self) -> str:
        return "Give it up and correct the original instead."


@dataclass(frozen=True)
class ClaimWithLines:
    """A claim and its lines, by line number."""

    claim: Claim
    lines: list[ClaimLine]


async def create_claim(store: Store, new: NewClaim) -> ClaimWithLines:
    """Draft a claim with its lines; the total is their sum.

    Raises InvalidInput with every reference that does not hold.
    """
    parties = _parties_of(new)
    known = await known_parties(store, [parties])
    if faults := [*known.faults(parties), *_content_faults(new)]:
        raise InvalidInput(faults)
    (number,) = await take_claim_numbers(store)
    claim = await store.claims.create(_claim_fields(new, number, known))
    await store.claim_lines.create_many(_line_fields(new, claim.id, claim.patient_control_number))
    return ClaimWithLines(claim, await lines_of(store, claim.id))


async def create_claims(store: Store, drafts: Sequence[NewClaim]) -> list[ClaimWithLines]:
    """Draft many claims in a constant number of statements.

    Raises InvalidInput; its pointers begin with the draft's place.
    """
    known = await known_parties(store, [_parties_of(new) for new in drafts])
    faults = [
        Fault(f"/{at}{fault.pointer}", fault.message)
        for at, new in enumerate(drafts)
        for fault in (
            *known.faults(_parties_of(new)),
            *_content_faults(new),
        )
    ]
    if faults:
        raise InvalidInput(faults)
    ids = new_ids(len(drafts))
    lines: list[ClaimLineFields] = []
    fields: list[ClaimFields] = []
    numbers = await take_claim_numbers(store, len(drafts)) if drafts else []
    for claim_id, new, number in zip(ids, drafts, numbers, strict=True):
        claim = _claim_fields(new, number, known)
        fields.append(claim)
        lines += _line_fields(new, claim_id, claim.patient_control_number)
    await store.claims.create_many(fields, ids=ids)
    await store.claim_lines.create_many(lines)
    return await with_lines(store, await store.claims.get_many(ids))


async def get_claim(store: Store, claim_id: UUID) -> ClaimWithLines:
    """The claim with its lines. Raises RowNotFound."""
    claim = await store.claims.get(claim_id)
    return ClaimWithLines(claim, await lines_of(store, claim_id))


async def list_claims(
    store: Store, conditions: ClaimFilter, *, limit: int, after: UUID | None
) -> Page[Claim]:
    """Claims without their lines, newest first; ``text`` as somebody types it."""
    if conditions.text is not None:
        conditions = dataclasses.replace(conditions, text=searchable(conditions.text, "/text"))
    return await store.claims.list(conditions, limit=limit, after=after)


async def update_claim(
    store: Store, claim_id: UUID, changes: ClaimChanges, *, expected_version: int
) -> ClaimWithLines:
    """Change a draft, or a rejected claim, which is a draft again after it.

    Raises RowNotFound, VersionConflict, ClaimNotEditable, InvalidInput.
    """
    claim = await hold_claim(store, claim_id, expected_version=expected_version)
    require_editable(claim)
    lines = await lines_of(store, claim_id)
    given = changes.given()
    faults = too_many_lines(changes.type or claim.type, len(lines))
    faults += fact_faults(_Changed(claim, given))
    if changed_parties := PARTY_FIELDS.intersection(given):
        parties = _parties_of(claim, changes)
        known = await known_parties(store, [parties])
        faults += known.faults(parties, changed=changed_parties)
        if not faults:
            given["patient_name_key"] = known.patients[parties.patient_id].name_key
    if faults:
        raise InvalidInput(faults)
    changed = await store.claims.update(
        claim_id, given | reopening(claim), expected_version=expected_version
    )
    await publish_reopened(store, claim)
    return ClaimWithLines(changed, lines)


async def hold_claim(store: Store, claim_id: UUID, *, expected_version: int) -> Claim:
    """The claim, held until the transaction ends. Raises RowNotFound, VersionConflict."""
    claim = await store.claims.lock(claim_id)
    if claim.version != expected_version:
        raise VersionConflict("claims")
    return claim


def require_editable(claim: Claim) -> None:
    """Raises ClaimNotEditable, VoidNotEditable."""
    if claim.frequency is ClaimFrequency.VOID:
        raise VoidNotEditable
    if claim.status not in EDITABLE:
        raise ClaimNotEditable(claim.status, sorted(str(each) for each in EDITABLE))


def reopening(claim: Claim) -> dict[str, object]:
    """What editing changes of the state: a rejected claim becomes a draft."""
    if claim.status is ClaimStatus.DRAFT:
        return {}
    return {"status": ClaimStatus.DRAFT, "status_reason": None}


async def publish_reopened(store: Store, claim: Claim) -> None:
    """Tell whoever has subscribed where editing has changed the state."""
    if reopening(claim):
        await publish(store, EventType.CLAIM_STATUS_CHANGED, "claims", claim.id)


async def lines_of(store: Store, claim_id: UUID) -> list[ClaimLine]:
    """The lines of a claim, by line number."""
    lines = await store.claim_lines.all(ByClaim(claim_id=claim_id))
    return sorted(lines, key=lambda line: line.line_number)


async def with_lines(store: Store, claims: Sequence[Claim]) -> list[ClaimWithLines]:
    """Claims with their lines, in the order given, by one statement."""
    by_claim: dict[UUID, list[ClaimLine]] = {claim.id: [] for claim in claims}
    for line in await store.claim_lines.all(ByClaim(claim_ids=list(by_claim))):
        by_claim[line.claim_id].append(line)
    return [
        ClaimWithLines(claim, sorted(by_claim[claim.id], key=lambda line: line.line_number))
        for claim in claims
    ]


def line_fields(
    new: NewLine, *, claim_id: UUID, control_number: str, line_number: int, claim_date: dt.date
) -> ClaimLineFields:
    """A line of a claim under its number; its date is the claim's where it has none of its own."""
    return ClaimLineFields(
        **dict(new) | {"service_date": new.service_date or claim_date},
        claim_id=claim_id,
        line_number=line_number,
        line_control_number=line_control_number(control_number, line_number),
    )


def too_many_lines(claim_type: ClaimType, count: int) -> list[Fault]:
    """A fault where a claim of this type cannot have so many lines."""
    most = MOST_LINES_OF_TYPE[claim_type]
    if count <= most:
        return []
    return [Fault("/lines", f"a {claim_type} claim has at most {most} lines")]


def _content_faults(new: NewClaim) -> list[Fault]:
    return [
        *too_many_lines(new.type, len(new.lines)),
        *fact_faults(new),
        *period_faults(new.lines, claim_date=new.service_date),
    ]


class _Changed:
    """What a claim states, as it will be after some changes."""

    def __init__(self, claim: Claim, given: Mapping[str, object]) -> None:
        stated: dict[str, Any] = {
            name: given.get(name, getattr(claim, name))
            for name in ("type", "diagnosis_codes", "professional", "institutional")
        }
        self.type: ClaimType = stated["type"]
        self.diagnosis_codes: list[str] = stated["diagnosis_codes"]
        self.professional: ProfessionalFacts | None = stated["professional"]
        self.institutional: InstitutionalFacts | None = stated["institutional"]


def _parties_of(claim: Claim | NewClaim, changes: ClaimChanges | None = None) -> Parties:
    """The parties of a claim, as they will be after the changes."""
    named = {name: getattr(claim, name) for name in PARTY_FIELDS}
    if changes is not None:
        named |= {name: value for name, value in changes.given().items() if name in PARTY_FIELDS}
    return Parties(**named)


def _claim_fields(new: NewClaim, number: str, known: KnownParties) -> ClaimFields:
    content = dict(new)
    del content["lines"]
    return ClaimFields(
        **content,
        claim_number=number,
        patient_control_number=patient_control_number(),
        patient_name_key=known.patients[new.patient_id].name_key,
        total_charge_cents=sum(line.charge_cents for line in new.lines),
    )


def _line_fields(new: NewClaim, claim_id: UUID, control_number: str) -> list[ClaimLineFields]:
    return [
        line_fields(
            line,
            claim_id=claim_id,
            control_number=control_number,
            line_number=line_number,
            claim_date=new.service_date,
        )
        for line_number, line in enumerate(new.lines, start=1)
    ]
