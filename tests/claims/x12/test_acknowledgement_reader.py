"""The reader says what TA1, 999 and 277CA say, and what is odd about them."""

from __future__ import annotations

import datetime as dt

import pytest

from services.claims.x12.acknowledgement_model import (
    AcknowledgementEvent,
    ClaimAcknowledgement,
    Context,
    ElementError,
    GroupAcknowledgement,
    InterchangeAcknowledgement,
    LineStatus,
    PartyStatus,
    SegmentError,
    SetAcknowledgement,
    Status,
    StatusCode,
    StatusLevel,
    StatusReport,
)
from services.claims.x12.acknowledgement_reader import read_acknowledgements
from services.claims.x12.file_model import FATAL_ANOMALIES, Anomaly, AnomalyKind, FileEnd
from tests.builders.remittance_files import RemittanceFile
from tests.claims.x12.acknowledgement_files import (
    PROVIDER,
    AcknowledgementFile,
    claim,
    claims,
    functional,
)

REJECTED = functional(
    "AK1*HC*17*005010X222A1",
    "AK2*837*0001*005010X222A1",
    "IK3*NM1*8**8",
    "CTX*SITUATIONAL TRIGGER*CLM*22**5:3*C023:1325",
    "IK4*9:2:1*67*I12*BAD VALUE",
    "CTX*CLM01:PCN0001",
    "IK4*3**1",
    "IK3*REF*12*2010*3",
    "IK5*R*5*I5",
    "AK2*837*0002",
    "IK5*A",
    "AK9*P*2*2*1*5",
)
ACCEPTED_CLAIM = claim(
    "PCN0001",
    "STC*A2:20:PR*20261126*WQ*125.5",
    "REF*1K*ICN0001",
    "REF*D9*TRACE1",
    "REF*BLT*131",
    "DTP*472*RD8*20261101-20261103",
)


def events_of(*data: bytes) -> list[AcknowledgementEvent]:
    return list(read_acknowledgements(data))


def kinds_of(data: bytes) -> list[AnomalyKind]:
    return [event.kind for event in events_of(data) if isinstance(event, Anomaly)]


def rendered(*sets: tuple[str, object]) -> bytes:
    return AcknowledgementFile(sets=sets).render()


def claim_of(*segments: str) -> ClaimAcknowledgement:
    data = rendered(claims(*PROVIDER, *claim("PCN0001", *segments)))
    (found,) = [event for event in events_of(data) if isinstance(event, ClaimAcknowledgement)]
    return found


# TA1


def test_an_interchange_acknowledgement_is_read_whole() -> None:
    data = AcknowledgementFile(interchange_answers=["TA1*000000321*261125*1200*R*025"]).render()
    assert events_of(data)[0] == InterchangeAcknowledgement(
        position=2,
        interchange_control_number="000000321",
        interchange_date="261125",
        interchange_time="1200",
        decision_code="R",
        note_code="025",
    )
    assert kinds_of(data) == []


def test_a_decision_that_there_is_not_is_told() -> None:
    data = AcknowledgementFile(interchange_answers=["TA1*000000321*261125*1200*Q"]).render()
    assert kinds_of(data) == [AnomalyKind.UNKNOWN_CODE]
    empty = AcknowledgementFile(interchange_answers=["TA1*000000321"]).render()
    assert kinds_of(empty) == [AnomalyKind.MISSING_ELEMENT]


# 999


def test_a_rejected_set_says_which_codes_at_which_place() -> None:
    answers = [each for each in events_of(rendered(REJECTED)) if not isinstance(each, Anomaly)]
    assert answers[0] == SetAcknowledgement(
        position=5,
        transaction=1,
        group_control_number="17",
        set_identifier="837",
        set_control_number="0001",
        implementation="005010X222A1",
        decision_code="R",
        error_codes=("5", "I5"),
        segment_errors=(
            SegmentError(
                position=6,
                segment_identifier="NM1",
                segment_position=8,
                loop_identifier=None,
                error_code="8",
                contexts=(Context("SITUATIONAL TRIGGER", None, "CLM", 22, None),),
                element_errors=(
                    ElementError(
                        position=8,
                        element_position=9,
                        component_position=2,
                        repetition=1,
                        reference_number="67",
                        error_code="I12",
                        bad_data="BAD VALUE",
                        contexts=(Context("CLM01", "PCN0001", None, None, None),),
                    ),
                    ElementError(10, 3, None, None, None, "1", None),
                ),
            ),
            SegmentError(11, "REF", 12, "2010", "3"),
        ),
    )


