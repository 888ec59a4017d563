"""Rules about amounts: charges, units, and what earlier payers decided. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from services.claims.x12.claim_model import Claim, EarlierPayer, Line
from services.claims.x12.scrub_codes import lines_of, service_day
from services.claims.x12.scrub_findings import Finding, NoData
from services.claims.x12.scrubbing import Rule, Severity, Subject


def _dollars(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02}"


def _charge_is_the_sum(subject: Subject) -> Iterator[Finding]:
    claim = subject.claim
    total = sum(line.charge_cents for line in lines_of(claim))
    if total != claim.charge_cents:
        evidence = f"{_dollars(claim.charge_cents)}, but the lines sum to {_dollars(total)}"
        yield Finding("/charge_cents", evidence)


def _quantities(subject: Subject) -> Iterator[Finding]:
    for number, line in enumerate(lines_of(subject.claim)):
        if line.charge_cents < 0:
            yield Finding(f"/lines/{number}/charge_cents", "below zero")
        if line.units <= 0:
            yield Finding(f"/lines/{number}/units", "not above zero")


def _has_earlier_decision(claim: Claim) -> bool:
    return any(payer.paid_cents is not None for payer in claim.earlier_payers)


def _has_decided_lines(claim: Claim) -> bool:
    return any(line.adjudications for line in lines_of(claim))


def _lines_of_earlier_payers(subject: Subject) -> Iterator[Finding]:
    known = {payer.payer_identifier for payer in subject.claim.earlier_payers}
    for number, line in enumerate(lines_of(subject.claim)):
        for at, decided in enumerate(line.adjudications):
            where = f"/lines/{number}/adjudications/{at}"
            if decided.payer_identifier not in known:
                yield Finding(f"{where}/payer_identifier", "names no earlier payer of the claim")
            left = line.charge_cents - sum(each.amount_cents for each in decided.adjustments)
            if left != decided.paid_cents:
                evidence = (
                    f"charge less adjustments is {_dollars(left)}, "
                    f"paid {_dollars(decided.paid_cents)}"
                )
                yield Finding(f"{where}/paid_cents", evidence)


def _claims_of_earlier_payers(subject: Subject) -> Iterator[Finding]:
    claim = subject.claim
    for number, payer in enumerate(claim.earlier_payers):
        if payer.paid_cents is None:
            continue
        adjusted = sum(each.amount_cents for each in payer.adjustments)
        adjusted += sum(_adjusted_of_line(line, payer) for line in lines_of(claim))
        left = claim.charge_cents - adjusted
        if left != payer.paid_cents:
            evidence = (
                f"charge less adjustments is {_dollars(left)}, paid {_dollars(payer.paid_cents)}"
            )
            yield Finding(f"/earlier_payers/{number}/paid_cents", evidence)


def _adjusted_of_line(line: Line, payer: EarlierPayer) -> int:
    return sum(
        adjustment.amount_cents
        for decided in line.adjudications
        if decided.payer_identifier == payer.payer_identifier
        for adjustment in decided.adjustments
    )


def _decision_dates(subject: Subject) -> Iterator[Finding]:
    """Once, at the claim or at its lines (2330B or 2430 DTP*573)."""
    claim = subject.claim
    for number, payer in enumerate(claim.earlier_payers):
        if payer.paid_cents is None:
            continue
        at_lines = any(
            decided.payer_identifier == payer.payer_identifier
            for line in lines_of(claim)
            for decided in line.adjudications
        )
        pointer = f"/earlier_payers/{number}/adjudicated_on"
        if payer.adjudicated_on is None and not at_lines:
            yield Finding(pointer, "absent, and no line says when the payer decided")
        if payer.adjudicated_on is not None and at_lines:
            yield Finding(pointer, "given although the lines say it")


def _order_of_payers(subject: Subject) -> Iterator[Finding]:
    claim = subject.claim
    places = [each.responsibility for each in claim.earlier_payers]
    if claim.subscriber.responsibility in places or len(set(places)) < len(places):
        yield Finding("/earlier_payers", "two payers have the same place in the order")
    if claim.subscriber.responsibility.value in "ST" and not _has_earlier_decision(claim):
        yield Finding("/earlier_payers", "no earlier payer's decision stands beside a later claim")


def _unit_limits(subject: Subject) -> Iterator[Finding | NoData]:
    limits = subject.tables.unit_limits
    if limits is None:
        yield NoData("/lines", "no table of unit limits (NCCI MUE) is loaded")
        return
    for number, line in enumerate(lines_of(subject.claim)):
        day = service_day(subject.claim, line)
        if not limits.covers(day):
            yield NoData(f"/lines/{number}/units", f"no edition of unit limits is loaded for {day}")
            continue
        limit = limits.value(line.procedure_code or "", (), day)
        if limit is not None and line.units > limit:
            yield Finding(f"/lines/{number}/units", f"{line.units} units; at most {limit} are paid")


def _charges(subject: Subject) -> Iterator[Finding | NoData]:
    charges = subject.tables.charges
    if charges is None:
        yield NoData("/lines", "no fee schedule is loaded")
        return
    for number, line in enumerate(lines_of(subject.claim)):
        day = service_day(subject.claim, line)
        if not charges.covers(day):
            pointer = f"/lines/{number}/charge_cents"
            yield NoData(pointer, f"no edition of the fee schedule is loaded for {day}")
            continue
        fee = charges.value(line.procedure_code or "", line.modifiers, day)
        if fee is not None and line.charge_cents < fee * line.units:
            evidence = (
                f"{_dollars(line.charge_cents)} for {line.units} units; the schedule says "
                f"{_dollars(fee)} each"
            )
            yield Finding(f"/lines/{number}/charge_cents", evidence)


def _pays_after_another(claim: Claim) -> bool:
    return bool(claim.earlier_payers) or claim.subscriber.responsibility.value in "ST"


AMOUNT_RULES = (
    Rule(
        id="charge_equals_lines",
        version=1,
        severity=Severity.ERROR,
        title="The charge of the claim is the sum of its lines",
        remedy="Correct the charge of the claim or of the line that is wrong.",
        source="X12N 005010X222A1 and X223A2, CLM02",
        check=_charge_is_the_sum,
    ),
    Rule(
        id="line_quantities",
        version=1,
        severity=Severity.ERROR,
        title="Lines have units above zero and no negative charge",
        remedy="Enter how many units were given and what they cost.",
        source="X12N 005010X222A1, SV102 and SV104; X223A2, SV203 and SV205",
        check=_quantities,
    ),
    Rule(
        id="earlier_payers_order",
        version=1,
        severity=Severity.ERROR,
        title="A secondary or tertiary claim carries the decisions that came before",
        remedy="Correct the order of payers, or wait for the earlier payer's remittance.",
        source="X12N 005010X222A1, 1.4.2 coordination of benefits",
        check=_order_of_payers,
        applies_to=_pays_after_another,
    ),
    Rule(
        id="earlier_payer_lines_balance",
        version=1,
        severity=Severity.ERROR,
        title="At each line an earlier payer's payment is the charge less its adjustments",
        remedy="Take payment and adjustments from the payer's remittance as they stand there.",
        source="X12N 005010X222A1, 1.4.4 balancing; X12 RFI 2348",
        check=_lines_of_earlier_payers,
        applies_to=_has_decided_lines,
    ),
    Rule(
        id="earlier_payer_claim_balances",
        version=1,
        severity=Severity.ERROR,
        title="An earlier payer's payment is the charge less all of its adjustments",
        remedy="Take payment and adjustments from the payer's remittance as they stand there.",
        source="X12N 005010X222A1, 1.4.4 balancing; X12 RFI 2348",
        check=_claims_of_earlier_payers,
        applies_to=_has_earlier_decision,
    ),
    Rule(
        id="earlier_payer_decided_once",
        version=1,
        severity=Severity.ERROR,
        title="The day of an earlier payer's decision stands at the claim or at its lines",
        remedy="Give the date at the lines where the payer decided by line, else at the claim.",
        source="X12N 005010X222A1, 2330B DTP*573",
        check=_decision_dates,
        applies_to=_has_earlier_decision,
    ),
    Rule(
        id="unit_limit",
        version=1,
        severity=Severity.ERROR,
        title="Units stay within the limit of the procedure",
        remedy="Check the units; split the line by date or modifier where the record supports it.",
        source="NCCI medically unlikely edits, loaded by the company",
        check=_unit_limits,
    ),
    Rule(
        id="charge_below_schedule",
        version=1,
        severity=Severity.WARNING,
        title="The charge is not below the fee schedule",
        remedy="Compare the charge with the schedule of the date of service.",
        source="the company's fee schedule",
        check=_charges,
    ),
)
"""In the order in which they are shown."""
