"""Who reports under MIPS: clinicians and groups in a performance year, and what CMS says of them.

A clinician is a TIN and an NPI, a group a TIN alone.
"""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from services.claims.npi import has_valid_check_digit
from services.claims.tin import is_tin
from services.inputs import Input, Name, left_out
from services.regulatory_compliance.mips_reporting.lists import check_year
from storage.filters import MipsClinicianFilter
from storage.interface import Page, Store
from storage.tables.mips import MipsClinician, MipsClinicianFields
from storage.vocabulary.mips import MipsCategory


def _with_a_check_digit(npi: str) -> str:
    if not has_valid_check_digit(npi):
        raise ValueError("the NPI's check digit is wrong")
    return npi


def _of_somebody(tin: str) -> str:
    if not is_tin(tin):
        raise ValueError("nobody has this TIN")
    return tin


Tin = Annotated[
    str, Field(pattern=r"^[0-9]{9}$", examples=["123456789"]), AfterValidator(_of_somebody)
]
Npi = Annotated[
    str,
    Field(pattern=r"^[0-9]{10}$", examples=["1234567893"]),
    AfterValidator(_with_a_check_digit),
]
Year = Annotated[int, Field(ge=2017, le=2199, examples=[2026])]
Percent = Annotated[
    Decimal, Field(ge=0, le=100, max_digits=7, decimal_places=4, examples=[Decimal("2.5")])
]
Excused = Annotated[list[MipsCategory], Field(max_length=4)]
Required = Annotated[int, Field(ge=0, le=20)]


class NewMipsClinician(Input):
    """A clinician, or a group where there is no ``npi``, in a performance year.

    What CMS says of them for it: whether the practice is small; whether fewer activities are asked
    of it (it is small, rural, short of health professionals or not patient-facing); whether it is
    a certified medical home; which categories are reweighted if nothing is submitted; how many
    measures apply, where that is fewer than the year's; the percentage points for improvement; the
    points for complex patients.
    """

    performance_year: Year
    tin: Tin
    npi: Npi | None = None
    name: Name
    is_small_practice: bool = False
    needs_fewer_activities: bool = False
    is_medical_home: bool = False
    excused_categories: Excused = []
    required_measures: Required | None = None
    quality_improvement_pct: Percent = Decimal(0)
    cost_improvement_pct: Percent = Decimal(0)
    complex_patient_bonus: Percent = Decimal(0)


class MipsClinicianChanges(Input):
    """What to change of what CMS says; what is left out stays. Scores that are kept stay too."""

    name: Name = left_out()
    is_small_practice: bool = left_out()
    needs_fewer_activities: bool = left_out()
    is_medical_home: bool = left_out()
    excused_categories: Excused = left_out()
    required_measures: Required | None = None
    quality_improvement_pct: Percent = left_out()
    cost_improvement_pct: Percent = left_out()
    complex_patient_bonus: Percent = left_out()


async def create_clinician(store: Store, new: NewMipsClinician) -> MipsClinician:
    """Register a clinician or group for a year. Raises InvalidInput, DuplicateValue."""
    check_year(new.performance_year)
    given = dict(new) | {"excused_categories": _once(new.excused_categories)}
    return await store.mips_clinicians.create(MipsClinicianFields(**given))


async def update_clinician(
    store: Store, clinician_id: UUID, changes: MipsClinicianChanges, *, expected_version: int
) -> MipsClinician:
    """Change what CMS says of them. Raises RowNotFound, VersionConflict."""
    given = changes.given()
    if "excused_categories" in given:
        given["excused_categories"] = _once(changes.excused_categories)
    return await store.mips_clinicians.update(
        clinician_id, given, expected_version=expected_version
    )


async def get_clinician(store: Store, clinician_id: UUID) -> MipsClinician:
    """Raises RowNotFound."""
    return await store.mips_clinicians.get(clinician_id)


async def list_clinicians(
    store: Store, conditions: MipsClinicianFilter, *, limit: int, after: UUID | None
) -> Page[MipsClinician]:
    """Clinicians and groups, newest first."""
    return await store.mips_clinicians.list(conditions, limit=limit, after=after)


def _once(categories: list[MipsCategory]) -> list[str]:
    """Each once, in a fixed order."""
    return [each.value for each in MipsCategory if each in categories]
