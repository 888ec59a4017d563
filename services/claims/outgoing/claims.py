"""Claims with all that stands on them, put together from their rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.claims.claims import ClaimWithLines
from services.claims.outgoing import parties
from services.claims.outgoing.earlier_payers import OtherPayers, other_payers
from services.claims.outgoing.institutional import institutional_claim
from services.claims.outgoing.lacks import Lacks
from services.claims.outgoing.parties import Insured
from services.claims.outgoing.professional import professional_claim
from services.claims.outgoing.records import Records, facts_of, kind_of, load_records
from services.claims.outgoing.replacement import replaced_at
from services.claims.outgoing.turn import next_sequence, standing_decisions
from services.claims.x12.claim_model import (
    ClaimBase,
    EarlierPayer,
    InstitutionalClaim,
    ProfessionalClaim,
)
from services.refusals import Fault
from storage.interface import Store
from storage.tables.claims import Claim
from storage.vocabulary.claims import ClaimType

_PROFESSIONAL = frozenset({ClaimType.PROFESSIONAL, ClaimType.VISION})


@dataclass(frozen=True)
class OutgoingClaim:
    """A claim as its next payer needs it; without a model, what it lacks and how to mend it.

    The pointers of ``faults`` lead into the claim as the API shows it.
    """

    claim_id: UUID
    model: ProfessionalClaim | InstitutionalClaim | None
    faults: tuple[Fault, ...] = ()


async def outgoing_claims(
    store: Store, claims: Sequence[Claim], *, as_first_sent: bool = False
) -> list[OutgoingClaim]:
    """The claims for the payers whose turn it is, in the order given; ``as_first_sent``: for their
    first payers, as if nothing had been decided about them.

    The number of statements does not depend on the number of claims.
    """
    records = await load_records(store, claims)
    if as_first_sent:
        records = dataclasses.replace(records, decided={})
    return [_outgoing(whole, records) for whole in records.claims]


def _outgoing(whole: ClaimWithLines, records: Records) -> OutgoingClaim:
    claim = whole.claim
    lacks = Lacks()
    decided = records.decided.get(claim.id, [])
    standing = standing_decisions(claim, decided)
    sequence = next_sequence(claim, decided, standing, lacks)
    insured = parties.insured_by(claim, records, lacks)
    asked = next((each for each in insured if each.sequence == sequence), None)
    others = OtherPayers((), {})
    if asked is not None:
        patient = records.patients[claim.patient_id]
        others = other_payers(whole, asked, insured, standing, patient, lacks)
    base = _base(claim, asked, others.payers, records, lacks)
    model: ProfessionalClaim | InstitutionalClaim | None = None
    if claim.type in _PROFESSIONAL:
        model = professional_claim(whole, base, others.adjudications, records, lacks)
    elif claim.type is ClaimType.INSTITUTIONAL:
        model = institutional_claim(whole, base, others.adjudications, records, lacks)
    else:
        message = f"is {claim.type}; such claims do not go out as an 837P or 837I"
        lacks.add("/type", message, "type_not_sent")
    return OutgoingClaim(claim.id, None if lacks.faults else model, tuple(lacks.faults))


def _base(
    claim: Claim,
    asked: Insured | None,
    earlier_payers: tuple[EarlierPayer, ...],
    records: Records,
    lacks: Lacks,
) -> ClaimBase | None:
    """What both kinds of claims have; None where something lacks."""
    patient = records.patients[claim.patient_id]
    billing = parties.billing_provider(claim, records, lacks)
    rendering = None
    if claim.rendering_provider_id != claim.billing_provider_id:
        rendering = parties.provider(
            claim.rendering_provider_id, "/rendering_provider_id", records, lacks
        )
    facility = parties.facility(claim, records, lacks)
    stated = facts_of(claim)
    referring = parties.provider(
        stated.referring_provider_id,
        f"/{kind_of(claim)}/referring_provider_id",
        records,
        lacks,
    )
    if asked is None:
        return None
    subscriber = parties.subscriber(asked, patient, lacks)
    dependent = parties.dependent(asked, patient, lacks)
    if billing is None:
        return None
    replacement = replaced_at(claim, asked, records, lacks)
    return ClaimBase(
        patient_control_number=claim.patient_control_number,
        charge_cents=claim.total_charge_cents,
        billing_provider=billing,
        subscriber=subscriber,
        payer=parties.payer(asked),
        dependent=dependent,
        frequency=replacement.frequency,
        payer_claim_number=replacement.payer_claim_number,
        accepts_assignment=stated.accepts_assignment,
        assigns_benefits=stated.assigns_benefits,
        release_of_information=stated.release_of_information,
        delay_reason=stated.delay_reason,
        prior_authorization=claim.authorization_number,
        referral_number=stated.referral_number,
        note=stated.note,
        referring=referring,
        rendering=rendering,
        facility=facility,
        earlier_payers=earlier_payers,
    )