def test_the_answer_of_the_group_comes_after_its_sets() -> None:
    assert [type(event) for event in events_of(rendered(REJECTED))] == [
        SetAcknowledgement,
        SetAcknowledgement,
        GroupAcknowledgement,
        FileEnd,
    ]
    group = events_of(rendered(REJECTED))[2]
    assert group == GroupAcknowledgement(
        position=15,
        transaction=1,
        functional_identifier="HC",
        group_control_number="17",
        implementation="005010X222A1",
        decision_code="P",
        included=2,
        received=2,
        accepted=1,
        error_codes=("5",),
        listed_sets=2,
    )


def test_a_group_may_be_answered_without_its_sets() -> None:
    group = events_of(rendered(functional("AK1*HC*17", "AK9*A*3*3*3")))[0]
    assert isinstance(group, GroupAcknowledgement)
    assert (group.decision_code, group.accepted, group.listed_sets) == ("A", 3, 0)


def test_a_group_without_an_answer_is_told_and_undecided() -> None:
    data = rendered(functional("AK1*HC*17", "AK2*837*0001"))
    assert kinds_of(data) == 2 * [AnomalyKind.MISSING_ELEMENT]
    group = events_of(data)[-2]
    assert isinstance(group, GroupAcknowledgement)
    assert (group.decision_code, group.accepted, group.listed_sets) == ("", None, 1)


@pytest.mark.parametrize(
    ("segments", "kinds"),
    [
        (["AK2*837*1", "IK5*A", "AK9*A*1*1*1"], [AnomalyKind.MISSING_ELEMENT]),
        (["AK1*HC*1", "AK9*A*x*1*1"], [AnomalyKind.WRONG_COUNT]),
        (["AK1*HC*1", "AK9*A*1*1*1", "AK9*R*1*1*0"], [AnomalyKind.UNEXPECTED_SEGMENT]),
        (["AK1*HC*1", "AK9*A*1*1*1", "REF*1"], [AnomalyKind.UNEXPECTED_SEGMENT]),
        (["AK1*HC*1", "REF*1", "AK9*A*1*1*1"], [AnomalyKind.UNEXPECTED_SEGMENT]),
        (
            ["AK1*HC*1", "AK2*837*1", "IK4*1**1", "IK5*A", "AK9*A*1*1*1"],
            [AnomalyKind.UNEXPECTED_SEGMENT],
        ),
    ],
)
def test_what_is_odd_in_a_999_is_told(segments: list[str], kinds: list[AnomalyKind]) -> None:
    assert kinds_of(rendered(functional(*segments))) == kinds


# 277CA


def test_a_claim_is_read_whole_with_what_stands_above_it() -> None:
    receiver = ("STC*A1:19:PR*20261126*WQ*125.5", "QTY*90*1", "QTY*AA*0", "AMT*YU*125.5")
    provider = (*PROVIDER, "QTY*QA*1", "QTY*QC*2", "AMT*YU*125.5", "AMT*YY*10")
    found = events_of(rendered(claims(*receiver, *provider, *ACCEPTED_CLAIM)))
    accepted = Status((StatusCode("A2", "20", "PR"),), dt.date(2026, 11, 26), "WQ", 12_550)
    assert found == [
        StatusReport(3, 1, "0001", "REPORT1", dt.date(2026, 11, 26)),
        PartyStatus(
            position=5,
            transaction=1,
            level=StatusLevel.SOURCE,
            name="EXAMPLE PLAN",
            identifier_qualifier="PI",
            identifier="99999",
            trace_number="SOURCE1",
            received_on=dt.date(2026, 11, 25),
            processed_on=dt.date(2026, 11, 26),
        ),
        the_receiver := PartyStatus(
            position=10,
            transaction=1,
            level=StatusLevel.RECEIVER,
            name="EXAMPLE BILLING",
            identifier_qualifier="46",
            identifier="SENDER",
            trace_number="BATCH1",
            statuses=(
                Status((StatusCode("A1", "19", "PR"),), dt.date(2026, 11, 26), "WQ", 12_550),
            ),
            accepted_count=1,
            rejected_count=0,
            accepted_cents=12_550,
        ),
        the_provider := PartyStatus(
            position=17,
            transaction=1,
            level=StatusLevel.PROVIDER,
            name="EXAMPLE CLINIC",
            identifier_qualifier="XX",
            identifier="1234567893",
            trace_number="0",
            accepted_count=1,
            rejected_count=2,
            accepted_cents=12_550,
            rejected_cents=1_000,
        ),
        ClaimAcknowledgement(
            position=24,
            transaction=1,
            ordinal=1,
            patient_control_number="PCN0001",
            payer_claim_number="ICN0001",
            clearinghouse_trace_number="TRACE1",
            bill_type="131",
            patient_last_name="SAMPLE",
            patient_first_name="PAT",
            member_id="MEM0001",
            service_from=dt.date(2026, 11, 1),
            service_to=dt.date(2026, 11, 3),
            statuses=(accepted,),
            receiver=the_receiver,
            provider=the_provider,
        ),
        FileEnd(byte_count=found[-1].byte_count, segment_count=34, transaction_count=1),
    ]


