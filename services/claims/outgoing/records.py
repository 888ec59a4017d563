"""All the rows that some claims need to go out, by a number of statements that never changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from services.claims.claims import ClaimWithLines, with_lines
from services.claims.directory.care_providers import SEALED_TAX_IDENTIFIER
from services.claims.remittances.decided_parts import decided_parts
from storage.errors import SecretUnreadable
from storage.filters import (
    AdjudicationFilter,
    CareProviderFilter,
    CoverageFilter,
    DecidedLineMatchFilter,
    FacilityFilter,
)
from storage.interface import Store
from storage.tables.billing_facts import BillingFacts
from storage.tables.claims import Claim, Patient, Payer
from storage.tables.ledger import Adjudication, AdjudicationAdjustment, AdjudicationLine
from storage.tables.parties import CareProvider, Coverage, Facility
from storage.vocabulary.claims import ClaimType

_NAMED_IN_FACTS = {
    "referring_provider_id",
    "supervising_provider_id",
    "attending_provider_id",
    "operating_provider_id",
    "other_operating_provider_id",
}


@dataclass(frozen=True)
class Decided:
    """One CLP that was posted to a claim, whole: its lines by ordinal, and all its adjustments.

    ``matches`` are the claim lines that a person says its lines are about, by the decided line.
    """

    adjudication: Adjudication
    lines: list[AdjudicationLine]
    adjustments: list[AdjudicationAdjustment]
    matches: Mapping[UUID, UUID] = field(default_factory=dict)

    def claim_line_of(self, line: AdjudicationLine) -> UUID | None:
        """The claim line that a decided line is about."""
        return line.claim_line_id or self.matches.get(line.id)


@dataclass(frozen=True)
class Records:
    """Rows by what claims name them by. What does not exist is not in them."""

    claims: list[ClaimWithLines]
    patients: dict[UUID, Patient]
    payers: dict[UUID, Payer]
    coverages: dict[tuple[UUID, UUID], list[Coverage]]
    """By patient and payer."""
    providers: dict[str, CareProvider]
    facilities: dict[str, Facility]
    replaced: dict[UUID, Claim]
    decided: dict[UUID, list[Decided]]
    """By claim, those that are replaced included; oldest first."""
    tax_identifiers: dict[UUID, str] = field(repr=False)
    """By the provider's id; one that cannot be read is not in it."""


async def load_records(store: Store, claims: Sequence[Claim]) -> Records:
    """What the claims name, in the order of the claims."""
    whole = await with_lines(store, claims)
    patients = await store.patients.get_many(sorted({each.patient_id for each in claims}))
    payer_ids = {
        payer_id
        for each in claims
        for payer_id in (each.primary_payer_id, each.secondary_payer_id, each.tertiary_payer_id)
        if payer_id is not None
    }
    payers = await store.payers.get_many(sorted(payer_ids))
    coverages: dict[tuple[UUID, UUID], list[Coverage]] = defaultdict(list)
    for coverage in await store.coverages.all(
        CoverageFilter(patient_ids=[patient.id for patient in patients])
    ):
        coverages[coverage.patient_id, coverage.payer_id].append(coverage)
    providers = await store.care_providers.all(
        CareProviderFilter(identifiers=sorted(_provider_identifiers(whole)))
    )
    facilities = await store.facilities.all(
        FacilityFilter(identifiers=sorted(_facility_identifiers(claims)))
    )
    replaced = await store.claims.get_many(
        sorted({each.replaces_id for each in claims if each.replaces_id is not None})
    )
    billing = {each.billing_provider_id for each in claims}
    return Records(
        claims=whole,
        patients={patient.id: patient for patient in patients},
        payers={payer.id: payer for payer in payers},
        coverages=dict(coverages),
        providers={provider.identifier: provider for provider in providers},
        facilities={facility.identifier: facility for facility in facilities},
        replaced={claim.id: claim for claim in replaced},
        decided=await _decided(store, [claim.id for claim in (*claims, *replaced)]),
        tax_identifiers=await _tax_identifiers(
            store, [each for each in providers if each.identifier in billing]
        ),
    )


def _facility_identifiers(claims: Iterable[Claim]) -> set[str]:
    return {claim.facility_id for claim in claims if claim.facility_id is not None}


def kind_of(claim: Claim) -> str:
    """The field that holds what a claim says beside its parties."""
    return "institutional" if claim.type is ClaimType.INSTITUTIONAL else "professional"


def facts_of(claim: Claim) -> BillingFacts:
    """What the claim says beside its parties; where nothing was entered, what is usual."""
    stated: BillingFacts | None = getattr(claim, kind_of(claim))
    return stated or BillingFacts()


def _provider_identifiers(claims: Iterable[ClaimWithLines]) -> set[str]:
    named: set[str | None] = set()
    for whole in claims:
        named |= {whole.claim.billing_provider_id, whole.claim.rendering_provider_id}
        for line in whole.lines:
            named |= {
                line.rendering_provider_id,
                line.referring_provider_id,
                line.ordering_provider_id,
            }
        stated = facts_of(whole.claim).model_dump(include=_NAMED_IN_FACTS)
        named |= set(stated.values())
    return {identifier for identifier in named if identifier is not None}


async def _decided(store: Store, claim_ids: list[UUID]) -> dict[UUID, list[Decided]]:
    adjudications = await store.adjudications.all(AdjudicationFilter(claim_ids=claim_ids))
    parts = await decided_parts(store, adjudications)
    matches = {
        match.adjudication_line_id: match.claim_line_id
        for match in await store.decided_line_matches.all(
            DecidedLineMatchFilter(claim_ids=claim_ids, is_standing=True)
        )
    }
    found: dict[UUID, list[Decided]] = defaultdict(list)
    for each in adjudications:
        found[each.claim_id].append(
            Decided(
                each,
                sorted(parts.lines[each.id], key=lambda line: line.ordinal),
                sorted(parts.adjustments[each.id], key=lambda adjustment: adjustment.ordinal),
                matches,
            )
        )
    return dict(found)


async def _tax_identifiers(store: Store, providers: Iterable[CareProvider]) -> dict[UUID, str]:
    """The company's data keys are read once; opening takes no statement more."""
    opened: dict[UUID, str] = {}
    for provider in providers:
        if provider.sealed_tax_identifier is None:
            continue
        try:
            plain = await store.secrets.open(
                SEALED_TAX_IDENTIFIER, provider.id, provider.sealed_tax_identifier
            )
        except SecretUnreadable:
            continue
        opened[provider.id] = plain.decode()
    return opened
