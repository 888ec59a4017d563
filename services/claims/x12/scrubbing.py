"""Rules over a claim before it goes out, each of which answers for itself.

A rule that has nothing to look at in this claim, or that a company switched off, is bypassed; one
that lacks the table it needs has no data, and no data is no pass. Both are said, so that "nothing
found" can be told from "nothing looked at". Pure: everything that a rule needs stands in the
``Subject``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum

import msgspec

from services.claims.x12.claim_model import Claim
from services.claims.x12.scrub_findings import Finding, NoData
from services.claims.x12.scrub_tables import Tables
from storage.vocabulary.scrubbing import RuleSeverity

Severity = RuleSeverity


class Status(StrEnum):
    """What a rule answers about a claim."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    BYPASSED = "bypassed"
    NO_DATA = "no_data"


class Subject(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A claim and what is known around it. None means unknown, which is not the same as none.

    ``filing_deadline`` is the last day on which the payer takes the claim; ``sent_before`` holds
    the ``fingerprints`` of claims of the same patient that went out before and still stand.
    """

    claim: Claim
    today: dt.date
    tables: Tables = Tables()
    filing_deadline: dt.date | None = None
    sent_before: frozenset[str] | None = None


WITHOUT_SUBJECT = "the claim has nothing that the rule is about"
"""Why a rule was bypassed that nobody switched off."""

Check = Callable[[Subject], Iterator[Finding | NoData]]


class Rule(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One rule. A change of what it finds is a new version.

    ``applies_to`` says whether there is anything for it to look at in a claim.
    """

    id: str
    version: int
    severity: Severity
    title: str
    remedy: str
    source: str
    check: Check
    applies_to: Callable[[Claim], bool] | None = None


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What one rule says about one claim."""

    rule_id: str
    version: int
    severity: Severity
    status: Status
    title: str
    remedy: str
    findings: tuple[Finding, ...] = ()
    missing: tuple[NoData, ...] = ()
    bypassed_because: str | None = None


def scrub(
    subject: Subject, rules: Sequence[Rule], bypassed: Mapping[str, str] | None = None
) -> list[Answer]:
    """The answer of every rule, in their order.

    ``bypassed`` maps the ids of rules that are switched off to the reason why.
    """
    reasons = bypassed or {}
    return [_answer(subject, rule, reasons.get(rule.id)) for rule in rules]


def keeps_back(answers: Sequence[Answer]) -> bool:
    """Whether a claim may not go out: a rule of severity ERROR or HOLD failed."""
    return any(
        answer.status is Status.FAIL and answer.severity is not Severity.WARNING
        for answer in answers
    )


def _answer(subject: Subject, rule: Rule, reason: str | None) -> Answer:
    findings: list[Finding] = []
    missing: list[NoData] = []
    if reason is None and rule.applies_to is not None and not rule.applies_to(subject.claim):
        reason = WITHOUT_SUBJECT
    if reason is None:
        for found in rule.check(subject):
            if isinstance(found, Finding):
                findings.append(found)
            else:
                missing.append(found)
    if reason is not None:
        status = Status.BYPASSED
    elif findings:
        status = Status.FAIL
    else:
        status = Status.NO_DATA if missing else Status.PASS
    return Answer(
        rule_id=rule.id,
        version=rule.version,
        severity=rule.severity,
        status=status,
        title=rule.title,
        remedy=rule.remedy,
        findings=tuple(findings),
        missing=tuple(missing),
        bypassed_because=reason,
    )
