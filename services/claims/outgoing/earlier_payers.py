"""What the other payers of a claim decided, read off what was posted: 2320, 2330 and 2430. Pure.

To the cent: what a payer paid and all of its adjustments, of the claim and of its lines, make up
the charge, and so they do line by line. What does not is told, and nothing is made up to fit.
Adjustments of one group and reason are one (payers turn away repeated ones).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from msgspec.structs import replace

from services.claims.claims import ClaimWithLines
from services.claims.outgoing.lacks import Lacks
from services.claims.outgoing.parties import PAYER_FIELDS, Insured, address, subscriber_name
from services.claims.outgoing.records import Decided
from services.claims.outgoing.turn import Standing
from services.claims.x12.claim_model import EarlierPayer, LineAdjudication
from services.claims.x12.remittance_model import Adjustment
from storage.tables.claims import ClaimLine, Patient
from storage.tables.ledger import AdjudicationAdjustment, AdjudicationLine
from storage.vocabulary.claims import AdjustmentLevel

MOST_REMARKS = 5
"""MOA has room for so many."""
_PATIENT = "PR"
_PROCEDURE_LENGTH = 5

LineAdjudications = Mapping[UUID, tuple[LineAdjudication, ...]]
"""By the claim line's id."""


@dataclass(frozen=True)
class OtherPayers:
    """Every payer of the claim but the one that it goes to."""

    payers: tuple[EarlierPayer, ...]
    adjudications: LineAdjudications


def other_payers(
    whole: ClaimWithLines,
    asked: Insured,
    insured: Sequence[Insured],
    standing: Standing,
    patient: Patient,
    lacks: Lacks,
) -> OtherPayers:
    """Those before it with what they decided, those after it by name."""
    payers = []
    adjudications: dict[UUID, list[LineAdjudication]] = defaultdict(list)
    for each in insured:
        if each.sequence == asked.sequence:
            continue
        decided = standing.get(each.sequence, []) if each.sequence < asked.sequence else []
        of_lines = _of_lines(whole, each, decided, lacks)
        for line_id, decision in of_lines.items():
            adjudications[line_id].append(decision)
        payers.append(_payer(each, decided, patient, has_lines=bool(of_lines)))
        _require_balance(whole, each, decided, lacks)
    return OtherPayers(
        tuple(payers), {line_id: tuple(some) for line_id, some in adjudications.items()}
    )


def _payer(
    insured: Insured, decided: Sequence[Decided], patient: Patient, *, has_lines: bool
) -> EarlierPayer:
    coverage = insured.coverage
    named = EarlierPayer(
        responsibility=insured.responsibility,
        relationship=coverage.relationship,
        filing_indicator=coverage.filing_indicator,
        subscriber_name=subscriber_name(insured, patient),
        member_id=coverage.member_id,
        payer_name=insured.payer.name,
        payer_identifier=insured.identifier,
        subscriber_address=address(
            patient.address if coverage.subscriber is None else coverage.subscriber.address
        ),
        payer_address=address(insured.payer.address),
        group_number=coverage.group_number,
        group_name=coverage.group_name,
        insurance_type=coverage.insurance_type,
    )
    if not decided:
        return named
    rows = [each.adjudication for each in decided]
    adjustments = _merged(
        each for one in decided for each in one.adjustments if each.level is AdjustmentLevel.CLAIM
    )
    numbers = [row.payer_claim_number for row in rows if row.payer_claim_number]
    remarks = list(dict.fromkeys(code for row in rows for code in row.remark_codes))
    return replace(
        named,
        paid_cents=sum(row.paid_cents for row in rows),
        remaining_patient_liability_cents=None if has_lines else _patient_cents(adjustments),
        adjudicated_on=None if has_lines else max(row.effective_on for row in rows),
        payer_claim_number=numbers[-1] if numbers else None,
        remark_codes=tuple(remarks[:MOST_REMARKS]),
        adjustments=adjustments,
    )


@dataclass
class _OfLine:
    """What one payer decided about one line, however many of its SVC speak of it."""

    svcs: list[AdjudicationLine] = field(default_factory=list)
    adjustments: list[AdjudicationAdjustment] = field(default_factory=list)
    decided: list[Decided] = field(default_factory=list)


