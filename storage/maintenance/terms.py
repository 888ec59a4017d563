"""What each company wants kept."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from storage.maintenance.partition_upkeep import Owner
from storage.retention import retirable_on

_TERMS = """
SELECT slug,
       retention_years,
       time_zone,
       (SELECT id FROM legal_holds
        WHERE legal_holds.company_id = companies.company_id AND released_at IS NULL
          AND patient_id IS NULL AND record_id IS NULL
        ORDER BY id LIMIT 1)
FROM companies
WHERE company_id = %s
FOR SHARE OF companies
"""


@dataclass(frozen=True)
class Terms:
    """What a company wants kept."""

    company_id: UUID
    slug: str
    years: int
    zone: ZoneInfo
    hold_id: UUID | None
    """A hold on everything."""

    def keeping(self, month: dt.date, today: dt.date) -> str | None:
        """Why a month's rows have to stay, if they do."""
        until = retirable_on(month, years=self.years)
        if until > today:
            return f"its retention of {self.years} years lasts until {until}"
        return None if self.hold_id is None else f"legal hold {self.hold_id} stands"


def companies(owner: Owner, *, closed_too: bool = False) -> list[Terms]:
    """The terms of all companies; each is read bound to it, so it takes a statement a company.

    ``closed_too``: those as well of which the deletion has left what retention holds.
    """
    found = []
    listed = "SELECT company_id FROM company_directory WHERE closed_at IS NULL OR %s"
    for (company_id,) in owner.run(listed, closed_too).fetchall():
        with owner.transaction():
            terms = terms_of(owner, UUID(str(company_id)))
        if terms is not None:
            found.append(terms)
    return found


def terms_of(owner: Owner, company_id: UUID) -> Terms | None:
    """A company's terms, unchanged until the transaction ends, which is bound to it."""
    owner.bind(company_id)
    row = owner.run(_TERMS, company_id).fetchone()
    if row is None:
        return None
    hold_id = None if row[3] is None else UUID(str(row[3]))
    return Terms(company_id, str(row[0]), int(str(row[1])), ZoneInfo(str(row[2])), hold_id)
