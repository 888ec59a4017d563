"""A claim that a payer pays and nobody entered: made from what the remittance says about it."""

from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID

import msgspec
from pydantic import Field

from services.claims.claims import create_claim
from services.claims.drafts import DiagnosisCodes, NewClaim, NewLine, NewTransmission
from services.claims.exceptions import match
from services.claims.submission import submit_claims
from services.claims.x12.remittance_model import RemittanceClaim, RemittanceLine
from services.inputs import Identifier, Input
from services.refusals import Refusal
from storage.interface import Store
from storage.tables.remittances import RemittanceException
from storage.vocabulary.claims import ClaimType, SubmissionMethod

_OFFICE = "11"
"""Place of service where the remittance names none."""


class Adoption(Input):
    """What a remittance does not say about a claim."""

    type: ClaimType
    patient_id: UUID
    subscriber_id: Annotated[Identifier | None, Field(description="Else the 835's member.")] = None
    rendering_provider_id: Identifier
    billing_provider_id: Identifier
    diagnosis_codes: DiagnosisCodes = Field(default_factory=list)


@dataclass
class NotAdoptable(Refusal):
    """The remittance says too little to make a claim of it; draft one and match it."""

    title: ClassVar[str] = "No claim can be made from this"

    @property
    def detail(self) -> str:
        return (
            "It needs a registered payer, service lines with procedure and charge, and a service"
            " date. Draft the claim, record its transmission and match it instead."
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
    service_date = exception.service_date
    is_whole = all(line.procedure_code and line.charge_cents > 0 for line in content.lines)
    if not (content.lines and is_whole and service_date and transaction.payer_id):
        raise NotAdoptable
    made = await create_claim(
        store,
        NewClaim(
            **adoption.model_dump(exclude={"subscriber_id"}),
            subscriber_id=adoption.subscriber_id or exception.member_id or "unknown",
            primary_payer_id=transaction.payer_id,
            service_date=service_date,
            lines=[_line(line, content.facility_code) for line in content.lines],
        ),
    )
    claim = await store.claims.update(
        made.claim.id,
        {"patient_control_number": exception.patient_control_number},
        expected_version=made.claim.version,
    )
    await submit_claims(
        store,
        [claim],
        NewTransmission(
            method=SubmissionMethod.ELECTRONIC,
            reference=f"835 {transaction.trace_number or transaction.control_number}",
            transmitted_at=store.now,
        ),
    )
    return await match(store, exception_id, claim.id, expected_version=expected_version)


def _line(line: RemittanceLine, facility_code: str | None) -> NewLine:
    place = facility_code[:2] if facility_code and facility_code[:2].isdecimal() else _OFFICE
    return NewLine(
        procedure_code=line.submitted_procedure_code or line.procedure_code,
        modifiers=list(line.modifiers),
        charge_cents=line.charge_cents,
        service_date=line.service_from,
        place_of_service=place.zfill(2),
    )
