"""Every denial says why, whose work it is, until when, and what to do next."""

import datetime as dt

import pytest

from services.claims.remittances.adjustment_reasons import REASONS, DenialCategory, DenialOwner
from services.claims.remittances.denials import LineDenial, denials_of
from services.claims.x12.remittance_model import Adjustment, RemittanceClaim, RemittanceLine

RECEIVED = dt.date(2026, 3, 2)


def line(*adjustments: Adjustment, charge: int = 10_000, remarks: str = "") -> RemittanceLine:
    return RemittanceLine(
        position=20,
        procedure_code="99213",
        modifiers=(),
        charge_cents=charge,
        paid_cents=charge - sum(each.amount_cents for each in adjustments),
        remark_codes=tuple(remarks.split()),
        adjustments=adjustments,
    )


def denials(
    *lines: RemittanceLine,
    status: str = "1",
    adjustments: tuple[Adjustment, ...] = (),
    remarks: str = "",
) -> tuple[LineDenial, ...]:
    charge = sum(each.charge_cents for each in lines) if lines else 10_000
    paid = sum(each.paid_cents for each in lines) if lines else charge
    claim = RemittanceClaim(
        position=10,
        ordinal=1,
        patient_control_number="A1",
        status_code=status,
        charge_cents=charge,
        paid_cents=paid - sum(each.amount_cents for each in adjustments),
        remark_codes=tuple(remarks.split()),
        adjustments=adjustments,
        lines=lines,
    )
    return denials_of(claim, RECEIVED)


def test_a_late_claim_is_the_billers_to_appeal_with_proof() -> None:
    (denial,) = denials(line(Adjustment("CO", "29", 10_000)))
    assert (denial.line_ordinal, denial.group, denial.reason) == (1, "CO", "29")
    assert (denial.amount_cents, denial.remark_codes) == (10_000, ())
    assert denial.category is DenialCategory.TIMELY_FILING
    assert denial.owner is DenialOwner.BILLER
    assert denial.is_appealable
    assert not denial.is_correctable
    assert "proof" in denial.next_action


def test_only_denied_lines_bring_a_denial_and_each_its_own() -> None:
    brought = denials(
        line(Adjustment("CO", "45", 2_000)),
        line(Adjustment("CO", "45", 2_000), Adjustment("CO", "97", 8_000)),
        line(Adjustment("PR", "1", 10_000)),
        line(Adjustment("PR", "27", 10_000)),
    )
    assert [(each.line_ordinal, each.category, each.amount_cents) for each in brought] == [
        (2, DenialCategory.BUNDLED, 8_000),
        (4, DenialCategory.NO_COVERAGE, 10_000),
    ]


def test_the_reason_that_weighs_most_names_the_denial_and_all_refusals_are_its_amount() -> None:
    (denial,) = denials(
        line(
            Adjustment("CO", "45", 1_000),
            Adjustment("CO", "16", 2_000),
            Adjustment("CO", "197", 3_000),
            Adjustment("CO", "9999", 4_000),
        )
    )
    assert (denial.reason, denial.amount_cents) == ("197", 9_000)


@pytest.mark.parametrize(
    ("remarks", "category"),
    [
        ("", DenialCategory.BILLING_ERROR),
        ("N290", DenialCategory.PROVIDER_INFORMATION),
        ("MA01 M76", DenialCategory.DIAGNOSIS),
        ("MA04", DenialCategory.COORDINATION_OF_BENEFITS),
    ],
)
def test_remarks_say_what_a_generic_reason_is_about(remarks: str, category: DenialCategory) -> None:
    (of_line,) = denials(line(Adjustment("CO", "16", 10_000), remarks=remarks))
    (of_claim,) = denials(line(Adjustment("CO", "16", 10_000)), remarks=remarks)
    assert of_line.category is of_claim.category is category


def test_the_lines_remark_counts_before_the_claims() -> None:
    (denial,) = denials(line(Adjustment("CO", "16", 10_000), remarks="M76"), remarks="N290 M76")
    assert denial.category is DenialCategory.DIAGNOSIS
    assert denial.remark_codes == ("M76", "N290")


