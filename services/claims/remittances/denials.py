"""The denials of a remittance claim: why, whose work, and what to do next. Until when, says
``services.claims.appealing.deadlines``."""

import datetime as dt
from collections.abc import Iterable, Sequence

import msgspec

from services.claims.remittances.adjustment_reasons import (
    REASONS,
    AdjustmentReason,
    DenialCategory,
    DenialHandling,
    DenialOwner,
    ReasonNature,
)
from services.claims.remittances.outcomes import (
    claim_outcome,
    is_refusal,
    line_outcome,
    refused_cents,
)
from services.claims.x12.remittance_model import Adjustment, RemittanceClaim
from storage.vocabulary.claims import AdjudicationOutcome


class LineDenial(msgspec.Struct, frozen=True, kw_only=True):
    """One denied line, or a claim that was denied as a whole.

    Group and reason are those of the adjustment that weighs most; they are empty only where a payer
    did not recognise the patient (CLP02 4) and gave no reason at all.
    """

    line_ordinal: int | None  # 1 for the first SVC of the claim; None: the claim as a whole
    group: str
    reason: str
    remark_codes: tuple[str, ...]
    amount_cents: int  # what the refusing adjustments sum to
    category: DenialCategory
    root_cause: str
    owner: DenialOwner
    next_action: str
    is_correctable: bool
    is_appealable: bool


_UNDECIDING_OUTCOMES = frozenset(
    {
        AdjudicationOutcome.REVERSED,
        AdjudicationOutcome.PREDETERMINATION,
        AdjudicationOutcome.NOT_OURS,
    }
)


def denials_of(claim: RemittanceClaim, decided_on: dt.date) -> tuple[LineDenial, ...]:
    """The denials that one CLP brings, in the order of its lines, a claim-level one last.

    One for each denied line (``line_outcome``), and one for the claim where its own adjustments
    refuse an unpaid claim, or where CLP02 4 says that the patient is not known and no line says
    more. Reversals, predeterminations and claims of another payer bring none. Where the reason is
    generic the remark codes, the line's before the claim's, say what it is about; MA130 and N211
    take away the right of appeal. ``decided_on`` is the day by which the codes are read.
    """
    outcome = claim_outcome(claim, decided_on)
    if outcome in _UNDECIDING_OUTCOMES:
        return ()
    denials = [
        _denial(
            line_ordinal=ordinal,
            adjustments=line.adjustments,
            remark_codes=_distinct(line.remark_codes, claim.remark_codes),
            decided_on=decided_on,
        )
        for ordinal, line in enumerate(claim.lines, start=1)
        if line_outcome(line, decided_on) is AdjudicationOutcome.DENIED
    ]
    if outcome is AdjudicationOutcome.DENIED:
        if refused_cents(claim.adjustments, decided_on) > 0:
            denials.append(
                _denial(
                    line_ordinal=None,
                    adjustments=claim.adjustments,
                    remark_codes=claim.remark_codes,
                    decided_on=decided_on,
                )
            )
        elif not denials:
            denials.append(_denial_of_unknown_patient(claim))
    return tuple(denials)


def _denial(
    *,
    line_ordinal: int | None,
    adjustments: Iterable[Adjustment],
    remark_codes: tuple[str, ...],
    decided_on: dt.date,
) -> LineDenial:
    refusing = [each for each in adjustments if is_refusal(each, decided_on)]
    chief, reason = _chief(refusing, decided_on)
    return _worked(
        handling=_refined(reason, remark_codes),
        line_ordinal=line_ordinal,
        group=chief.group,
        reason=chief.reason,
        remark_codes=remark_codes,
        amount_cents=sum(each.amount_cents for each in refusing),
    )


def _denial_of_unknown_patient(claim: RemittanceClaim) -> LineDenial:
    """CLP02 4 without a reason that refuses anything (X12 RFI 1423): fix eligibility or payer."""
    adjustments = [*claim.adjustments, *(each for line in claim.lines for each in line.adjustments)]
    chief = max(adjustments, key=lambda each: each.amount_cents, default=None)
    return _worked(
        handling=REASONS.handling(DenialCategory.PATIENT_INFORMATION),
        line_ordinal=None,
        group=chief.group if chief else "",
        reason=chief.reason if chief else "",
        remark_codes=claim.remark_codes,
        amount_cents=claim.charge_cents,
    )


def _chief(
    refusing: Sequence[Adjustment], decided_on: dt.date
) -> tuple[Adjustment, AdjustmentReason]:
    """The adjustment that weighs most; known reasons before unknown, the first among equals."""
    known = [(each, REASONS.reason(each.reason, decided_on)) for each in refusing]
    return max(
        known,
        key=lambda pair: (pair[1].nature is not ReasonNature.UNKNOWN, pair[0].amount_cents),
    )


def _refined(reason: AdjustmentReason, remark_codes: Iterable[str]) -> DenialHandling:
    """How to work a denial: by its reason, or by a remark code where the reason is generic."""
    if reason.is_refined_by_remarks:
        for code in remark_codes:
            remark = REASONS.remark(code)
            if remark is not None and remark.handling is not None:
                return remark.handling
    return reason.handling or REASONS.handling(DenialCategory.UNKNOWN)


def _worked(
    *,
    handling: DenialHandling,
    line_ordinal: int | None,
    group: str,
    reason: str,
    remark_codes: tuple[str, ...],
    amount_cents: int,
) -> LineDenial:
    next_action = handling.next_action
    is_correctable, is_appealable = handling.is_correctable, handling.is_appealable
    for code in remark_codes:
        remark = REASONS.remark(code)
        if remark is not None and remark.without_appeal is not None:
            next_action = remark.without_appeal.next_action
            is_correctable = is_correctable or remark.without_appeal.is_correctable
            is_appealable = False
            break
    return LineDenial(
        line_ordinal=line_ordinal,
        group=group,
        reason=reason,
        remark_codes=remark_codes,
        amount_cents=amount_cents,
        category=handling.category,
        root_cause=handling.root_cause,
        owner=handling.owner,
        next_action=next_action,
        is_correctable=is_correctable,
        is_appealable=is_appealable,
    )


def _distinct(*remark_codes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for codes in remark_codes for code in codes))
