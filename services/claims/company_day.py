"""The calendar day that it is for a company: what deadlines and entries go by."""

import datetime as dt
from zoneinfo import ZoneInfo

from storage.interface import Store


async def company_today(store: Store) -> dt.date:
    """Today in the company's time zone, at this transaction's time."""
    company = await store.companies.get(store.company_id)
    return store.now.astimezone(ZoneInfo(company.time_zone)).date()