def test_a_status_has_up_to_three_codes_and_a_text() -> None:
    found = claim_of("STC*A7:562:85*20261126*U*50******A7:145*A3:21:40*CALL US")
    (status,) = found.statuses
    assert status.codes == (
        StatusCode("A7", "562", "85"),
        StatusCode("A7", "145"),
        StatusCode("A3", "21", "40"),
    )
    assert (status.action, status.amount_cents, status.text) == ("U", 5_000, "CALL US")


def test_a_line_is_read_whole() -> None:
    found = claim_of(
        "STC*A7:21*20261126*U*50",
        "SVC*HC:99213:25*50*0*0450**1",
        "STC*A7:454**U",
        "REF*FJ*PCN0001L1",
        "DTP*472*D8*20261101",
    )
    assert found.lines == (
        LineStatus(
            position=found.position + 4,
            procedure_code="99213",
            charge_cents=5_000,
            revenue_code="0450",
            line_control_number="PCN0001L1",
            service_from=dt.date(2026, 11, 1),
            service_to=dt.date(2026, 11, 1),
            statuses=(Status((StatusCode("A7", "454"),), None, "U"),),
        ),
    )


def test_a_claim_may_stand_right_below_the_receiver() -> None:
    lone = ("HL*3*2*PT", *ACCEPTED_CLAIM[1:])
    found = events_of(rendered(claims(*lone)))
    assert kinds_of(rendered(claims(*lone))) == []
    (answer,) = [event for event in found if isinstance(event, ClaimAcknowledgement)]
    assert answer.provider is None
    assert answer.receiver is not None


@pytest.mark.parametrize(
    ("segments", "kinds"),
    [
        (claim("", "STC*A2:20"), [AnomalyKind.MISSING_ELEMENT]),
        (claim("P1"), [AnomalyKind.MISSING_ELEMENT]),
        (claim("P1", "STC**20261126*WQ"), [AnomalyKind.MISSING_ELEMENT]),
        (claim("P1", "STC*A2:20*20261340*WQ"), [AnomalyKind.MALFORMED_DATE]),
        (claim("P1", "STC*A2:20**WQ*1x"), [AnomalyKind.MALFORMED_AMOUNT]),
        (claim("P1", "STC*A2:20", "PLB*1"), [AnomalyKind.UNEXPECTED_SEGMENT]),
        (("HL*4*9*PT", "TRN*2*P1", "STC*A2:20"), [AnomalyKind.BROKEN_HIERARCHY]),
        (("HL*4*3*QQ", "TRN*2*P1"), [AnomalyKind.UNKNOWN_CODE]),
        (("QTY*QA*x",), [AnomalyKind.WRONG_COUNT]),
    ],
)
def test_what_is_odd_in_a_277ca_is_told(
    segments: tuple[str, ...], kinds: list[AnomalyKind]
) -> None:
    assert kinds_of(rendered(claims(*PROVIDER, *segments))) == kinds


