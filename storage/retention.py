"""How long the logs, the files, and what left the house are kept.

45 CFR 164.316(b)(2)(i): six years from creation or from the date when it was last in effect. A
company may ask for more, never for less; a legal hold keeps everything.
"""

import datetime as dt
from zoneinfo import ZoneInfo

from storage.partitions import month_start

LEAST_YEARS = 6
"""No company keeps less."""

RETENTION_LOCK = "retention"
"""The company's lock of whoever removes records or places a hold: never both at once."""

_MONTHS = 12


def retirable_on(month: dt.date, *, years: int) -> dt.date:
    """The first day on which a month's rows may go: counted from the month's end, so that the
    month's last row has its years in full."""
    return month_start(month, 1 + max(years, LEAST_YEARS) * _MONTHS)


def kept_until(day: dt.date, *, years: int) -> dt.date:
    """The last day on which a file of ``day`` must be there."""
    try:
        return day.replace(year=day.year + max(years, LEAST_YEARS))
    except ValueError:  # the 29th of February, in a year without one
        return dt.date(day.year + max(years, LEAST_YEARS), 3, 1)


def past_since(now: dt.datetime, *, years: int, zone: ZoneInfo) -> dt.datetime:
    """What was over before this moment is past its retention, as ``kept_until`` reckons it of the
    company's days."""
    today = now.astimezone(zone).date()
    last_day = today - dt.timedelta(days=1)
    year = last_day.year - max(years, LEAST_YEARS)
    try:
        gone = last_day.replace(year=year)
    except ValueError:  # the 29th of February, in a year without one
        gone = dt.date(year, 2, 28)
    midnight = dt.datetime.combine(gone + dt.timedelta(days=1), dt.time(), zone)
    return midnight.astimezone(dt.UTC)


ROWS_HELD = {
    "audit_log": (
        "entry.patient_id = hold.patient_id OR entry.former_patient_id = hold.patient_id"
        " OR entry.entity_id = hold.record_id"
    ),
    "api_log": (
        "hold.patient_id = ANY (entry.patient_ids) OR entry.record_id = hold.patient_id"
        " OR entry.record_id = hold.record_id"
    ),
}
"""Which rows of a log a hold on a patient or record is about, in SQL."""
