"""What the payers of a demonstration company decided: 835 files, posted as any other."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from app.demo.books import Office, SentClaims
from app.demo.practices import DemoPayer
from app.demo.remittance_files import Cas, Claim, Line, Plb, RemittanceFile, Transaction
from services.claims.claims import ClaimWithLines
from services.claims.remittances import receiving, remittances
from services.claims.remittances.remittance_scan import scan
from services.files.keeping import Bytes, written
from storage.files import FileVault
from storage.interface import IStorage
from storage.tables.claims import ClaimLine, Patient

UNDECIDED = 6
"""Claims of each payer that nobody has answered yet."""

_DENIALS = (
    (Cas("CO", "50", 0), ("N115",)),  # not a medical necessity
    (Cas("CO", "16", 0), ("M127",)),  # lacks information
    (Cas("CO", "197", 0), ("N517",)),  # no authorization
    (Cas("PR", "27", 0), ()),  # coverage had ended
)


@dataclass(frozen=True)
class _Decision:
    """How a payer decides about the lines of a claim: each charge to its adjustments."""

    status_code: str
    adjust: Callable[[int, DemoPayer, Random], list[Cas]]


def _contract(charge_cents: int, payer: DemoPayer) -> int:
    return charge_cents - charge_cents * payer.allowed_pct // 100


def _paid(charge_cents: int, payer: DemoPayer, random: Random) -> list[Cas]:
    write_off = _contract(charge_cents, payer)
    allowed = charge_cents - write_off
    share = allowed // 5 if payer.identifier == "MBUM1" else min(2_500, allowed // 2)
    reason = "2" if payer.identifier == "MBUM1" else random.choice(("2", "3"))
    return _without_zeros([Cas("CO", "45", write_off), Cas("PR", reason, share)])


def _to_the_deductible(charge_cents: int, payer: DemoPayer, _: Random) -> list[Cas]:
    write_off = _contract(charge_cents, payer)
    return _without_zeros([Cas("CO", "45", write_off), Cas("PR", "1", charge_cents - write_off)])


def _denied(charge_cents: int, _: DemoPayer, random: Random) -> list[Cas]:
    denial, _remarks = random.choice(_DENIALS)
    return [replace(denial, cents=charge_cents)]


def _without_zeros(adjustments: list[Cas]) -> list[Cas]:
    return [each for each in adjustments if each.cents]


_DECISIONS = (
    *[_Decision("1", _paid)] * 7,
    *[_Decision("1", _to_the_deductible)] * 2,
    *[_Decision("4", _denied)] * 2,
)


async def post_payments(
    storage: IStorage, vault: FileVault, office: Office, sent: SentClaims, random: Random
) -> None:
    """Post what the payers sent, in the order in which it came."""
    for name, file in _files(office, sent, random):
        await _post(storage, vault, office, name, file.render())


async def _post(
    storage: IStorage, vault: FileVault, office: Office, name: str, content: bytes
) -> None:
    new, held = receiving.new_file(name), Bytes(content)
    async with (
        written(storage, vault, office.company_id, office.staff, new, held) as file,
        storage.transaction(office.company_id, office.staff) as store,
    ):
        received = receiving.ReceivedFile(file, scan([content]))
        remittance, _ = await receiving.receive(store, received)
    await remittances.post_remittance(
        storage, vault, office.company_id, office.staff, remittance.id
    )


def _files(
    office: Office, sent: SentClaims, random: Random
) -> Iterator[tuple[str, RemittanceFile]]:
    writer = _Writer(office, sent, random)
    payers = {payer.identifier: payer for payer in office.practice.payers}
    first_decided: list[Claim] = []
    for at, (identifier, claims) in enumerate(sent.by_payer.items()):
        decided = claims[: len(claims) - UNDECIDED]
        if not decided:
            continue
        payer = payers[identifier]
        days_ago = 28 - 4 * at
        decisions = [writer.decided(claim, payer) for claim in decided]
        if identifier == "LHP01":
            first_decided = decisions
            decisions = [*decisions, writer.stranger(), _not_balanced(decisions.pop())]
        yield f"{identifier}-1.835", writer.file(payer, decisions, days_ago=days_ago, number=1)
        if identifier == "MBUM1" and "NMS01" in payers:
            supplement = [writer.supplemented(each, payers["NMS01"]) for each in decisions]
            paid = [each for each in supplement if each is not None]
            yield "NMS01-1.835", writer.file(payers["NMS01"], paid, days_ago=12, number=1)
    lakes = payers["LHP01"]
    wrong = next(each for each in first_decided if each.status_code == "1" and each.paid > 0)
    corrected = replace(wrong, lines=[_all_paid(line) for line in wrong.lines])
    plb = [Plb("L6", -125, "INTEREST"), Plb("WO", 1_500, "OVERPAID-2025")]
    yield (
        "LHP01-2.835",
        writer.file(lakes, [wrong.reversed(), corrected], days_ago=6, number=2, plb=plb),
    )
    held = writer.transaction(lakes, [writer.stranger()], days_ago=3, number=3)
    short = replace(held, payment_cents=held.payment - 1_000)
    yield "LHP01-3.835", RemittanceFile(transactions=[short])


@dataclass(frozen=True)
class _Writer:
    """Writes a company's claims as its payers would."""

    office: Office
    sent: SentClaims
    random: Random

    def decided(self, entered: ClaimWithLines, payer: DemoPayer) -> Claim:
        decision = self.random.choice(_DECISIONS)
        adjust = [decision.adjust] * len(entered.lines)
        if len(adjust) > 1 and decision.status_code == "1" and self.random.random() < 0.15:  # noqa: PLR2004
            adjust[-1] = _denied
        lines = [
            self._line(line, rule(line.charge_cents, payer, self.random))
            for line, rule in zip(entered.lines, adjust, strict=True)
        ]
        crosses = entered.claim.secondary_payer_id is not None and decision.status_code == "1"
        return self._claim(entered, lines, "19" if crosses else decision.status_code)

    def supplemented(self, first: Claim, payer: DemoPayer) -> Claim | None:
        """What the supplement pays of what the first payer left to the patient."""
        if first.status_code != "19":
            return None
        lines = []
        for line in first.lines:
            share = sum(cas.cents for cas in line.adjustments if cas.group == "PR")
            left = [Cas("OA", "23", line.charge_cents - share)]
            lines.append(replace(line, adjustments=_without_zeros(left)))
        return replace(
            first,
            status_code="2",
            lines=lines,
            patient_responsibility_cents=0,
            payer_claim_number=f"{payer.identifier}{first.payer_claim_number}",
        )

    def stranger(self) -> Claim:
        """A claim that the company never sent under this number."""
        number = f"OLD-{self.random.randrange(10_000, 99_999)}"
        return Claim(
            patient_control_number=number,
            payer_claim_number=f"X{number}",
            lines=[Line(service_date=self.sent.today - dt.timedelta(80))],
        )

    def file(
        self,
        payer: DemoPayer,
        claims: Sequence[Claim],
        *,
        days_ago: int,
        number: int,
        plb: Sequence[Plb] = (),
    ) -> RemittanceFile:
        transaction = self.transaction(payer, claims, days_ago=days_ago, number=number)
        return RemittanceFile(transactions=[replace(transaction, provider_adjustments=plb)])

    def transaction(
        self, payer: DemoPayer, claims: Sequence[Claim], *, days_ago: int, number: int
    ) -> Transaction:
        practice = self.office.practice
        return Transaction(
            claims=claims,
            trace_number=f"{payer.remittance_identifier[-3:]}{practice.npi[-4:]}{number:04}",
            payment_date=self.sent.today - dt.timedelta(days_ago),
            payer_name=payer.name.upper(),
            payer_identifier=payer.identifier,
            payer_trace_identifier=payer.remittance_identifier,
            payee_name=practice.name.upper(),
            payee_npi=practice.npi,
            payee_tax_identifier=practice.tax_identifier,
        )

    def _claim(self, entered: ClaimWithLines, lines: Sequence[Line], status_code: str) -> Claim:
        claim = entered.claim
        patient: Patient = self.sent.patients[claim.patient_id]
        owed = sum(cas.cents for line in lines for cas in line.adjustments if cas.group == "PR")
        return Claim(
            patient_control_number=claim.patient_control_number,
            status_code=status_code,
            lines=lines,
            patient_responsibility_cents=owed,
            payer_claim_number=f"ICN{claim.claim_number[-6:]}",
            patient_last_name=patient.last_name.upper(),
            patient_first_name=patient.first_name.upper(),
            member_id=claim.subscriber_id,
        )

    @staticmethod
    def _line(line: ClaimLine, adjustments: Sequence[Cas]) -> Line:
        return Line(
            charge_cents=line.charge_cents,
            adjustments=adjustments,
            procedure_code=line.procedure_code,
            service_date=line.service_date,
            control_number=line.line_control_number,
        )


def _not_balanced(claim: Claim) -> Claim:
    """The same claim with a line that pays 5.00 more than its adjustments leave."""
    first, *others = claim.lines
    return replace(claim, lines=[replace(first, paid_cents=first.paid + 500), *others])


def _all_paid(line: Line) -> Line:
    """The line without what the patient was to pay."""
    return replace(line, adjustments=[cas for cas in line.adjustments if cas.group != "PR"])
