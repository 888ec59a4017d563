"""Random claims that every payer should take: all kinds, variants and orders of payers.

Own names and numbers throughout; identifiers of providers have a valid check digit, places and
codes are few and real, and everything balances, so that what a checker says against one of these
is the writer's fault or the checker's.
"""

from __future__ import annotations

import datetime as dt
import string
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from services.claims.npi import has_valid_check_digit
from services.claims.x12.claim_file import ClaimFile, ClaimKind, ClaimSet, Interchange, Usage
from services.claims.x12.claim_model import (
    Accident,
    Claim,
    Diagnosis,
    Drug,
    EarlierPayer,
    Frequency,
    InpatientProcedure,
    InstitutionalClaim,
    InstitutionalLine,
    Line,
    LineAdjudication,
    Occurrence,
    OccurrenceSpan,
    ProfessionalClaim,
    ProfessionalLine,
    ValueCode,
)
from services.claims.x12.party_model import (
    Address,
    BillingProvider,
    Contact,
    Dependent,
    Facility,
    Identifier,
    Name,
    OrganizationName,
    Payer,
    PersonName,
    Provider,
    Receiver,
    Responsibility,
    Sex,
    Submitter,
    Subscriber,
)
from services.claims.x12.remittance_model import Adjustment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

_T = TypeVar("_T")

CREATED_AT = dt.datetime(2026, 11, 26, 9, 30, tzinfo=dt.UTC)
SUBMITTER = Submitter(
    name=OrganizationName("EXAMPLE BILLING"),
    identifier="SENDER01",
    contact=Contact(name="PAT SAMPLE", telephone="5555550100", email="EDI@EXAMPLE.ORG"),
)
RECEIVER = Receiver(name="EXAMPLE CLEARINGHOUSE", identifier="CLEAR01")
_INTERIM = (Frequency.FIRST_INTERIM, Frequency.CONTINUING_INTERIM, Frequency.LAST_INTERIM)
_REPLACING = (Frequency.CORRECTED, Frequency.VOID)
_PLACES = ("11", "21", "22", "23", "31", "12", "02", "81")
_STATES = ("NY", "CA", "TX", "FL", "WA", "PR")
_DIAGNOSES = ("E11.9", "I10", "J45.909", "M54.50", "S72.001A", "Z00.00", "R07.9", "N39.0")
_DIAGNOSES += ("U07.1", "E78.5", "K21.9", "F32.A")
_PROCEDURES = ("99213", "99214", "93000", "85025", "36415", "J1885", "71046", "20610", "G0439")
_REVENUE = ("0120", "0250", "0300", "0450", "0636", "0730")
_GROUPS = ("CO", "PR", "OA", "PI")
_TAXONOMIES = ("207Q00000X", "282N00000X", "261QP2300X")
_LATER = {
    Responsibility.PRIMARY: (),
    Responsibility.SECONDARY: (Responsibility.PRIMARY,),
    Responsibility.TERTIARY: (Responsibility.PRIMARY, Responsibility.SECONDARY),
}


def npi(random: Random) -> str:
    stem = "1" + "".join(random.choices(string.digits, k=8))
    return next(stem + digit for digit in string.digits if has_valid_check_digit(stem + digit))


def interchange(number: int = 1) -> Interchange:
    return Interchange(
        sender_identifier="SENDER01",
        receiver_identifier="CLEAR01",
        application_sender="SENDER01",
        application_receiver="CLEAR01",
        control_number=number,
        group_control_number=number,
        created_at=CREATED_AT,
        usage=Usage.TEST,
    )


def file_of(claims: Sequence[Claim], number: int = 1) -> ClaimFile:
    """A file of these claims in one set."""
    is_professional = isinstance(claims[0], ProfessionalClaim)
    return ClaimFile(
        kind=ClaimKind.PROFESSIONAL if is_professional else ClaimKind.INSTITUTIONAL,
        interchange=interchange(number),
        sets=[
            ClaimSet(
                control_number=number,
                reference=f"BATCH{number}",
                submitter=SUBMITTER,
                receiver=RECEIVER,
                claims=claims,
            )
        ],
    )


