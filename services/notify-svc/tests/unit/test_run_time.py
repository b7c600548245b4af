"""When the ladder runs: in the tenant's zone, across daylight saving, never twice and never at night."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify_svc.domain.run_time import next_run, runs_now

NOON = time(12)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("zone", "after", "expected"), [
    ("Asia/Shanghai", "2026-01-05T02:00", "2026-01-05T04:00"),
    ("Asia/Shanghai", "2026-01-05T04:00", "2026-01-06T04:00"),
    ("Europe/Berlin", "2026-03-28T11:30", "2026-03-29T10:00"),
    ("Europe/Berlin", "2026-10-24T11:00", "2026-10-25T11:00"),
    ("Pacific/Auckland", "2026-01-05T10:00", "2026-01-05T23:00"),
])
def test_the_next_run_is_at_noon_in_the_zone(zone: str, after: str, expected: str) -> None:
    assert next_run(zone=zone, run_at=NOON, after=utc(after)) == utc(expected)


@pytest.mark.parametrize(("now", "runs"), [
    ("2026-01-05T03:59", False), ("2026-01-05T04:00", True), ("2026-01-05T15:59", True), ("2026-01-05T19:00", False)])
def test_a_missed_run_is_not_made_up_for_at_night(now: str, runs: bool) -> None:
    assert runs_now(zone="Asia/Shanghai", run_at=NOON, now=utc(now)) is runs


instants = st.integers(0, 730 * 24 * 60).map(lambda minutes: utc("2026-01-01T00:00") + timedelta(minutes=minutes))


@given(instants, st.times(), st.sampled_from(["Europe/Berlin", "America/St_Johns", "Asia/Shanghai", "Pacific/Apia"]))
def test_runs_lie_a_day_apart(after: datetime, run_at: time, zone: str) -> None:
    first = next_run(zone=zone, run_at=run_at.replace(microsecond=0), after=after)
    second = next_run(zone=zone, run_at=run_at.replace(microsecond=0), after=first)
    assert after < first < second
    assert timedelta(hours=22) <= second - first <= timedelta(hours=26)
