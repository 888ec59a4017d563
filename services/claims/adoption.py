"""A claim that a payer pays and nobody entered: made from what the remittance says about it."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

import msgspec
from pydantic import Field, ValidationError

from services.claims.claims import create_claim
from services.claims.drafts import (
    DiagnosisCodes,
    NewClaim,
    NewLine,
    NewTransmission,
    PlaceOfService,
)
from services.claims.exceptions.exceptions import match
from services.claims.submission import submit_claims
from services.claims.x12.remittance_model import RemittanceClaim, RemittanceLine
from services.inputs import Identifier, Input
from services.refusals import Refusal
from storage.interface import Store
from storage.tables.remittances import RemittanceException
from storage.vocabulary.claims import ClaimType

LONGEST_CONTROL_NUMBER = 38
"""CLM01 holds at most so many characters (005010X222A1)."""


class Adoption(Input):
    """What a remittance does not say about a claim, and how the claim had gone out."""

    type: ClaimType
    patient_id: UUID
    subscriber_id: Identifier
    rendering_provider_id: Identifier
    billing_provider_id: Identifier
    place_of_service: PlaceOfService
    diagnosis_codes: DiagnosisCodes = Field(default_factory=list)
    transmission: NewTransmission


@dataclass
class NotAdoptable(Refusal):
    """The remittance says too little to make a claim of it; draft one and match it."""

    title: ClassVar[str] = "No claim can be made from this"

    @property
    def detail(self) -> str:
        return (
            "It needs a registered payer, a control number of at most 38 characters, a service date"
            " from 1990 on, and service lines with procedure and charge in their usual forms. Draft"
            " the claim, record its transmission and match it instead."
        )


async def adopt(
    store: Store, exception_id: UUID, adoption: Adoption, *, expected_version: int
) -> RemittanceException:
    """Make a submitted claim with the lines and control number of the remittance, and post to it.

    Raises RowNotFound, NotAdoptable, InvalidInput, VersionConflict, IllegalTransition,
    StillBlocked.
    """
    exception = await store.remittance_exceptions.lock(exception_id)
    transaction = await store.remittance_transactions.get(exception.transaction_id)
    content = msgspec.convert(exception.content, RemittanceClaim)
    if not content.lines or exception.service_date is None or transaction.payer_id is None:
        raise NotAdoptable
    if len(exception.patient_control_number) > LONGEST_CONTROL_NUMBER:
        raise NotAdoptable
    try:
        drafted = NewClaim(
            **adoption.model_dump(exclude={"place_of_service", "transmission"}),
            primary_payer_id=transaction.payer_id,
            service_date=exception.service_date,
            lines=[_line(line, adoption.place_of_service) for line in content.lines],
        )
    except ValidationError as error:
        raise NotAdoptable from error
    made = await create_claim(store, drafted)
    claim = await store.claims.update(
        made.claim.id,
        {"patient_control_number": exception.patient_control_number},
        expected_version=made.claim.version,
    )
    await submit_claims(store, [claim], adoption.transmission)
    return await match(store, exception_id, claim.id, expected_version=expected_version)


def _line(line: RemittanceLine, place_of_service: str) -> NewLine:
    """Raises pydantic's ValidationError where the payer's line could not be one of ours."""
    return NewLine(
        procedure_code=line.submitted_procedure_code or line.procedure_code,
        modifiers=list(line.modifiers),
        charge_cents=line.charge_cents,
        service_date=line.service_from,
        place_of_service=place_of_service,
    )
