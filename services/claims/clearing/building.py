"""Claims to the bytes of one file for one partner, checked as a payer would. Pure."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from services.claims.x12.claim_file import ClaimFile, ClaimKind, ClaimSet, Interchange, Usage
from services.claims.x12.claim_file_check import StructureFault, check_claim_file
from services.claims.x12.claim_model import Claim
from services.claims.x12.claim_writer import prepare_claim_file, write_claim_file
from services.claims.x12.party_model import Contact, OrganizationName, Receiver, Submitter
from storage.tables.clearing import ClaimFault, TradingPartner
from storage.vocabulary.clearing import ClaimFileKind, InterchangeUsage

MOST_FAULTS_OF_A_CLAIM = 50
_MOST_FAULTS = 5_000
"""As many structural faults of a file as are looked at; more than a file without a defect of ours
can have, so that each claim gets its own."""


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """What a file says of itself: the partner's settings, and numbers that are its own."""

    partner: TradingPartner
    kind: ClaimFileKind
    interchange_control_number: int
    group_control_number: int
    set_control_number: int
    reference: str
    created_at: dt.datetime


@dataclass(frozen=True)
class BuiltFile:
    """A file that may leave, the claims in it in their order, and those that were left out.

    Without ``content`` nothing may: each claim has faults, or the file itself has ``faults``.
    """

    content: bytes | None
    claims: Sequence[UUID] = ()
    refused: Mapping[UUID, list[ClaimFault]] = field(default_factory=dict)
    faults: Sequence[ClaimFault] = ()


def build_claim_file(
    envelope: Envelope, claims: Mapping[UUID, Claim], *, is_all_or_nothing: bool = False
) -> BuiltFile:
    """Write what can be written and check it, until what is left has no fault.

    Takes some 10 ms a claim: keep it off the event loop.
    """
    left = dict(_together(claims))
    refused: dict[UUID, list[ClaimFault]] = {}
    while left:
        found, content = _tried(envelope, left)
        if of_file := found.pop(None, None):
            return BuiltFile(None, refused=refused, faults=of_file)
        if not found:
            return BuiltFile(content, list(left), refused)
        for claim_id, faults in found.items():
            if claim_id is not None:
                refused[claim_id] = faults[:MOST_FAULTS_OF_A_CLAIM]
                del left[claim_id]
        if is_all_or_nothing:
            break
    return BuiltFile(None, refused=refused)


Found = dict[UUID | None, list[ClaimFault]]
"""Faults by claim; None stands for the file."""


def _tried(envelope: Envelope, claims: Mapping[UUID, Claim]) -> tuple[Found, bytes]:
    file = _file(envelope, list(claims.values()))
    ids = list(claims)
    found: Found = defaultdict(list)
    prepared = prepare_claim_file(file)
    for fault in prepared.faults:
        owner = None if fault.claim is None else ids[fault.claim - 1]
        found[owner].append(ClaimFault(pointer=fault.pointer, code=fault.kind, detail=fault.detail))
    if found or prepared.delimiters is None:
        return found, b""
    content = b"".join(write_claim_file(file, prepared))
    by_number = {claim.patient_control_number: claim_id for claim_id, claim in claims.items()}
    for each in check_claim_file([content], most=_MOST_FAULTS):
        found[by_number.get(each.patient_control_number or "")].append(_structural(each))
    return found, content


def _structural(fault: StructureFault) -> ClaimFault:
    place = fault.place or fault.segment_identifier or "the file"
    return ClaimFault(
        pointer="", code=f"guide_{fault.code}", detail=f"{place}: {fault.detail or fault.code}"
    )


def _together(claims: Mapping[UUID, Claim]) -> list[tuple[UUID, Claim]]:
    """Claims of one provider, and in these of one subscriber, stand together and share loops."""

    def key(item: tuple[UUID, Claim]) -> tuple[bytes, ...]:
        claim = item[1]
        parts = (claim.billing_provider, claim.subscriber, claim.payer, claim.dependent)
        return tuple(msgspec.json.encode(part) for part in parts)

    return sorted(claims.items(), key=key)


def _file(envelope: Envelope, claims: Sequence[Claim]) -> ClaimFile:
    partner = envelope.partner
    return ClaimFile(
        kind=ClaimKind(envelope.kind.value),
        interchange=Interchange(
            sender_qualifier=partner.sender_qualifier,
            sender_identifier=partner.sender_identifier,
            receiver_qualifier=partner.receiver_qualifier,
            receiver_identifier=partner.receiver_identifier,
            application_sender=partner.application_sender,
            application_receiver=partner.application_receiver,
            control_number=envelope.interchange_control_number,
            group_control_number=envelope.group_control_number,
            created_at=envelope.created_at,
            usage=(
                Usage.PRODUCTION if partner.usage is InterchangeUsage.PRODUCTION else Usage.TEST
            ),
            wants_acknowledgement=partner.wants_interchange_acknowledgement,
        ),
        sets=[
            ClaimSet(
                control_number=envelope.set_control_number,
                reference=envelope.reference,
                submitter=Submitter(
                    name=OrganizationName(partner.submitter_name),
                    identifier=partner.submitter_identifier,
                    contact=Contact(
                        name=partner.contact_name,
                        telephone=partner.contact_telephone,
                        email=partner.contact_email,
                    ),
                ),
                receiver=Receiver(partner.receiver_name, partner.receiver_identifier_code),
                claims=claims,
            )
        ],
    )
