"""Until when records of a closed company are held: days are the company's, not those of UTC."""

import datetime as dt

import psycopg
import pytest

from storage.deletion.planning import plan
from tests.builders.companies import CompanyForTests
from tests.builders.tenant_rows import bind
from tests.deletion.conftest import Crowd, Place

EVENING = dt.datetime(2026, 3, 3, 3, tzinfo=dt.UTC)
"""Ten o'clock in the evening of the 2nd of March for a company in New York, which keeps its records
for seven years."""
LAST_DAY = dt.date(2033, 3, 2)
MIDNIGHT = dt.datetime(2033, 3, 3, 5, tzinfo=dt.UTC)
"""When that day is over there."""
RECORDS = "appeal_rules"
"""Held by themselves and named by nothing."""


@pytest.fixture
def leaving(place: Place, crowded: Crowd) -> CompanyForTests:
    """A company whose rules were last changed in the evening."""
    company = crowded()
    with psycopg.connect(place.addresses.owner) as owner:
        bind(owner, company.id)
        owner.execute("UPDATE appeal_rules SET updated_at = %s", [EVENING])
    return company


def test_what_was_changed_in_the_evening_is_held_as_from_that_day(
    place: Place, leaving: CompanyForTests
) -> None:
    planned = plan(place.addresses.owner, leaving.slug, is_handed_over=False)
    assert [each.held_until for each in planned.tables if each.name == RECORDS] == [LAST_DAY]
    place.close(leaving)
    assert until(place) == LAST_DAY


def test_it_stays_to_the_end_of_the_day_that_the_certificate_says_and_no_longer(
    place: Place, leaving: CompanyForTests
) -> None:
    place.close(leaving)
    assert until(place, MIDNIGHT - dt.timedelta(seconds=1)) == LAST_DAY
    assert until(place, MIDNIGHT) is None


def until(place: Place, at: dt.datetime | None = None) -> dt.date | None:
    """What a certificate of a time says of the records."""
    (said,) = (each for each in place.certificate(at).tables if each.name == RECORDS)
    return said.held_until
