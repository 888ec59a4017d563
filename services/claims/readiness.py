"""What keeps a draft from being declared complete: its own faults, the scrubber's, and holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from services.claims.claims import lines_of
from services.claims.scrubbing.judging import judge_claims
from services.claims.scrubbing.releases import ClaimHeld, HeldBy, still_held
from services.claims.scrubbing.runs import results_of, scrub_held_claims, with_results
from services.claims.validation import Finding, Severity, Subject, by_severity, validate
from services.company_calendar import company_today
from services.refusals import Category, Refusal
from storage.interface import Store
from storage.tables.claims import Claim
from storage.tables.scrubbing import ScrubResultFields
from storage.vocabulary.scrubbing import RuleStatus


@dataclass
class ClaimNotValid(Refusal):
    """Validation found errors; all of them are named, each with its remedy."""

    category: ClassVar[Category] = Category.INVALID
    title: ClassVar[str] = "The claim has errors that a payer would turn it away for"
    findings: list[Finding]


async def findings_about(store: Store, claim: Claim) -> list[Finding]:
    """All findings about a claim as it stands, errors first; nothing is kept."""
    (judgement,) = await judge_claims(store, [claim])
    own = await _own_findings(store, claim, is_scrubbed=not judgement.faults)
    return by_severity([*own, *_scrubbed(results_of(judgement))])


async def obstacle(store: Store, claim: Claim) -> ClaimNotValid | ClaimHeld | None:
    """Why a claim that the caller holds cannot be declared complete, None where it can.

    What the scrubber said is kept, whatever comes of it.
    """
    (run,) = await scrub_held_claims(store, [claim])
    results = (await with_results(store, run)).results
    own = await _own_findings(store, claim, is_scrubbed=run.is_complete)
    findings = by_severity([*own, *_scrubbed(results)])
    if errors := [each for each in findings if each.severity is Severity.ERROR]:
        return ClaimNotValid(errors)
    if held := await still_held(store, claim, results):
        return ClaimHeld(
            [HeldBy(each.rule_id, each.rule_version, each.title, each.evidence) for each in held]
        )
    return None


async def _own_findings(store: Store, claim: Claim, *, is_scrubbed: bool) -> list[Finding]:
    (payer,) = await store.payers.get_many([claim.primary_payer_id])
    subject = Subject(
        claim=claim,
        lines=await lines_of(store, claim.id),
        patient=await store.patients.get(claim.patient_id),
        primary_payer=payer,
        today=await company_today(store),
    )
    return validate(subject, is_scrubbed=is_scrubbed)


def _scrubbed(results: Iterable[ScrubResultFields]) -> Iterator[Finding]:
    """What the scrubber found or could not know, as findings."""
    for each in results:
        if each.status is RuleStatus.BYPASSED:
            continue
        severity = (
            Severity.NO_DATA if each.status is RuleStatus.NO_DATA else Severity(each.severity.value)
        )
        yield Finding(each.rule_id, severity, each.pointer, each.evidence, each.remedy)
