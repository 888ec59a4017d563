"""The moves of a claim on its way out, and what each does to the books.

"Submitted" means that a file with the claim was delivered (``services.claims.clearing``), or that
somebody recorded a transmission made elsewhere, with its reference. From then on the charge stands
in the ledger and the claim's balances equal it; a claim that comes back or is given up leaves a
contra entry.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.claims.claims import ClaimWithLines, hold_claim, lines_of
from services.claims.clearing.hold import require_in_no_file
from services.claims.clearing.waiting import retry_waiting
from services.claims.drafts import NewAcknowledgement, NewTransmission
from services.claims.ledger.charges import booked_cents, charge_entry
from services.claims.ledger.claim_balances import has_money
from services.claims.lifecycle import ON_ITS_WAY, require_move
from services.claims.readiness import ClaimNotValid, findings_about, obstacles
from services.claims.remittances.posting import WAITING_KINDS, arrivals_of, post_arrivals
from services.claims.replacing.charges import give_back_charges, take_over_charges
from services.claims.scrubbing.duplicates import wait_to_bill
from services.claims.scrubbing.releases import ClaimHeld
from services.claims.validation.findings import Finding
from services.company_calendar import company_today
from services.outbox.events import publish, publish_many
from services.refusals import Fault, InvalidInput, Refusal
from storage.filters import DenialFilter, RemittanceExceptionFilter
from storage.interface import Store
from storage.tables.claims import (
    Claim,
    ClaimAcknowledgementFields,
    ClaimTransmissionFields,
)
from storage.vocabulary.claims import (
    AcknowledgementOutcome,
    AdjudicationStatus,
    ClaimStatus,
    DenialStatus,
    ExceptionStatus,
)
from storage.vocabulary.denials import SupersededBecause
from storage.vocabulary.outbox import EventType


@dataclass
class ClaimAdjudicated(Refusal):
    """A payer that has decided about a claim has taken it in, and cannot have rejected it."""

    title: ClassVar[str] = "A payer has decided about the claim already"
    adjudication_status: str


@dataclass
class ClaimHasMoney(Refusal):
    """Money stands on the claim; it cannot be taken back as a whole."""

    title: ClassVar[str] = "Money has been posted to the claim"
    payment_cents: int
    write_off_cents: int
    patient_balance_cents: int
    insurance_write_off_cents: int

    @property
    def detail(self) -> str:
        return (
            "Only a reversal by the payer takes back what it decided; wait for its remittance. What"
            " the company wrote off is reversed here first."
        )


async def validate_claim(store: Store, claim_id: UUID) -> list[Finding]:
    """All findings about a claim as it stands; nothing is changed. Raises RowNotFound."""
    return await findings_about(store, await store.claims.get(claim_id))


async def make_ready(
    store: Store, claim_id: UUID, *, expected_version: int
) -> ClaimWithLines | ClaimNotValid | ClaimHeld:
    """Declare a draft complete. What the scrubber says of it is kept even where it is refused, so
    that is returned and not raised: every error, or the rules that hold the claim.

    Raises RowNotFound, VersionConflict, IllegalTransition.
    """
    claim = await hold_claim(store, claim_id, expected_version=expected_version)
    require_move(claim.status, ClaimStatus.READY_TO_SUBMIT)
    await wait_to_bill(store, [claim])
    if (refusal := (await obstacles(store, [claim])).get(claim_id)) is not None:
        return refusal
    return await _move(store, claim, ClaimStatus.READY_TO_SUBMIT, {})


async def reopen(store: Store, claim_id: UUID, *, expected_version: int) -> ClaimWithLines:
    """Make a ready or rejected claim a draft again.

    Raises RowNotFound, VersionConflict, IllegalTransition, ClaimInFile.
    """
    claim = await hold_claim(store, claim_id, expected_version=expected_version)
    await require_in_no_file(store, claim_id)
    return await _move(store, claim, ClaimStatus.DRAFT, {"status_reason": None})


async def void(
    store: Store, claim_id: UUID, reason: str, *, expected_version: int
) -> ClaimWithLines:
    """Give a claim up: a contra entry takes its charge back, and its denials need no more work.

    Raises RowNotFound, VersionConflict, IllegalTransition, ClaimHasMoney, ClaimInFile.
    """
    claim = await hold_claim(store, claim_id, expected_version=expected_version)
    await require_in_no_file(store, claim_id)
    require_move(claim.status, ClaimStatus.VOIDED)
    _refuse_money(claim)
    denials = await store.denials.lock_all(
        DenialFilter(claim_id=claim_id, status=DenialStatus.OPEN)
    )
    await store.denials.update_many(
        {each.id: each.version for each in denials},
        {
            "status": [DenialStatus.SUPERSEDED] * len(denials),
            "superseded_because": [SupersededBecause.CLAIM_VOIDED] * len(denials),
        },
    )
    return await _take_back(store, claim, ClaimStatus.VOIDED, reason)


async def record_transmission(
    store: Store, claim_id: UUID, transmission: NewTransmission, *, expected_version: int
) -> ClaimWithLines:
    """Record that a ready claim went out: it is submitted, and its charge enters the ledger.

    Raises RowNotFound, VersionConflict, IllegalTransition, InvalidInput, ClaimInFile.
    """
    claim = await hold_claim(store, claim_id, expected_version=expected_version)
    require_move(claim.status, ClaimStatus.SUBMITTED)
    await require_in_no_file(store, claim_id)
    await submit_claims(store, [claim], transmission)
    return ClaimWithLines(await store.claims.get(claim_id), await lines_of(store, claim_id))


async def submit_claims(
    store: Store,
    claims: Sequence[Claim],
    transmission: NewTransmission,
    *,
    batch_id: UUID | None = None,
) -> None:
    """Submit ready claims that the caller holds, in a constant number of statements.

    Whatever was already answered or paid about them waited in a queue and is done now.
    Raises InvalidInput for a transmission in the future.
    """
    if transmission.transmitted_at > store.now:
        raise InvalidInput([Fault("/transmitted_at", "lies in the future")])
    today = await company_today(store)
    await store.claims.update_many(
        {claim.id: claim.version for claim in claims},
        {
            "status": [ClaimStatus.SUBMITTED] * len(claims),
            "status_reason": [None] * len(claims),
            "submitted_at": [transmission.transmitted_at] * len(claims),
            "insurance_balance_cents": [booked_cents(claim) for claim in claims],
        },
    )
    await record_transmissions(store, claims, transmission, batch_id=batch_id)
    await store.ledger_entries.create_many(
        [charge_entry(claim, booked_cents(claim), today) for claim in claims if booked_cents(claim)]
    )
    await take_over_charges(store, claims)
    claim_ids = [claim.id for claim in claims]
    await publish_many(store, EventType.CLAIM_STATUS_CHANGED, "claims", claim_ids)
    await retry_waiting(store, claims)
    await _resume_posting(store, claim_ids)


async def record_transmissions(
    store: Store,
    claims: Sequence[Claim],
    transmission: NewTransmission,
    *,
    batch_id: UUID | None = None,
) -> None:
    """The proof that claims went out. Of claims that are submitted already, it is all that their
    way to the next payer leaves: the charge stands in the ledger once."""
    await store.claim_transmissions.create_many(
        [
            ClaimTransmissionFields(claim_id=claim.id, batch_id=batch_id, **dict(transmission))
            for claim in claims
        ]
    )


async def record_acknowledgement(
    store: Store, claim_id: UUID, acknowledgement: NewAcknowledgement, *, expected_version: int
) -> ClaimWithLines:
    """Record what a clearinghouse or payer said before any adjudication.

    A rejection is no denial: the claim was not taken in, its charge leaves the ledger, and the
    days for filing go on. Raises RowNotFound, VersionConflict, IllegalTransition,
    ClaimAdjudicated, ClaimHasMoney, InvalidInput.
    """
    claim = await hold_claim(store, claim_id, expected_version=expected_version)
    is_rejection = acknowledgement.outcome is AcknowledgementOutcome.REJECTED
    require_move(claim.status, ClaimStatus.REJECTED if is_rejection else ClaimStatus.ACCEPTED)
    if is_rejection:
        if claim.adjudication_status != AdjudicationStatus.NOT_ADJUDICATED:
            raise ClaimAdjudicated(claim.adjudication_status)
        _refuse_money(claim)
        if acknowledgement.reason is None:
            raise InvalidInput([Fault("/reason", "is needed for a rejection")])
    await store.claim_acknowledgements.create(
        ClaimAcknowledgementFields(claim_id=claim_id, **dict(acknowledgement))
    )
    if is_rejection:
        return await _take_back(store, claim, ClaimStatus.REJECTED, acknowledgement.reason)
    number = acknowledgement.payer_claim_number or claim.payer_claim_number
    return await _move(store, claim, ClaimStatus.ACCEPTED, {"payer_claim_number": number})


async def _move(
    store: Store, claim: Claim, wanted: ClaimStatus, changes: dict[str, object]
) -> ClaimWithLines:
    require_move(claim.status, wanted)
    moved = await store.claims.update(
        claim.id, changes | {"status": wanted}, expected_version=claim.version
    )
    await publish(store, EventType.CLAIM_STATUS_CHANGED, "claims", claim.id)
    return ClaimWithLines(moved, await lines_of(store, claim.id))


async def _take_back(
    store: Store, claim: Claim, wanted: ClaimStatus, reason: str | None
) -> ClaimWithLines:
    """Move on with the charge out of the ledger and every balance zero."""
    if claim.status in ON_ITS_WAY:
        today = await company_today(store)
        if booked_cents(claim):
            await store.ledger_entries.create(charge_entry(claim, -booked_cents(claim), today))
        await give_back_charges(store, [claim])
    changes: dict[str, object] = {
        "status_reason": reason,
        "submitted_at": None,
        "insurance_balance_cents": 0,
    }
    return await _move(store, claim, wanted, changes)


def _refuse_money(claim: Claim) -> None:
    """Raises ClaimHasMoney."""
    money = (
        claim.payment_cents,
        claim.write_off_cents,
        claim.patient_balance_cents,
        claim.insurance_write_off_cents,
    )
    if has_money(claim):
        raise ClaimHasMoney(*money)


async def _resume_posting(store: Store, claim_ids: Sequence[UUID]) -> None:
    """Post what came in about these claims before they were submitted."""
    waiting = await store.remittance_exceptions.lock_all(
        RemittanceExceptionFilter(
            claim_ids=list(claim_ids), kinds=WAITING_KINDS, status=ExceptionStatus.OPEN
        )
    )
    if waiting:
        await post_arrivals(store, await arrivals_of(store, waiting))
