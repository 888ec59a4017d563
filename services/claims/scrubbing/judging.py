"""Claims held against every rule that is in force, in a constant number of statements."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.claims.claims import with_lines
from services.claims.outgoing import OutgoingClaim, outgoing_claims
from services.claims.scrubbing.code_lookup import tables_for
from services.claims.scrubbing.duplicates import sent_before
from services.claims.scrubbing.rules_in_force import RulesInForce, rules_in_force
from services.claims.timely_filing import filing_starts_on
from services.claims.x12.claim_model import Claim as ClaimModel
from services.claims.x12.claim_model import Frequency
from services.claims.x12.party_model import Responsibility
from services.claims.x12.scrub_content import fingerprint
from services.claims.x12.scrubbing import Answer, Subject, scrub
from services.company_calendar import company_today
from services.refusals import Fault
from storage.interface import Store
from storage.tables.claims import Claim

_JUDGED_AT_ONCE = 50
"""More claims than these are judged off the event loop, on which others are answered."""


@dataclass(frozen=True)
class Judgement:
    """What every rule says of a claim; what lacks, where it cannot be put together for an 837."""

    claim: Claim
    faults: tuple[Fault, ...]
    answers: list[Answer]
    rules: RulesInForce


async def judge_claims(store: Store, claims: Sequence[Claim]) -> list[Judgement]:
    """The judgement of each claim, in the order given."""
    outgoing = await outgoing_claims(store, claims)
    models = [each.model for each in outgoing if each.model is not None]
    tables = await tables_for(store, models)
    rules = await rules_in_force(store)
    whole = await with_lines(store, claims)
    repeated = await sent_before(store, whole)
    found = await store.payers.get_many(sorted({each.primary_payer_id for each in claims}))
    payers = {payer.id: payer for payer in found}
    today = await company_today(store)
    subjects: dict[UUID, Subject] = {}
    for each, of_rows in zip(outgoing, whole, strict=True):
        if each.model is None:
            continue
        claim = of_rows.claim
        is_first_filing = (
            each.model.subscriber.responsibility is Responsibility.PRIMARY
            and each.model.frequency is Frequency.ORIGINAL
        )
        limit = dt.timedelta(days=payers[claim.primary_payer_id].timely_filing_limit_days)
        subjects[claim.id] = Subject(
            claim=each.model,
            today=today,
            tables=tables.for_payer(_asked_payer(claim, each.model)),
            filing_deadline=(
                filing_starts_on(claim, of_rows.lines) + limit if is_first_filing else None
            ),
            sent_before=frozenset({fingerprint(each.model)} if claim.id in repeated else ()),
        )
    if len(subjects) > _JUDGED_AT_ONCE:
        return await asyncio.to_thread(_judge, claims, outgoing, subjects, rules)
    return _judge(claims, outgoing, subjects, rules)


def _judge(
    claims: Sequence[Claim],
    outgoing: Sequence[OutgoingClaim],
    subjects: Mapping[UUID, Subject],
    rules: RulesInForce,
) -> list[Judgement]:
    return [
        Judgement(
            claim,
            each.faults,
            scrub(subjects[claim.id], rules.rules, rules.bypassed) if claim.id in subjects else [],
            rules,
        )
        for claim, each in zip(claims, outgoing, strict=True)
    ]


def _asked_payer(claim: Claim, model: ClaimModel) -> UUID:
    """The payer whom the claim goes to now."""
    asked = {
        Responsibility.SECONDARY: claim.secondary_payer_id,
        Responsibility.TERTIARY: claim.tertiary_payer_id,
    }.get(model.subscriber.responsibility)
    return asked or claim.primary_payer_id
