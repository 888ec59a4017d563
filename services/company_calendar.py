"""A company's calendar: the day that it is there, and the days on which it works."""

import datetime as dt
from collections.abc import Container
from dataclasses import dataclass
from functools import cache, cached_property
from zoneinfo import ZoneInfo

import holidays

from storage.interface import Store

_SATURDAY = 5
_LAST_BUT_ONE = dt.date.max - dt.timedelta(days=1)
"""No day that has a next one is later."""
_INSTANT = dt.timedelta(microseconds=1)


@dataclass(frozen=True)
class CompanyCalendar:
    """``holiday_calendar`` is a country (``US``) or a subdivision of one (``US-CA``); without one
    only weekends are free."""

    time_zone: str
    holiday_calendar: str | None

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def day_of(self, moment: dt.datetime) -> dt.date:
        """The calendar day that it is for the company at a time."""
        return moment.astimezone(self.zone).date()

    def midnight(self, day: dt.date) -> dt.datetime:
        """When a day begins for the company."""
        return dt.datetime.combine(day, dt.time(), self.zone)

    def end_of(self, day: dt.date) -> dt.datetime:
        """The last moment of a day: what was recorded until then was known by its end."""
        after = self.midnight(min(day, _LAST_BUT_ONE) + dt.timedelta(days=1))
        return after.astimezone(dt.UTC) - dt.timedelta(microseconds=1)

    def is_business_day(self, day: dt.date) -> bool:
        """Neither weekend nor holiday."""
        return day.weekday() < _SATURDAY and day not in closed_days(self.holiday_calendar)

    def business_days_before(self, day: dt.date, count: int) -> dt.date:
        """The day such that what went out before it has had ``count`` whole business days, that day
        not counted: Monday for Thursday and two, and Thursday for the Tuesday after a weekend."""
        while count:
            day -= dt.timedelta(days=1)
            count -= self.is_business_day(day)
        return day


async def company_calendar(store: Store) -> CompanyCalendar:
    """The calendar of the company that asks."""
    company = await store.companies.get(store.company_id)
    return CompanyCalendar(company.time_zone, company.holiday_calendar)


async def calendar_known_at(store: Store, known_at: dt.datetime) -> CompanyCalendar:
    """The calendar by the holidays that the company kept at a time; its zone is that of today."""
    company = await store.companies.get(store.company_id)
    holiday_calendar = company.holiday_calendar
    if company.updated_at > known_at:
        since = known_at + _INSTANT
        earlier = await store.past_values.changed("companies", ["holiday_calendar"], since=since)
        holiday_calendar = earlier.get(company.id, {}).get("holiday_calendar", holiday_calendar)
    return CompanyCalendar(company.time_zone, holiday_calendar)


async def company_today(store: Store) -> dt.date:
    """Today in the company's time zone, at this transaction's time: what deadlines and entries go
    by."""
    return (await company_calendar(store)).day_of(store.now)


@cache
def closed_days(holiday_calendar: str | None) -> Container[dt.date]:
    """The holidays of a calendar, whatever the year; none without one."""
    if holiday_calendar is None:
        return frozenset()
    country, _, subdivision = holiday_calendar.partition("-")
    return holidays.country_holidays(country, subdiv=subdivision or None)
