"""Claims with all that their payers ever send about them, and what the books must say in the end.

What must come out is worked out here from what was generated, line by line, and knows nothing of
the program's own rules of settlement.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from tests.builders.books import Balances
from tests.builders.remittance_files import Cas, Claim, Line

FORWARDED = ("19", "20", "21")
MOST_PAYERS = 3


@dataclass(frozen=True)
class Sent:
    """A CLP and which of the claim's payers sends it (0 for the primary)."""

    payer: int
    claim: Claim


@dataclass
class Story:
    """A claim, everything that is sent about it, and its balances after all of it."""

    number: str
    charges: Sequence[int]
    payer_count: int
    sent: list[Sent] = field(default_factory=list)
    balances: Balances = field(default_factory=lambda: Balances(0, 0, 0, 0))
    unapplied: int = 0
    """What of it never belongs to a claim."""


@dataclass(frozen=True)
class _Part:
    """What one payer decided about one line, in cents."""

    line: Line
    paid: int
    written_off: int
    patient: int


def stories(chance: Random, count: int) -> Iterator[Story]:
    """Claims PCN000000, PCN000001, ..."""
    for at in range(count):
        yield _story(chance, f"PCN{at:06}")


def _story(chance: Random, number: str) -> Story:
    charges = [chance.randint(1, 30_000) for _ in range(chance.choice((1, 1, 1, 2, 3)))]
    story = Story(number, charges, chance.choice((1, 1, 1, 2, 2, 3)))
    paid, written_off = [0] * len(charges), [0] * len(charges)
    patient = 0
    for payer in range(story.payer_count):
        if chance.random() < 0.08:
            break  # it has not answered yet
        parts = _decision(chance, charges, paid, written_off, is_first=payer == 0)
        forwards = chance.random() < 0.2
        decision = _clp(story, payer, parts, chance, forwards=forwards)
        stands = chance.random() > 0.06
        split = len(parts) > 1 and chance.random() < 0.3
        clps = _split(decision) if split else [decision]
        story.sent += [Sent(payer, clp) for clp in clps]
        _add_history(story, payer, chance)
        if not stands:
            story.sent += [Sent(payer, clp.reversed()) for clp in clps]
            break
        paid = [before + part.paid for before, part in zip(paid, parts, strict=True)]
        written_off = [b + part.written_off for b, part in zip(written_off, parts, strict=True)]
        is_last = payer == story.payer_count - 1
        awaits_another = forwards and story.payer_count < MOST_PAYERS
        if is_last and not awaits_another:
            patient = sum(part.patient for part in parts)
    _add_noise(story, chance)
    total, payments, write_offs = sum(charges), sum(paid), sum(written_off)
    insurance = total - payments - write_offs - patient
    story.balances = Balances(payments, write_offs, patient, insurance)
    return story


def _decision(
    chance: Random,
    charges: Sequence[int],
    paid: Sequence[int],
    written_off: Sequence[int],
    *,
    is_first: bool,
) -> list[_Part]:
    restates = chance.random() < 0.4
    is_denial = is_first and chance.random() < 0.12
    parts = []
    for charge, before, off in zip(charges, paid, written_off, strict=True):
        if is_denial or (is_first and chance.random() < 0.1):
            line = _line(charge, [Cas("CO", "197", charge)])
            parts.append(_Part(line, 0, 0, 0))
            continue
        left = charge - before - off
        new = chance.randint(0, left)
        share = chance.randint(0, left - new) if chance.random() < 0.7 else 0
        adjustments = [
            Cas("CO", "45", new + (off if restates else 0)),
            Cas("OA", "23", before + (0 if restates else off)),
            Cas("PR", "2", share),
        ]
        parts.append(_Part(_line(charge, adjustments), left - new - share, new, share))
    return parts


def _line(charge: int, adjustments: Sequence[Cas]) -> Line:
    return Line(charge_cents=charge, adjustments=[each for each in adjustments if each.cents])


def _clp(
    story: Story, payer: int, parts: Sequence[_Part], chance: Random, *, forwards: bool
) -> Claim:
    status = FORWARDED[payer] if forwards else str(payer + 1)
    return Claim(
        patient_control_number=story.number,
        status_code=status,
        lines=[part.line for part in parts],
        payer_claim_number=_number(chance),
    )


def _number(chance: Random) -> str:
    """A payer's own number, unlike any other."""
    return f"I{chance.randrange(10**12):012}"


def _split(claim: Claim) -> list[Claim]:
    """One CLP a line, each with a number of its own."""
    return [
        replace(claim, lines=[line], payer_claim_number=f"{claim.payer_claim_number}-{at}")
        for at, line in enumerate(claim.lines)
    ]


def _add_history(story: Story, payer: int, chance: Random) -> None:
    """What the payer said before and took back, or what gave way by itself."""
    nothing = [0] * len(story.charges)
    while chance.random() < 0.2:
        parts = _decision(chance, story.charges, nothing, nothing, is_first=payer == 0)
        earlier = _clp(story, payer, parts, chance, forwards=chance.random() < 0.3)
        story.sent += [Sent(payer, earlier), Sent(payer, earlier.reversed())]
    if chance.random() < 0.1:
        story.sent.append(Sent(payer, _refusal(story, str(payer + 1), Cas("CO", "197", 0), chance)))
    if chance.random() < 0.05:
        story.sent.append(Sent(payer, _refusal(story, "25", Cas("OA", "101", 0), chance)))
    if payer < story.payer_count - 1 and chance.random() < 0.05:
        story.sent.append(Sent(payer, _refusal(story, "23", Cas("OA", "B11", 0), chance)))


def _refusal(story: Story, status_code: str, cas: Cas, chance: Random) -> Claim:
    """Nothing is paid, all of it for one reason."""
    return Claim(
        patient_control_number=story.number,
        status_code=status_code,
        payer_claim_number=_number(chance),
        lines=[_line(charge, [replace(cas, cents=charge)]) for charge in story.charges],
    )


def _add_noise(story: Story, chance: Random) -> None:
    """What can never be posted: its money waits."""
    if chance.random() < 0.03:
        paid = chance.randint(1, 5_000)
        line = _line(paid + 1, [Cas("CO", "45", 1)])
        number = _number(chance)
        unknown = Claim(
            patient_control_number=f"X{story.number}", lines=[line], payer_claim_number=number
        )
        story.sent.append(Sent(0, unknown))
        story.unapplied += paid
    if chance.random() < 0.03:
        line = Line(charge_cents=sum(story.charges), adjustments=(), paid_cents=7)
        odd = Claim(patient_control_number=story.number, lines=[line], paid_cents=8)
        story.sent.append(Sent(0, odd))
        story.unapplied += 8
    if chance.random() < 0.03:
        paid = chance.randint(1, 5_000)
        line = _line(paid + 11, [Cas("PI", "253", 11)])
        never = Claim(patient_control_number=story.number, lines=[line])
        story.sent.append(Sent(0, never.reversed()))
        story.unapplied -= paid