def test_a_specific_reason_keeps_its_category_whatever_the_remarks() -> None:
    (denial,) = denials(line(Adjustment("CO", "29", 10_000), remarks="M76"))
    assert denial.category is DenialCategory.TIMELY_FILING


def test_ma130_means_correct_and_send_again_and_not_appeal() -> None:
    """No appeal rights on an unprocessable claim; the appeal period does not apply."""
    (denial,) = denials(line(Adjustment("CO", "16", 10_000), remarks="N290 MA130"))
    assert denial.category is DenialCategory.PROVIDER_INFORMATION
    assert not denial.is_appealable
    assert denial.is_correctable
    assert "new" in denial.next_action


def test_n211_takes_the_appeal_and_leaves_what_a_corrected_claim_can_do() -> None:
    (billing_error,) = denials(line(Adjustment("CO", "16", 10_000), remarks="N211"))
    assert (billing_error.is_correctable, billing_error.is_appealable) == (True, False)
    (late,) = denials(line(Adjustment("CO", "29", 10_000), remarks="N211"))
    assert (late.is_correctable, late.is_appealable) == (False, False)


def test_what_went_to_the_wrong_payer_is_not_appealed() -> None:
    (denial,) = denials(line(Adjustment("CO", "109", 10_000)))
    assert not denial.is_appealable


def test_a_claim_without_lines_brings_one_denial_for_itself() -> None:
    (denial,) = denials(adjustments=(Adjustment("CO", "252", 10_000),), remarks="M127")
    assert denial.line_ordinal is None
    assert denial.category is DenialCategory.MEDICAL_RECORDS
    assert denial.owner is DenialOwner.MEDICAL_RECORDS


def test_a_claim_level_refusal_of_a_claim_with_lines_is_not_lost() -> None:
    (denial,) = denials(line(), adjustments=(Adjustment("CO", "29", 10_000),))
    assert (denial.line_ordinal, denial.reason) == (None, "29")


def test_a_patient_who_is_not_recognised_without_a_reason_is_the_front_desks() -> None:
    (denial,) = denials(line(Adjustment("CO", "45", 10_000)), status="4")
    assert denial.category is DenialCategory.PATIENT_INFORMATION
    assert denial.owner is DenialOwner.FRONT_DESK
    assert (denial.group, denial.reason, denial.amount_cents) == ("CO", "45", 10_000)
    (specific,) = denials(line(Adjustment("CO", "29", 10_000)), status="4")
    assert specific.category is DenialCategory.TIMELY_FILING


def test_an_unrecognised_claim_without_any_adjustment_still_brings_a_denial() -> None:
    claim = RemittanceClaim(
        position=10,
        ordinal=1,
        patient_control_number="A1",
        status_code="4",
        charge_cents=10_000,
        paid_cents=0,
    )
    (denial,) = denials_of(claim, RECEIVED)
    assert (denial.group, denial.reason, denial.amount_cents) == ("", "", 10_000)


@pytest.mark.parametrize("status", ["22", "23", "25"])
def test_reversals_predeterminations_and_foreign_claims_bring_none(status: str) -> None:
    assert denials(line(Adjustment("CO", "29", 10_000)), status=status) == ()


def test_what_is_paid_or_owed_by_the_patient_is_no_denial() -> None:
    assert denials(line(Adjustment("CO", "45", 2_000))) == ()
    assert denials(line(Adjustment("PR", "1", 10_000))) == ()
    assert denials(line(Adjustment("CO", "24", 10_000))) == ()


@pytest.mark.parametrize("group", ["CO", "OA", "PI", "PR"])
def test_every_denial_has_all_that_working_it_needs(group: str) -> None:
    refusing = [code for code in REASONS.codes if REASONS.reason(code, RECEIVED).handling]
    for code in [*refusing, "9999"]:
        (denial,) = denials(line(Adjustment(group, code, 10_000)))
        assert denial.category
        assert denial.root_cause
        assert denial.owner
        assert denial.next_action
