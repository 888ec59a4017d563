"""What holds for every file of claims: it reads back as what went in, or it names what cannot."""

from __future__ import annotations

import random
import string
from dataclasses import replace as changed_file
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from services.claims.x12.claim_file import ClaimKind
from services.claims.x12.claim_model import Claim, Line, ProfessionalClaim
from services.claims.x12.claim_writer import prepare_claim_file, write_claim_file
from services.claims.x12.delimiters import Delimiters
from services.claims.x12.elements import cents_from
from services.claims.x12.party_model import PersonName
from services.claims.x12.segment_list import amount_text
from services.claims.x12.tokenizer import Segment, tokenize
from tests.claims.x12.claims_to_write import CLAIM, SUBSCRIBER, written
from tests.claims.x12.random_claims import RandomClaims, file_of, interchange

quickly = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=False
)
seeds = st.integers(0, 2**32)
kinds = st.sampled_from(list(ClaimKind))
# Characters that no random claim holds.
separators = st.permutations(list("*:~^|><{}[]!%=")).map(
    lambda each: Delimiters(each[0], each[1], each[2], each[3])
)


def facts_of(claim: Claim) -> tuple[object, ...]:
    """What a claim says, as far as it stands in one 2300 loop."""
    if isinstance(claim, ProfessionalClaim):
        diagnoses = claim.diagnoses
    else:
        diagnoses = (claim.principal_diagnosis, *claim.other_diagnoses)
    return (
        claim.patient_control_number,
        claim.charge_cents,
        claim.frequency.value,
        claim.payer_claim_number,
        [each.code.replace(".", "") for each in diagnoses],
        [each.payer_claim_number for each in claim.earlier_payers],
        [facts_of_line(line) for line in claim.lines],
    )


def facts_of_line(line: Line) -> tuple[object, ...]:
    return (
        line.procedure_code,
        list(line.modifiers),
        line.charge_cents,
        line.units,
        line.control_number,
        [
            (
                each.payer_identifier,
                each.paid_cents,
                sorted((a.group, a.reason, a.amount_cents) for a in each.adjustments),
            )
            for each in line.adjudications
        ],
    )


class Reading:
    """Reads the 2300 loops of a file by nothing but the tokenizer."""

    def __init__(self, data: bytes) -> None:
        self.claims: list[tuple[object, ...]] = []
        self.levels = 0
        for token in tokenize([data]):
            assert isinstance(token, Segment)
            handler = getattr(self, f"on_{token.elements[0]}", None)
            if handler is not None:
                elements = [*token.elements, *[""] * 20]
                handler(elements, token.delimiters.component)

    def on_HL(self, elements: list[str], _component: str) -> None:  # noqa: N802
        self.levels += 1
        assert elements[1] == str(self.levels)

    def on_CLM(self, elements: list[str], component: str) -> None:  # noqa: N802
        frequency = elements[5].split(component)[2]
        self.diagnoses: list[str] = []
        self.others: list[str | None] = []
        self.lines: list[tuple[object, ...]] = []
        self.payer_claim_number: list[str | None] = [None]
        self.claims.append(
            (
                elements[1],
                cents_from(elements[2]),
                frequency,
                self.payer_claim_number,
                self.diagnoses,
                self.others,
                self.lines,
            )
        )
        self.in_other = False

    def on_HI(self, elements: list[str], component: str) -> None:  # noqa: N802
        for composite in filter(None, elements[1:]):
            qualifier, code, *_ = composite.split(component)
            if qualifier in ("ABK", "ABF"):
                self.diagnoses.append(code)

    def on_OI(self, _elements: list[str], _component: str) -> None:  # noqa: N802
        self.others.append(None)

    def on_REF(self, elements: list[str], _component: str) -> None:  # noqa: N802
        if elements[1] == "F8" and self.others:
            self.others[-1] = elements[2]
        elif elements[1] == "F8":
            self.payer_claim_number[0] = elements[2]
        elif elements[1] == "6R":
            self.line[4] = elements[2]

    def on_SV1(self, elements: list[str], component: str) -> None:  # noqa: N802
        self._line(elements[1], elements[2], elements[4], component)

    def on_SV2(self, elements: list[str], component: str) -> None:  # noqa: N802
        self._line(elements[2], elements[3], elements[5], component)

    def _line(self, procedure: str, charge: str, units: str, component: str) -> None:
        _, code, *rest = procedure.split(component)
        modifiers = [each for each in rest[:4] if each]
        self.line: list[object] = [code, modifiers, cents_from(charge), Decimal(units), None, []]
        self.lines.append(self.line)

    def on_SVD(self, elements: list[str], _component: str) -> None:  # noqa: N802
        self.adjustments: list[tuple[str, str, int | None]] = []
        self.line[5].append((elements[1], cents_from(elements[2]), self.adjustments))

    def on_CAS(self, elements: list[str], _component: str) -> None:  # noqa: N802
        if self.lines:
            self.adjustments += [
                (elements[1], elements[at], cents_from(elements[at + 1]))
                for at in range(2, 20, 3)
                if elements[at]
            ]
            self.adjustments.sort()

    def facts(self) -> list[tuple[object, ...]]:
        return [
            (number, charge, frequency, payer[0], diagnoses, others, [tuple(e) for e in lines])
            for number, charge, frequency, payer, diagnoses, others, lines in self.claims
        ]


@quickly
@given(seeds, kinds, st.none() | separators)
def test_a_file_reads_back_as_the_claims_that_went_in(
    seed: int, kind: ClaimKind, delimiters: Delimiters | None
) -> None:
    claims = RandomClaims(random.Random(seed), kind).take(8)
    file = changed_file(file_of(claims), interchange=replace(interchange(), delimiters=delimiters))
    read = Reading(written(file)).facts()
    assert sorted(read, key=repr) == sorted(map(facts_of, claims), key=repr)


@quickly
@given(st.integers(-(10**10), 10**10))
def test_an_amount_reads_back_to_the_cent(cents: int) -> None:
    text = amount_text(cents)
    assert cents_from(text) == cents
    assert text == "0" or not text.startswith(("0", "-0"))
    assert "." not in text or not text.endswith(("0", "."))


@quickly
@given(st.text(max_size=70), st.text(max_size=90))
def test_any_text_is_written_as_it_is_or_named_as_a_fault(last: str, note: str) -> None:
    name = PersonName(last, "PAT")
    file = file_of([replace(CLAIM, subscriber=replace(SUBSCRIBER, name=name), note=note)])
    found = prepare_claim_file(file)
    assert {each.pointer for each in found.faults} <= {
        "/subscriber/name/last",
        "/note",
        "/interchange/delimiters",
    }
    if not found.faults:
        tokens = list(tokenize(write_claim_file(file, found)))
        elements = [each.elements for each in tokens if isinstance(each, Segment)]
        assert len(elements) == len(tokens) == found.segment_count
        assert ["NM1", "IL", "1", last.strip(), "PAT", "", "", "", "MI", "MEM0001"] in elements
        assert not note.strip() or ["NTE", "ADD", note.strip()] in elements


@quickly
@given(st.text(string.printable, max_size=40))
def test_whatever_can_be_written_has_delimiters_that_it_does_not_hold(note: str) -> None:
    found = prepare_claim_file(file_of([replace(CLAIM, note=note)]))
    if found.delimiters is not None:
        used = {
            found.delimiters.element,
            found.delimiters.component,
            found.delimiters.terminator,
            found.delimiters.repetition,
        }
        assert len(used) == 4
        assert not used.intersection(note.strip())
