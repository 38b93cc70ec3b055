"""Due dates by the calendar of the location: compared with a search day by day, over leap days and changes of the clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.training.goals.due_policy import DuePolicy

ZONES = ("UTC", "America/Los_Angeles", "Europe/Berlin", "Pacific/Apia", "Asia/Kolkata", "America/Santiago")
policies = st.one_of(
    st.builds(DuePolicy, st.just("days"), st.integers(0, 800), st.integers(0, 90)),
    st.builds(
        DuePolicy,
        st.just("date"),
        st.dates(date(2023, 1, 1), date(2030, 12, 31)).map(date.isoformat),
        st.integers(0, 90),
    ),
    st.builds(
        DuePolicy,
        st.just("anniversary"),
        st.sampled_from(["start", "02-29", "02-28", "12-31", "01-01", "06-30"]),
        st.integers(0, 400),
    ),
    st.builds(
        DuePolicy, st.just("period"), st.sampled_from(["month", "quarter", "year"]), st.integers(0, 90)
    ),
)
instants = st.integers(0, 6 * 365 * 24 * 60).map(
    lambda minutes: datetime(2023, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def _fits(policy: DuePolicy, day: date, first: date, hired: date) -> bool:
    """Whether a day is one on which the policy could be due, said without reckoning."""
    tomorrow = day + timedelta(days=1)
    if policy.kind == "days":
        return (day - first).days >= int(policy.value)
    if policy.kind == "date":
        return day.isoformat() >= str(policy.value)
    if policy.kind == "period":
        return {
            "month": tomorrow.day == 1,
            "quarter": tomorrow.day == 1 and tomorrow.month in (1, 4, 7, 10),
            "year": tomorrow.day == 1 and tomorrow.month == 1,
        }[str(policy.value)]
    wanted = f"{hired:%m-%d}" if policy.value == "start" else str(policy.value)
    same = f"{day:%m-%d}" == wanted or (
        wanted == "02-29" and f"{day:%m-%d} {tomorrow:%m-%d}" == "02-28 03-01"
    )
    return same and (policy.value != "start" or day > first)


@given(policies, instants, st.timedeltas(timedelta(0), timedelta(days=1500)), st.sampled_from(ZONES))
def test_due_is_the_end_of_the_first_day_that_fits(
    policy: DuePolicy, start: datetime, before: timedelta, zone: str
) -> None:
    due = policy.due_at(start, start - before, zone)
    here = ZoneInfo(zone)
    first, hired = start.astimezone(here).date(), (start - before).astimezone(here).date()
    day = first + timedelta(days=policy.at_least_days)
    while not _fits(policy, day, first, hired):
        day += timedelta(days=1)
    assert due > start
    # A microsecond earlier it is still that day there, whatever the clock does in the night.
    assert (due - timedelta(microseconds=1)).astimezone(here).date() == day
    assert due.astimezone(here).date() > day
    assert DuePolicy.from_json(policy.to_json()) == policy


@pytest.mark.parametrize(
    ("policy", "due"),
    [
        (DuePolicy("days", 1), "2028-03-02T08:00"),
        (DuePolicy("days", 30), "2028-03-31T07:00"),  # over the change of the clock
        (DuePolicy("anniversary", "start"), "2029-03-01T08:00"),  # hired on a leap day
        (DuePolicy("anniversary", "02-29"), "2028-03-01T08:00"),
        (DuePolicy("period", "month"), "2028-03-01T08:00"),
        (DuePolicy("period", "month", 1), "2028-04-01T07:00"),
        (DuePolicy("date", "2020-01-01", 7), "2028-03-08T08:00"),  # whoever comes late has a week
    ],
)
def test_leap_days_and_changes_of_the_clock(policy: DuePolicy, due: str) -> None:
    start = datetime(2028, 2, 29, 20, tzinfo=UTC)
    assert policy.due_at(start, start, "America/Los_Angeles") == datetime.fromisoformat(due + "+00:00")
    assert DuePolicy.from_json({}) is None
    assert policy.words
