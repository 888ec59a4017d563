"""The two invented companies: who works there, whom they treat and who pays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from storage.tables.addresses import PostalAddress
from storage.vocabulary.claims import PayerType
from storage.vocabulary.identity import Role


@dataclass(frozen=True)
class DemoPayer:
    """A payer, and what it allows of a charge in percent."""

    name: str
    identifier: str
    remittance_identifier: str
    type: PayerType
    filing_limit_days: int
    allowed_pct: int


@dataclass(frozen=True)
class Service:
    """A procedure with its charge and the diagnosis that it goes with."""

    procedure_code: str
    description: str
    charge_cents: int
    diagnosis_code: str


@dataclass(frozen=True)
class Practice:
    """A company of the demonstration."""

    slug: str
    name: str
    time_zone: str
    holiday_calendar: str
    npi: str
    rendering_npi: str
    tax_identifier: str
    address: PostalAddress
    physician: str
    taxonomy: str
    hospital: str
    people: Mapping[Role, str]
    payers: Sequence[DemoPayer]
    services: Sequence[Service]


# fmt: off
LAST_NAMES = (
    "Abernathy", "Aguilar", "Bergstrom", "Castellano", "Dahl", "Ekwueme", "Fairbanks",
    "Gutierrez", "Hallberg", "Ibarra", "Jankowski", "Kowalczyk", "Lindqvist", "Mbeki", "Nakamura",
    "Okafor", "Petrov", "Quintero", "Rasmussen", "Sorensen", "Thibodeaux", "Ueda", "Vandenberg",
    "Whitaker", "Yazzie", "Zielinski",
)
FIRST_NAMES = (
    "Ada", "Benjamin", "Camila", "Dmitri", "Esther", "Felix", "Grace", "Hassan", "Ingrid",
    "Jonah", "Katarina", "Leo", "Miriam", "Nadia", "Omar", "Priya", "Quentin", "Rosa", "Samuel",
    "Talia", "Umberto", "Vera", "Wendell", "Ximena", "Yusuf", "Zora",
)
# fmt: on

_LAKES = DemoPayer("Lakes Health Plan", "LHP01", "1900000101", PayerType.COMMERCIAL, 180, 72)
_MEDICARE = DemoPayer(
    "Medicare Part B Upper Midwest", "MBUM1", "1900000102", PayerType.MEDICARE, 365, 64
)
_SUPPLEMENT = DemoPayer(
    "Northern Mutual Supplement", "NMS01", "1900000103", PayerType.COMMERCIAL, 365, 100
)
_MEDICAID = DemoPayer(
    "State Medical Assistance", "SMA01", "1900000104", PayerType.MEDICAID, 365, 55
)

PRACTICES = (
    Practice(
        slug="riverbend",
        name="Riverbend Family Clinic",
        time_zone="America/Chicago",
        holiday_calendar="US-MN",
        npi="1047293117",
        rendering_npi="1183342074",
        tax_identifier="900000201",
        address=PostalAddress(
            line_1="12 Harbor Drive", city="Duluth", state="MN", postal_code="558021234"
        ),
        physician="Ingrid Solberg",
        taxonomy="207Q00000X",
        hospital="Northshore Hospital",
        people={
            Role.ADMINISTRATOR: "Ana Reyes",
            Role.RCM_STAFF: "Tomas Lindgren",
            Role.RCM_MANAGER: "Denise Holloway",
            Role.COMPLIANCE_OFFICER: "Marcus Bell",
            Role.AUDITOR: "Yuki Tanaka",
            Role.EXTERNAL_AUDITOR: "Henrik Solberg",
            Role.QUALITY_LEAD: "Fatima Noor",
            Role.VIEWER: "Owen Pratt",
        },
        payers=(_LAKES, _MEDICARE, _SUPPLEMENT, _MEDICAID),
        services=(
            Service("99213", "Office visit, established patient", 14_200, "I10"),
            Service("99214", "Office visit, moderate complexity", 20_800, "E11.9"),
            Service("99396", "Preventive visit, 40 to 64 years", 23_500, "Z00.00"),
            Service("83036", "Hemoglobin A1c", 3_400, "E11.9"),
            Service("80061", "Lipid panel", 4_900, "E78.5"),
            Service("93000", "Electrocardiogram", 6_200, "R00.2"),
            Service("90686", "Influenza vaccine", 4_100, "Z23"),
        ),
    ),
    Practice(
        slug="lakeshore",
        name="Lakeshore Eye Associates",
        time_zone="America/New_York",
        holiday_calendar="US-NY",
        npi="1295018646",
        rendering_npi="1466209750",
        tax_identifier="900000202",
        address=PostalAddress(
            line_1="80 Canal Street", city="Oswego", state="NY", postal_code="131264100"
        ),
        physician="Victor Amato",
        taxonomy="207W00000X",
        hospital="Port City Surgery Center",
        people={
            Role.ADMINISTRATOR: "Helen Strand",
            Role.RCM_STAFF: "Jorge Medina",
            Role.RCM_MANAGER: "Priscilla Vance",
            Role.COMPLIANCE_OFFICER: "Noah Feldman",
            Role.AUDITOR: "Amara Osei",
            Role.EXTERNAL_AUDITOR: "Rosa Delgado",
            Role.QUALITY_LEAD: "Ben Castile",
            Role.VIEWER: "Lucy Hartmann",
        },
        payers=(_LAKES, _MEDICARE, _SUPPLEMENT),
        services=(
            Service("92014", "Eye exam, established patient", 16_900, "H40.11X1"),
            Service("92083", "Visual field examination", 9_700, "H40.11X1"),
            Service("92133", "Optic nerve imaging", 8_400, "H40.11X1"),
            Service("92250", "Fundus photography", 8_900, "E11.319"),
            Service("66984", "Cataract surgery with lens", 184_000, "H25.11"),
            Service("76519", "Ophthalmic biometry", 12_600, "H25.11"),
        ),
    ),
)