def test_another_component_separator_than_declared_is_read_and_told_once() -> None:
    data = rendered(claims(*PROVIDER, *claim("P1", "STC*A2>20>PR", "STC*A1>19")))
    assert kinds_of(data) == [AnomalyKind.DELIMITER_MISMATCH]
    answers = [event for event in events_of(data) if isinstance(event, ClaimAcknowledgement)]
    assert answers[0].statuses[0].codes == (StatusCode("A2", "20", "PR"),)


# Files


def test_one_file_may_hold_all_three_in_several_interchanges() -> None:
    first = AcknowledgementFile(
        sets=[REJECTED, claims(*PROVIDER, *ACCEPTED_CLAIM)],
        interchange_answers=["TA1*000000321*261125*1200*A*000"],
    ).render()
    second = AcknowledgementFile(sets=[REJECTED], separators="|>'-").render()
    found = events_of(b"\xef\xbb\xbf" + first + second)
    assert [type(event).__name__ for event in found] == [
        "Anomaly",  # the byte-order mark
        "InterchangeAcknowledgement",
        "SetAcknowledgement",
        "SetAcknowledgement",
        "GroupAcknowledgement",
        "StatusReport",
        "PartyStatus",
        "PartyStatus",
        "PartyStatus",
        "ClaimAcknowledgement",
        "SetAcknowledgement",
        "SetAcknowledgement",
        "GroupAcknowledgement",
        "FileEnd",
    ]
    assert [e.transaction for e in found if isinstance(e, GroupAcknowledgement)] == [1, 3]


def test_wrong_counts_and_control_numbers_are_told_and_keep_nothing_out() -> None:
    wrong = {"SE": "SE*99*0002", "GE": "GE*7*9", "IEA": "IEA*5*000000008"}
    data = AcknowledgementFile(sets=[REJECTED], trailer_overrides=wrong).render()
    assert kinds_of(data) == 3 * [AnomalyKind.WRONG_COUNT, AnomalyKind.WRONG_CONTROL_NUMBER]
    assert not FATAL_ANOMALIES.intersection(kinds_of(data))


@pytest.mark.parametrize("keep", [1, 4, 8, 14])
def test_a_file_that_ends_too_early_is_kept_out_where_it_ends(keep: int) -> None:
    segments = list(AcknowledgementFile(sets=[REJECTED]).segments())
    data = "".join(segment + "~" for segment in segments[:keep]).encode()
    fatal = [e for e in events_of(data) if isinstance(e, Anomaly) and e.kind in FATAL_ANOMALIES]
    assert [(each.kind, each.position) for each in fatal] == [
        (AnomalyKind.MISSING_SE if keep > 2 else AnomalyKind.NOT_ACKNOWLEDGEMENT, keep + 1)
    ]


@pytest.mark.parametrize(
    ("data", "kind", "words"),
    [
        (b"", AnomalyKind.EMPTY, "blanks"),
        (b"%PDF-1.7", AnomalyKind.UNDECODABLE, "PDF"),
        (b"hello", AnomalyKind.NOT_X12, "text"),
        (RemittanceFile.of().render(), AnomalyKind.NOT_ACKNOWLEDGEMENT, "holds 835"),
        (AcknowledgementFile().render(), AnomalyKind.NOT_ACKNOWLEDGEMENT, "no transaction"),
        (rendered(REJECTED)[:-3], AnomalyKind.UNTERMINATED_SEGMENT, "cut off"),
    ],
)
def test_a_foreign_file_is_kept_out_in_words(data: bytes, kind: AnomalyKind, words: str) -> None:
    fatal = [e for e in events_of(data) if isinstance(e, Anomaly) and e.kind in FATAL_ANOMALIES]
    assert [each.kind for each in fatal] == [kind]
    assert words in fatal[0].detail


def test_other_transactions_among_acknowledgements_are_skipped_and_told() -> None:
    data = rendered(REJECTED) + RemittanceFile.of().render()
    assert kinds_of(data) == [AnomalyKind.UNEXPECTED_SEGMENT]
    assert not FATAL_ANOMALIES.intersection(kinds_of(data))


def test_no_detail_quotes_what_a_file_says() -> None:
    data = rendered(claims(*PROVIDER, *claim("P1", "STC*A2:20*JANE DOE*WQ", "JANEDOE*1")))
    details = [event.detail for event in events_of(data) if isinstance(event, Anomaly)]
    assert details
    assert not [detail for detail in details if "JANE" in detail]
