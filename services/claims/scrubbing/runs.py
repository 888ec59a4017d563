"""Scrub runs: claims are judged, and what every rule said is kept.

A run that says the same of the same version of a claim as the one before is that run: asking often
keeps nothing more. A claim's first run says whether it came in clean.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import msgspec
from pydantic import Field

from services.claims.scrubbing.judging import Judgement, judge_claims
from services.claims.x12.scrub_rules import EDITION
from services.claims.x12.scrubbing import Answer, Status
from services.inputs import Input
from services.refusals import Fault, InvalidInput
from storage.filters import ByBatch, ByScrubRun, ClaimFilter, ScrubRunFilter
from storage.identifiers import new_id, new_ids
from storage.interface import Page, Store
from storage.tables.claims import Claim
from storage.tables.scrubbing import ScrubResult, ScrubResultFields, ScrubRun, ScrubRunFields
from storage.vocabulary.scrubbing import RuleSeverity, RuleStatus

MOST_CLAIMS = 5_000
COMPLETENESS = "claim_complete"
"""The rule that a claim can be put together at all."""


class ClaimsToScrub(Input):
    """Which claims: by their ids, or all that are part of a batch."""

    claim_ids: Annotated[list[UUID], Field(max_length=MOST_CLAIMS)] = []
    batch_id: UUID | None = None


@dataclass(frozen=True)
class RunWithResults:
    """A run, and what did not simply pass: in the order of the rules."""

    run: ScrubRun
    results: list[ScrubResult]


async def scrub_claim(store: Store, claim_id: UUID) -> RunWithResults:
    """Hold a claim against every rule and keep the answers. Raises RowNotFound."""
    claim = await store.claims.lock(claim_id)
    (run,) = await scrub_held_claims(store, [claim])
    return await with_results(store, run)


async def scrub_many(store: Store, wanted: ClaimsToScrub) -> list[ScrubRun]:
    """Hold many claims against every rule, in a constant number of statements.

    The runs come in the order of the claims' ids. Raises InvalidInput.
    """
    ids = set(wanted.claim_ids)
    if wanted.batch_id is not None:
        if not await store.claim_batches.get_many([wanted.batch_id]):
            raise InvalidInput([Fault("/batch_id", "names nothing that exists")])
        conditions = ByBatch(batch_id=wanted.batch_id, is_accepted=True)
        items = await store.claim_batch_items.all(conditions)
        ids |= {item.claim_id for item in items if item.claim_id is not None}
    claims = await store.claims.lock_all(ClaimFilter(ids=sorted(ids)))
    known = {claim.id for claim in claims}
    faults = [
        Fault(f"/claim_ids/{at}", "names nothing that exists")
        for at, claim_id in enumerate(wanted.claim_ids)
        if claim_id not in known
    ]
    if not ids:
        faults.append(Fault("/claim_ids", "names no claim, and no batch is named either"))
    if faults:
        raise InvalidInput(faults)
    return await scrub_held_claims(store, claims)


async def scrub_held_claims(store: Store, claims: Sequence[Claim]) -> list[ScrubRun]:
    """Judge claims that the caller holds, and keep what is new; in the order given."""
    judged = await judge_claims(store, claims)
    latest = await _latest_runs(store, [claim.id for claim in claims])
    rows: dict[UUID, ScrubRunFields] = {}
    results: list[ScrubResultFields] = []
    kept: list[UUID] = []
    for judgement, run_id in zip(judged, new_ids(len(judged)), strict=True):
        found = list(_results(judgement, run_id))
        run = _run(judgement, found, latest.get(judgement.claim.id))
        before = latest.get(judgement.claim.id)
        if before is not None and _says_the_same(before, run):
            kept.append(before.id)
            continue
        kept.append(run_id)
        rows[run_id] = run
        results += found
    await store.scrub_runs.create_many(list(rows.values()), ids=list(rows))
    await store.scrub_results.create_many(results)
    by_id = {run.id: run for run in await store.scrub_runs.get_many(kept)}
    return [by_id[run_id] for run_id in kept]


async def with_results(store: Store, run: ScrubRun) -> RunWithResults:
    """A run with its results."""
    (whole,) = await all_with_results(store, [run])
    return whole


async def all_with_results(store: Store, runs: Sequence[ScrubRun]) -> list[RunWithResults]:
    """Runs with their results, in the order given, by one statement."""
    by_run: dict[UUID, list[ScrubResult]] = {run.id: [] for run in runs}
    for each in await store.scrub_results.all(ByScrubRun(run_ids=list(by_run))):
        by_run[each.run_id].append(each)
    return [
        RunWithResults(run, sorted(by_run[run.id], key=lambda each: each.ordinal)) for run in runs
    ]


async def get_run(store: Store, run_id: UUID) -> RunWithResults:
    """Raises RowNotFound."""
    return await with_results(store, await store.scrub_runs.get(run_id))


async def list_runs(
    store: Store, claim_id: UUID, *, limit: int, after: UUID | None
) -> Page[ScrubRun]:
    """The runs of a claim, newest first. Raises RowNotFound."""
    await store.claims.get(claim_id)
    return await store.scrub_runs.list(ScrubRunFilter(claim_id=claim_id), limit=limit, after=after)


async def latest_run(store: Store, claim_id: UUID) -> ScrubRun | None:
    """What was said of a claim last."""
    return (await _latest_runs(store, [claim_id])).get(claim_id)


def results_of(judgement: Judgement) -> list[ScrubResultFields]:
    """The results that a run of this judgement would have."""
    return list(_results(judgement, new_id()))


async def _latest_runs(store: Store, claim_ids: Sequence[UUID]) -> dict[UUID, ScrubRun]:
    latest: dict[UUID, ScrubRun] = {}
    for run in await store.scrub_runs.all(ScrubRunFilter(claim_ids=list(claim_ids))):
        before = latest.get(run.claim_id)
        if before is None or run.run_number > before.run_number:
            latest[run.claim_id] = run
    return latest


def _run(
    judgement: Judgement, results: Sequence[ScrubResultFields], before: ScrubRun | None
) -> ScrubRunFields:
    failed = Counter(each.severity for each in results if each.status is RuleStatus.FAIL)
    errors, holds = failed[RuleSeverity.ERROR], failed[RuleSeverity.HOLD]
    is_complete = not judgement.faults
    passed = [_named(each) for each in judgement.answers if each.status is Status.PASS]
    return ScrubRunFields(
        claim_id=judgement.claim.id,
        patient_id=judgement.claim.patient_id,
        run_number=1 if before is None else before.run_number + 1,
        claim_version=judgement.claim.version,
        edition=EDITION,
        is_clean=is_complete and not errors and not holds,
        is_complete=is_complete,
        error_count=errors,
        hold_count=holds,
        warning_count=failed[RuleSeverity.WARNING],
        no_data_count=sum(1 for each in results if each.status is RuleStatus.NO_DATA),
        passed=passed,
        without_subject=[
            _named(each)
            for each in judgement.answers
            if each.status is Status.BYPASSED and each.rule_id not in judgement.rules.bypassed
        ],
        results_sha256=_digest(passed, results),
    )


def _named(answer: Answer) -> str:
    return f"{answer.rule_id}@{answer.version}"


def _results(judgement: Judgement, run_id: UUID) -> Iterator[ScrubResultFields]:
    ordinal = 0
    for fault in judgement.faults:
        ordinal += 1
        yield ScrubResultFields(
            run_id=run_id,
            ordinal=ordinal,
            rule_id=COMPLETENESS,
            rule_version=1,
            status=RuleStatus.NO_DATA,
            severity=RuleSeverity.ERROR,
            title="The claim has everything that an 837 needs",
            pointer=fault.pointer[:200],
            evidence=fault.message[:500],
            remedy="Enter what is missing; until then no other rule can look at the claim.",
        )
    for answer in judgement.answers:
        for status, pointer, evidence in _told(answer, judgement):
            ordinal += 1
            yield ScrubResultFields(
                run_id=run_id,
                ordinal=ordinal,
                rule_id=answer.rule_id,
                rule_version=answer.version,
                status=status,
                severity=answer.severity,
                title=answer.title[:200],
                pointer=pointer[:200],
                evidence=evidence[:500],
                remedy=answer.remedy[:500],
            )


def _told(answer: Answer, judgement: Judgement) -> Iterator[tuple[RuleStatus, str, str]]:
    for finding in answer.findings:
        yield RuleStatus.FAIL, finding.pointer, finding.evidence
    for missing in answer.missing:
        yield RuleStatus.NO_DATA, missing.pointer, missing.missing
    if answer.rule_id in judgement.rules.bypassed:
        yield RuleStatus.BYPASSED, "", judgement.rules.bypassed[answer.rule_id]


def _digest(passed: Sequence[str], results: Sequence[ScrubResultFields]) -> bytes:
    told = [
        (each.rule_id, each.rule_version, each.status, each.severity, each.pointer, each.evidence)
        for each in results
    ]
    return hashlib.sha256(msgspec.json.encode((passed, told))).digest()


def _says_the_same(before: ScrubRun, now: ScrubRunFields) -> bool:
    return (
        before.claim_version == now.claim_version
        and before.edition == now.edition
        and before.results_sha256 == now.results_sha256
    )
