"""What lines of both kinds of claims say beside the service. Pure."""

from __future__ import annotations

from services.claims.outgoing.lacks import Lacks
from services.claims.outgoing.parties import provider
from services.claims.outgoing.records import Records
from services.claims.x12.claim_model import Drug
from services.claims.x12.party_model import Provider
from storage.tables.billing_facts import BillingFacts
from storage.tables.claims import ClaimLine


def line_referring(
    at: str, line: ClaimLine, of_claim: BillingFacts, records: Records, lacks: Lacks
) -> Provider | None:
    """Who referred for this service, where that is not who did for the claim."""
    if line.referring_provider_id in (None, of_claim.referring_provider_id):
        return None
    return provider(line.referring_provider_id, f"{at}/referring_provider_id", records, lacks)


def line_drug(line: ClaimLine) -> Drug | None:
    """What was given."""
    drug = line.drug
    if drug is None:
        return None
    return Drug(drug.ndc, drug.quantity, drug.unit.value, drug.prescription_number)
