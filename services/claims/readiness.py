"""What keeps a draft from being declared complete: its own faults, the scrubber's, and holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.claims.claims import with_lines
from services.claims.scrubbing.judging import judge_claims
from services.claims.scrubbing.releases import ClaimHeld, HeldBy, still_held
from services.claims.scrubbing.runs import all_with_results, results_of, scrub_held_claims
from services.claims.validation.findings import Finding, Severity, Subject, by_severity
from services.claims.validation.validating import validate
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
    (subject,) = await _subjects(store, [claim])
    own = validate(subject, is_scrubbed=not judgement.faults)
    return by_severity([*own, *_scrubbed(results_of(judgement))])


async def obstacles(store: Store, claims: Sequence[Claim]) -> dict[UUID, ClaimNotValid | ClaimHeld]:
    """Why claims that the caller holds cannot be declared complete: by the ids of those that
    cannot, in a constant number of statements.

    What the scrubber said is kept, whatever comes of it.
    """
    runs = await all_with_results(store, await scrub_held_claims(store, claims))
    subjects = await _subjects(store, claims)
    held = await still_held(
        store, [(claim, of_claim.results) for claim, of_claim in zip(claims, runs, strict=True)]
    )
    found: dict[UUID, ClaimNotValid | ClaimHeld] = {
        claim_id: ClaimHeld(
            [HeldBy(each.rule_id, each.rule_version, each.title, each.evidence) for each in holds]
        )
        for claim_id, holds in held.items()
    }
    for subject, of_claim in zip(subjects, runs, strict=True):
        own = validate(subject, is_scrubbed=of_claim.run.is_complete)
        findings = by_severity([*own, *_scrubbed(of_claim.results)])
        if errors := [each for each in findings if each.severity is Severity.ERROR]:
            found[subject.claim.id] = ClaimNotValid(errors)
    return found


async def _subjects(store: Store, claims: Sequence[Claim]) -> list[Subject]:
    """What claims are validated by, in the order given."""
    payers = {
        each.id: each
        for each in await store.payers.get_many(sorted({each.primary_payer_id for each in claims}))
    }
    patients = {
        each.id: each
        for each in await store.patients.get_many(sorted({each.patient_id for each in claims}))
    }
    today = await company_today(store)
    return [
        Subject(
            claim=whole.claim,
            lines=whole.lines,
            patient=patients[whole.claim.patient_id],
            primary_payer=payers[whole.claim.primary_payer_id],
            today=today,
        )
        for whole in await with_lines(store, claims)
    ]


def _scrubbed(results: Iterable[ScrubResultFields]) -> Iterator[Finding]:
    """What the scrubber found or could not know, as findings."""
    for each in results:
        if each.status is RuleStatus.BYPASSED:
            continue
        severity = (
            Severity.NO_DATA if each.status is RuleStatus.NO_DATA else Severity(each.severity.value)
        )
        yield Finding(each.rule_id, severity, each.pointer, each.evidence, each.remedy)