def _of_lines(
    whole: ClaimWithLines, insured: Insured, decided: Sequence[Decided], lacks: Lacks
) -> dict[UUID, LineAdjudication]:
    found: dict[UUID, _OfLine] = defaultdict(_OfLine)
    for each in decided:
        for svc in each.lines:
            own = [
                adjustment
                for adjustment in each.adjustments
                if adjustment.line_ordinal == svc.ordinal
            ]
            line_id = each.claim_line_of(svc)
            if line_id is None:
                if svc.charge_cents or svc.paid_cents or own:
                    lacks.add(
                        _pointer(insured),
                        "has decided about a line that the claim does not have; a claim to the"
                        " next payer needs every decision at its own line: match it to one"
                        " (decided-line-matches), or send the claim on paper",
                        "decided_line_unknown",
                    )
                continue
            of_line = found[line_id]
            of_line.svcs.append(svc)
            of_line.adjustments += own
            of_line.decided.append(each)
    bundles = _bundles(whole.lines, found)
    return {
        line.id: replace(
            _line_adjudication(number, line, insured, found[line.id], lacks),
            bundled_into_line=bundles.get(line.id),
        )
        for number, line in enumerate(whole.lines)
        if line.id in found
    }


def _bundles(lines: Sequence[ClaimLine], decided: Mapping[UUID, _OfLine]) -> dict[UUID, int]:
    """The lines that a payer paid nothing for because it paid one procedure in place of several
    (SVC06 says what was billed): each with the number of the line that carries the payment. Where
    several lines do, or none does, nothing is told.
    """
    carriers: dict[str, list[int]] = defaultdict(list)
    for number, line in enumerate(lines, start=1):
        for svc in decided[line.id].svcs if line.id in decided else ():
            if svc.paid_cents:
                carriers[svc.procedure_code].append(number)
    found = {}
    for line_id, of_line in decided.items():
        svc = of_line.svcs[-1]
        is_recoded = svc.submitted_procedure_code not in (None, svc.procedure_code)
        into = carriers.get(svc.procedure_code, [])
        is_unpaid = not any(each.paid_cents for each in of_line.svcs)
        if is_recoded and is_unpaid and len(into) == 1:
            found[line_id] = into[0]
    return found


def _units(line: ClaimLine, svcs: Sequence[AdjudicationLine]) -> Decimal:
    """The units that were paid; those that were billed where the payer names none."""
    paid = [svc.paid_units for svc in svcs if svc.paid_units is not None]
    return sum(paid, Decimal(0)) if len(paid) == len(svcs) else line.units


def _line_adjudication(
    number: int, line: ClaimLine, insured: Insured, of_line: _OfLine, lacks: Lacks
) -> LineAdjudication:
    paid_cents = sum(svc.paid_cents for svc in of_line.svcs)
    adjustments = _merged(of_line.adjustments)
    if paid_cents + _sum(adjustments) != line.charge_cents:
        lacks.add(
            f"/lines/{number}/charge_cents",
            "is not what an earlier payer paid and adjusted of it; compare its remittance",
            "decided_line_unbalanced",
        )
    svc = of_line.svcs[-1]
    is_coded = len(svc.procedure_code) == _PROCEDURE_LENGTH
    return LineAdjudication(
        payer_identifier=insured.identifier,
        paid_cents=paid_cents,
        units=_units(line, of_line.svcs),
        adjudicated_on=max(each.adjudication.effective_on for each in of_line.decided),
        procedure_code=svc.procedure_code if is_coded else None,
        modifiers=tuple(svc.modifiers) if is_coded else (),
        adjustments=adjustments,
        remaining_patient_liability_cents=_patient_cents(adjustments),
    )


def _require_balance(
    whole: ClaimWithLines, insured: Insured, decided: Sequence[Decided], lacks: Lacks
) -> None:
    """What was posted balances, unless two people released it as received."""
    if not decided:
        return
    explained = sum(
        each.adjudication.paid_cents + sum(part.amount_cents for part in each.adjustments)
        for each in decided
    )
    if explained != whole.claim.total_charge_cents:
        lacks.add(
            _pointer(insured),
            "has paid and adjusted another sum than the charge; the next payer would turn the"
            " claim away, so ask the payer for a corrected remittance",
            "decided_unbalanced",
        )


def _merged(adjustments: Iterable[AdjudicationAdjustment]) -> tuple[Adjustment, ...]:
    """One of each group and reason, in the order of the CLP; nothing that sums to zero."""
    of_reason: dict[tuple[str, str], list[AdjudicationAdjustment]] = defaultdict(list)
    for each in adjustments:
        of_reason[each.group_code, each.reason_code].append(each)
    merged = []
    for (group, reason), some in of_reason.items():
        cents = sum(each.amount_cents for each in some)
        quantity = some[0].quantity if len(some) == 1 else None
        if cents:
            merged.append(Adjustment(group, reason, cents, quantity))
    return tuple(merged)


def _sum(adjustments: Iterable[Adjustment]) -> int:
    return sum(each.amount_cents for each in adjustments)


def _patient_cents(adjustments: Iterable[Adjustment]) -> int:
    return _sum(each for each in adjustments if each.group == _PATIENT)


def _pointer(insured: Insured) -> str:
    return f"/{PAYER_FIELDS[insured.sequence - 1]}"
