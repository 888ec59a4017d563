"""What holds for every acknowledgement, however it is written, cut, split or damaged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.claims.x12.acknowledgement_decisions import (
    Outcome,
    claim_decision,
    set_decisions,
)
from services.claims.x12.acknowledgement_model import (
    AcknowledgementEvent,
    ClaimAcknowledgement,
    GroupAcknowledgement,
    SetAcknowledgement,
)
from services.claims.x12.acknowledgement_reader import read_acknowledgements
from services.claims.x12.file_contents import contents_of
from services.claims.x12.file_model import FATAL_ANOMALIES, Anomaly, FileEnd
from tests.claims.x12.acknowledgement_files import (
    PROVIDER,
    AcknowledgementFile,
    claim,
    claims,
    functional,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

quickly = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

SMALL = AcknowledgementFile(
    sets=[
        functional(
            "AK1*HC*1", "AK2*837*0001", "IK3*CLM*9**8", "IK4*2**1", "IK5*R*5", "AK9*R*1*1*0"
        ),
        claims(*PROVIDER, *claim("PCN1", "STC*A2:20*20261126*WQ*1", "REF*1K*ICN1")),
    ],
    interchange_answers=["TA1*000000001*261126*0930*A*000"],
).render()

words = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=9)
places = st.none() | st.integers(1, 999)
codes = st.sampled_from(["1", "3", "5", "8", "I5", "I9"])
decisions = st.sampled_from("AEMRWX")
element_errors = st.tuples(st.integers(1, 30), places, codes, words)
segment_errors = st.tuples(words, places, codes, st.lists(element_errors, max_size=3))
set_answers = st.tuples(
    words, decisions, st.lists(codes, max_size=5), st.lists(segment_errors, max_size=3)
)
separators = st.permutations(list("*:~|>'!")).map(lambda each: "".join(each[:3]) + "-")
categories = st.sampled_from(["A0", "A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "P1", "F2"])
cents = st.integers(0, 10**10)
claim_answers = st.tuples(
    words, st.lists(st.tuples(categories, words, cents), min_size=1, max_size=3), words
)


def events_of(*chunks: bytes) -> list[AcknowledgementEvent]:
    return list(read_acknowledgements(chunks))


def set_segments(answer: tuple[str, str, list[str], list[object]]) -> list[str]:
    number, decision, error_codes, errors = answer
    segments = [f"AK2*837*{number}"]
    for name, position, code, elements in errors:
        segments.append(f"IK3*{name}*{position or ''}**{code}")
        segments += [f"IK4*{at}:{part or ''}**{code}*{bad}" for at, part, code, bad in elements]
    return [*segments, "*".join(["IK5", decision, *error_codes])]


@quickly
@given(st.lists(set_answers, max_size=4), separators)
def test_a_999_is_read_back_as_it_was_written(
    answers: list[tuple[str, str, list[str], list[object]]], written_with: str
) -> None:
    segments = [segment for answer in answers for segment in set_segments(answer)]
    count = len(answers)
    whole = functional("AK1*HC*77", *segments, f"AK9*P*{count}*{count}*0")
    found = events_of(AcknowledgementFile(sets=[whole], separators=written_with).render())
    assert not [event for event in found if isinstance(event, Anomaly)]
    read = [
        (
            each.set_control_number,
            each.decision_code,
            list(each.error_codes),
            [
                (
                    error.segment_identifier,
                    error.segment_position,
                    error.error_code,
                    [
                        (e.element_position, e.component_position, e.error_code, e.bad_data)
                        for e in error.element_errors
                    ],
                )
                for error in each.segment_errors
            ],
        )
        for each in found
        if isinstance(each, SetAcknowledgement)
    ]
    assert read == answers


@quickly
@given(st.lists(claim_answers, max_size=5), separators)
def test_a_277ca_is_read_back_as_it_was_written(
    answers: list[tuple[str, list[tuple[str, str, int]], str]], written_with: str
) -> None:
    segments: list[str] = []
    for number, statuses, payer_number in answers:
        written = [
            f"STC*{category}:{code}**WQ*{amount // 100}.{amount % 100:02}"
            for category, code, amount in statuses
        ]
        segments += claim(number, *written, f"REF*1K*{payer_number}")
    data = AcknowledgementFile(sets=[claims(*PROVIDER, *segments)], separators=written_with)
    read = [
        (
            each.patient_control_number,
            [(s.codes[0].category, s.codes[0].status, s.amount_cents) for s in each.statuses],
            each.payer_claim_number,
        )
        for each in events_of(data.render())
        if isinstance(each, ClaimAcknowledgement)
    ]
    assert read == answers


@quickly
@given(
    st.lists(set_answers, max_size=4, unique_by=lambda answer: answer[0].lstrip("0")),
    st.sampled_from("AEMPRWX"),
    st.lists(words, max_size=3),
)
def test_every_set_that_was_sent_is_decided_once_and_none_is_accepted_by_mistake(
    answers: list[tuple[str, str, list[str], list[object]]], decision: str, others: Sequence[str]
) -> None:
    sent = list(dict.fromkeys([*(answer[0] for answer in answers), *others]))
    segments = [segment for answer in answers for segment in set_segments(answer)]
    whole = functional("AK1*HC*77", *segments, f"AK9*{decision}*{len(sent)}*{len(sent)}*0")
    found = events_of(AcknowledgementFile(sets=[whole]).render())
    sets = [event for event in found if isinstance(event, SetAcknowledgement)]
    (group,) = [event for event in found if isinstance(event, GroupAcknowledgement)]
    decided = set_decisions(group, sets, sent)
    assert [each.set_control_number for each in decided] == sent
    own = {answer[0]: answer[1] for answer in answers}
    for each in decided:
        if decision in "MRWX" or own.get(each.set_control_number, "A") in "MRWX":
            assert each.outcome is Outcome.REJECTED


@quickly
@given(st.integers(0, len(SMALL)), st.integers(1, 40))
def test_a_cut_file_is_kept_out_unless_it_is_cut_between_transactions(cut: int, size: int) -> None:
    data = SMALL[:cut]
    events = events_of(*[data[at : at + size] for at in range(0, cut, size)])
    whole = data.rstrip(b"\n")
    last = whole[whole.rfind(b"\n") + 1 :][:3]
    ends_between = whole.endswith(b"~") and last in (b"SE*", b"GE*", b"IEA", b"TA1")
    ends_between |= whole.endswith(b"~") and last == b"GS*" and b"TA1" in whole
    kept_out = any(isinstance(e, Anomaly) and e.kind in FATAL_ANOMALIES for e in events)
    assert kept_out is not ends_between


@quickly
@given(st.lists(st.binary(max_size=300), max_size=4), st.sampled_from([b"", SMALL[:106], SMALL]))
def test_no_bytes_make_it_raise(chunks: list[bytes], start: bytes) -> None:
    whole = events_of(start, *chunks)
    assert isinstance(whole[-1], FileEnd)
    assert whole[-1].byte_count == len(start) + sum(map(len, chunks))
    assert whole == events_of(start + b"".join(chunks))
    assert contents_of([start, *chunks]) == contents_of([start + b"".join(chunks)])


@quickly
@given(
    st.lists(
        st.tuples(st.integers(0, len(SMALL) - 1), st.integers(0, 255), st.booleans()),
        min_size=1,
        max_size=5,
    ),
    st.integers(1, 200),
)
def test_no_damage_makes_it_raise_or_depend_on_the_split(
    changes: list[tuple[int, int, bool]], size: int
) -> None:
    damaged = bytearray(SMALL)
    for at, byte, is_inserted in changes:
        damaged[at : at if is_inserted else at + 1] = bytes((byte,))
    data = bytes(damaged)
    events = events_of(data)
    assert isinstance(events[-1], FileEnd)
    assert events == events_of(*[data[at : at + size] for at in range(0, len(data), size)])
    for event in events:
        if isinstance(event, ClaimAcknowledgement):
            claim_decision(event)