class RandomClaims:
    """Makes claims of one kind; several in a row share provider and subscriber.

    ``is_for_x12sdk`` leaves out what ``second_opinion`` lists as wrongly rejected by that library.
    """

    def __init__(self, random: Random, kind: ClaimKind, *, is_for_x12sdk: bool = False) -> None:
        self._random = random
        self._kind = kind
        self._is_for_x12sdk = is_for_x12sdk
        self._made = 0

    def take(self, count: int) -> list[Claim]:
        """The next ``count`` claims."""
        claims: list[Claim] = []
        while len(claims) < count:
            claims += self._of_provider()
        return claims[:count]

    def _of_provider(self) -> Iterator[Claim]:
        random = self._random
        provider = self._billing_provider()
        for _ in range(random.randint(1, 3)):
            subscriber = self._subscriber()
            payer = self._payer()
            dependents = [None, *(self._dependent() for _ in range(random.randint(0, 2)))]
            for _ in range(random.randint(1, 3)):
                yield self._claim(provider, subscriber, payer, random.choice(dependents))

    def _maybe(self, value: _T, odds: float = 0.5) -> _T | None:
        return value if self._random.random() < odds else None

    def _word(self, shortest: int = 2, longest: int = 12) -> str:
        count = self._random.randint(shortest, longest)
        return "".join(self._random.choices(string.ascii_uppercase, k=count))

    def _code(self, length: int) -> str:
        return "".join(self._random.choices(string.ascii_uppercase + string.digits, k=length))

    def _digits(self, length: int) -> str:
        return "".join(self._random.choices(string.digits, k=length))

    def _date(self) -> dt.date:
        return dt.date(2026, 1, 1) + dt.timedelta(days=self._random.randint(0, 300))

    def _birth_date(self) -> dt.date:
        return dt.date(1930, 1, 1) + dt.timedelta(days=self._random.randint(0, 34_000))

    def _person(self) -> PersonName:
        return PersonName(
            last=self._random.choice([self._word(), "O'NEIL-SMITH", "DE LA CRUZ"]),
            first=self._word(),
            middle=self._maybe(self._word(1, 1)),
            suffix=self._maybe("JR", 0.1),
        )

    def _address(self, *, is_of_service: bool = False) -> Address:
        return Address(
            line_1=f"{self._random.randint(1, 9999)} {self._word()} ST.",
            line_2=self._maybe("SUITE #4", 0.3),
            city=self._word(3),
            state=self._random.choice(_STATES),
            postal_code=self._digits(9 if is_of_service else self._random.choice([5, 9])),
        )

    def _billing_provider(self) -> BillingProvider:
        is_person = self._kind is ClaimKind.PROFESSIONAL and self._random.random() < 0.3
        name: Name = self._person() if is_person else OrganizationName(f"{self._word()} & SONS")
        return BillingProvider(
            name=name,
            address=self._address(is_of_service=True),
            tax_identifier=self._tax_identifier(),
            npi=npi(self._random),
            tax_identifier_is_ssn=is_person,
            taxonomy=self._maybe(self._random.choice(_TAXONOMIES)),
            contact=self._maybe(
                Contact(name="BILLING", telephone=self._digits(10), extension="12")
            ),
            pay_to=self._maybe(self._address(), 0.3),
        )

    def _tax_identifier(self) -> str:
        """Nine digits that can be a social security number too."""
        random = self._random
        return f"{random.randint(100, 665)}{random.randint(1, 99):02}{random.randint(1, 9999):04}"

    def _provider(self, *, is_person: bool = True) -> Provider:
        return Provider(
            name=self._person() if is_person else OrganizationName(self._word(3)),
            npi=npi(self._random),
            taxonomy=self._maybe(self._random.choice(_TAXONOMIES)),
            identifiers=(Identifier("G2", self._code(8)),) if self._has_identifier() else (),
        )

    def _has_identifier(self) -> bool:
        return self._random.random() < 0.2 and not self._is_for_x12sdk

    def _sex(self) -> Sex:
        known = [Sex.FEMALE, Sex.MALE]
        return self._random.choice(known if self._is_for_x12sdk else [*known, Sex.UNKNOWN])

    def _facility(self) -> Facility:
        return Facility(
            name=f"{self._word()} CENTER",
            address=self._address(is_of_service=True),
            npi=npi(self._random),
        )

    def _subscriber(self) -> Subscriber:
        has_group = self._random.random() < 0.5
        return Subscriber(
            name=self._person(),
            member_id=self._code(11),
            responsibility=self._random.choice(list(_LATER)),
            filing_indicator=self._random.choice(["CI", "BL", "MC", "HM", "12"]),
            address=self._address(),
            birth_date=self._birth_date(),
            sex=self._sex(),
            group_number=self._code(6) if has_group else None,
            group_name=None if has_group else self._maybe(self._word(3)),
        )

    def _dependent(self) -> Dependent:
        return Dependent(
            name=self._person(),
            relationship=self._random.choice(["01", "19", "20", "53", "G8"]),
            address=self._address(),
            birth_date=self._birth_date(),
            sex=self._sex(),
        )

    def _payer(self) -> Payer:
        return Payer(
            name=f"{self._word()} HEALTH PLAN",
            identifier=self._digits(5),
            address=self._maybe(self._address(), 0.3),
        )

    def _claim(
        self,
        provider: BillingProvider,
        subscriber: Subscriber,
        payer: Payer,
        dependent: Dependent | None,
    ) -> Claim:
        self._made += 1
        frequency = self._random.choice(
            [
                *[Frequency.ORIGINAL] * 3,
                *(_INTERIM if self._kind is ClaimKind.INSTITUTIONAL else ()),
                *_REPLACING,
                *_REPLACING,
            ]
        )
        earlier = self._earlier_payers(subscriber.responsibility)
        has_note = self._kind is ClaimKind.PROFESSIONAL or not self._is_for_x12sdk
        common = {
            "patient_control_number": f"{self._code(11)}{self._made:06}",
            "billing_provider": provider,
            "subscriber": subscriber,
            "payer": payer,
            "dependent": dependent,
            "frequency": frequency,
            "payer_claim_number": self._code(14) if frequency in _REPLACING else None,
            "accepts_assignment": self._random.choice("AC"),
            "assigns_benefits": self._random.choice("YN"),
            "release_of_information": self._random.choice("YI"),
            "prior_authorization": self._maybe(self._code(9), 0.3),
            "referral_number": self._maybe(self._code(9), 0.2),
            "clearinghouse_trace_number": self._maybe(self._code(15), 0.2),
            "medical_record_number": self._maybe(self._code(8), 0.2),
            "note": self._maybe("SEE ATTACHED NOTES, PAGE 2", 0.1 if has_note else 0),
            "referring": self._maybe(self._provider(), 0.3),
            "facility": self._maybe(self._facility(), 0.3),
        }
        make = self._professional if self._kind is ClaimKind.PROFESSIONAL else self._institutional
        return make(common, earlier)

    def _professional(
        self, common: dict[str, object], earlier: tuple[EarlierPayer, ...]
    ) -> ProfessionalClaim:
        random = self._random
        count = random.randint(1, 12)
        diagnoses = tuple(Diagnosis(code) for code in random.sample(_DIAGNOSES, k=count))
        lines = tuple(
            ProfessionalLine(
                procedure_code=procedure,
                service_from=(day := self._date()),
                service_to=self._maybe(day + dt.timedelta(days=random.randint(0, 3)), 0.3),
                diagnosis_pointers=tuple(
                    random.sample(range(1, count + 1), k=random.randint(1, min(4, count)))
                ),
                place_of_service=self._maybe(random.choice(_PLACES), 0.2),
                is_emergency=random.random() < 0.1,
                prior_authorization=self._maybe(self._code(9), 0.1),
                note=self._maybe("BILATERAL", 0.1),
                facility=self._maybe(self._facility(), 0.1),
                supervising=self._maybe(self._provider(), 0.1),
                ordering=self._maybe(self._provider(), 0.1),
                **self._line(number, earlier),
            )
            for number, procedure in enumerate(random.sample(_PROCEDURES, random.randint(1, 6)))
        )
        has_accident = random.random() < 0.15
        return ProfessionalClaim(
            **common,
            earlier_payers=self._decided(earlier, lines),
            charge_cents=sum(line.charge_cents for line in lines),
            rendering=self._maybe(self._provider(is_person=random.random() < 0.8)),
            place_of_service=random.choice(_PLACES),
            diagnoses=diagnoses,
            lines=lines,
            accident=(
                Accident(causes=("AA",), happened_on=self._date(), state=random.choice(_STATES))
                if has_accident
                else None
            ),
            illness_began_on=self._maybe(self._date(), 0.2),
            treatment_began_on=self._maybe(self._date(), 0.1),
            last_seen_on=self._maybe(self._date(), 0.1),
            last_menstrual_period_on=self._maybe(self._date(), 0.1),
            admitted_on=self._maybe(self._date(), 0.2),
            discharged_on=self._maybe(self._date(), 0.1),
            patient_paid_cents=self._maybe(random.randint(0, 10_000), 0.2),
            clia_number=self._maybe("33D1234567", 0.1),
            supervising=self._maybe(self._provider(), 0.1),
        )

    def _institutional(
        self, common: dict[str, object], earlier: tuple[EarlierPayer, ...]
    ) -> InstitutionalClaim:
        random = self._random
        first = self._date()
        last = first + dt.timedelta(days=random.randint(0, 20))
        is_inpatient = random.random() < 0.5
        present = random.choice("YNUW") if is_inpatient else None

        def some(kind: type[_T], most: int, *values: object) -> tuple[_T, ...]:
            return tuple(kind(*values) for _ in range(random.randint(0, most)))

        lines = tuple(
            InstitutionalLine(
                revenue_code=random.choice(_REVENUE),
                procedure_code=procedure,
                service_from=self._maybe(first, 0.8),
                noncovered_cents=self._maybe(random.randint(0, 500), 0.1),
                operating=None if self._is_for_x12sdk else self._maybe(self._provider(), 0.1),
                **self._line(number, earlier),
            )
            for number, procedure in enumerate(random.sample(_PROCEDURES, random.randint(1, 8)))
        )
        return InstitutionalClaim(
            **common,
            earlier_payers=self._decided(earlier, lines),
            charge_cents=sum(line.charge_cents for line in lines),
            rendering=self._maybe(self._provider(), 0.2),
            facility_type="11" if is_inpatient else "13",
            statement_from=first,
            statement_to=last,
            principal_diagnosis=Diagnosis(random.choice(_DIAGNOSES), present),
            patient_status=random.choice(["01", "02", "30"]),
            lines=lines,
            admission_type=random.choice("123"),
            admission_source=random.choice("1245"),
            admitted_on=first if is_inpatient else None,
            admitted_at=dt.time(random.randint(0, 23), 15) if is_inpatient else None,
            discharged_at=dt.time(10, 30) if is_inpatient else None,
            admitting_diagnosis=Diagnosis("R07.9") if is_inpatient else None,
            visit_reasons=() if is_inpatient else some(Diagnosis, 3, "R07.9"),
            external_causes=some(Diagnosis, 2, "W19.XXXA", present),
            other_diagnoses=tuple(
                Diagnosis(f"Z{number}", present) for number in range(30, 30 + random.randint(0, 24))
            ),
            drg=self._maybe("470") if is_inpatient else None,
            principal_procedure=(
                self._maybe(InpatientProcedure("0SR9019", first)) if is_inpatient else None
            ),
            other_procedures=some(InpatientProcedure, 13, "02HV33Z", last) if is_inpatient else (),
            occurrence_spans=some(OccurrenceSpan, 2, "74", first, last),
            occurrences=some(Occurrence, 3, "11", first),
            value_codes=some(ValueCode, 13, "A2", random.randint(0, 90_000)),
            condition_codes=tuple(random.choices(["09", "02", "C1"], k=random.randint(0, 3))),
            patient_estimate_cents=self._maybe(random.randint(1, 10_000), 0.2),
            attending=self._provider(),
            operating=self._maybe(self._provider(), 0.3),
            other_operating=self._maybe(self._provider(), 0.1),
        )

    def _line(self, number: int, earlier: tuple[EarlierPayer, ...]) -> dict[str, object]:
        random = self._random
        charge = random.randint(1, 200_000)
        prescription = self._code(7) if self._is_for_x12sdk else self._maybe(self._code(7))
        units = random.choice([Decimal(1), Decimal(2), Decimal("1.5"), Decimal(10)])
        return {
            "charge_cents": charge,
            "units": units,
            "modifiers": tuple(random.sample(["25", "59", "RT", "LT", "76"], random.randint(0, 4))),
            "description": self._maybe("UNLISTED SERVICE", 0.05),
            "control_number": f"{self._made:06}L{number + 1}",
            "drug": self._maybe(Drug("00409-1234-01", Decimal("2.5"), "ML", prescription), 0.1),
            "referring": self._maybe(self._provider(), 0.1),
            "rendering": self._maybe(self._provider(), 0.1),
            "adjudications": self._adjudications(charge, units, earlier),
        }

    def _adjudications(
        self, charge: int, units: Decimal, earlier: tuple[EarlierPayer, ...]
    ) -> tuple[LineAdjudication, ...]:
        """Each payer paid a part of what the one before left, and said why not the rest."""
        decided = []
        for payer in earlier[-1:] if self._is_for_x12sdk else earlier:
            paid = self._random.randint(0, charge)
            decided.append(
                LineAdjudication(
                    payer_identifier=payer.payer_identifier,
                    paid_cents=paid,
                    units=self._random.choice([units, units, Decimal(0), Decimal("0.5")]),
                    adjudicated_on=self._date(),
                    adjustments=self._adjustments(charge - paid),
                    remaining_patient_liability_cents=self._maybe(charge - paid, 0.3),
                    bundled_into_line=self._maybe(1, 0.1),
                )
            )
        return tuple(decided)

    def _decided(
        self, earlier: tuple[EarlierPayer, ...], lines: Sequence[Line]
    ) -> tuple[EarlierPayer, ...]:
        """What each payer paid in all, and where it did not decide by line, why not the rest."""
        charge = sum(line.charge_cents for line in lines)
        decided = []
        for payer in earlier:
            by_line = [
                each.paid_cents
                for line in lines
                for each in line.adjudications
                if each.payer_identifier == payer.payer_identifier
            ]
            paid = sum(by_line) if by_line else self._random.randint(0, charge)
            decided.append(
                replace(
                    payer,
                    paid_cents=paid,
                    adjudicated_on=None if by_line else self._date(),
                    adjustments=() if by_line else self._adjustments(charge - paid),
                )
            )
        return tuple(decided)

    def _adjustments(self, cents: int) -> tuple[Adjustment, ...]:
        """Reasons that sum to ``cents``, in few enough groups."""
        parts = []
        left = cents
        for _ in range(self._random.randint(0, 8)):
            part = self._random.randint(-left // 4 if left else 0, left)
            if part:
                group = self._random.choice(_GROUPS)
                parts.append(Adjustment(group, self._random.choice(["45", "1", "2", "97"]), part))
                left -= part
        if left:
            parts.append(Adjustment("CO", "45", left, self._maybe("1")))
        return tuple(parts)

    def _earlier_payers(self, responsibility: Responsibility) -> tuple[EarlierPayer, ...]:
        return tuple(
            EarlierPayer(
                responsibility=each,
                relationship=self._random.choice(["18", "01", "19"]),
                filing_indicator=self._random.choice(["CI", "MB", "BL"]),
                subscriber_name=self._person(),
                member_id=self._code(9),
                payer_name=f"{self._word()} MUTUAL",
                payer_identifier=f"{number + 1}{self._digits(5)}",
                subscriber_address=self._maybe(self._address()),
                payer_address=self._maybe(self._address(), 0.2),
                group_number=self._maybe(self._code(6)),
                remaining_patient_liability_cents=self._maybe(self._random.randint(0, 5_000)),
                payer_claim_number=self._maybe(self._code(12), 0.8),
                prior_authorization=self._maybe(self._code(8), 0.1),
                referral_number=self._maybe(self._code(8), 0.1),
                remark_codes=("MA01", "N130") if self._random.random() < 0.2 else (),
            )
            for number, each in enumerate(_LATER[responsibility])
        )
