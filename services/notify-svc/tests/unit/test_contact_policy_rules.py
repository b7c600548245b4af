"""How recipients are spared: quiet hours by table and as a property, days between contacts, what is no policy."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin_kernel.errors import RuleBroken
from notify_svc.domain.contact_policy import USUAL_CONTACT, ContactPolicy

SHANGHAI = "Asia/Shanghai"


def instant(text: str, zone: str = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(("quiet", "now", "ends"), [
    (("20:00", "08:00"), "2026-02-07T12:00", None),
    (("20:00", "08:00"), "2026-02-07T19:59", None),
    (("20:00", "08:00"), "2026-02-07T20:00", "2026-02-08T08:00"),
    (("20:00", "08:00"), "2026-02-07T07:59", "2026-02-07T08:00"),
    (("20:00", "08:00"), "2026-02-07T08:00", None),
    (("12:00", "14:00"), "2026-02-07T11:59", None),
    (("12:00", "14:00"), "2026-02-07T12:00", "2026-02-07T14:00"),
    (("12:00", "14:00"), "2026-02-07T13:00", "2026-02-07T14:00"),
    (("12:00", "14:00"), "2026-02-07T14:00", None),
    ((None, None), "2026-02-07T02:00", None),
])
def test_quiet_hours(quiet: tuple[str | None, str | None], now: str, ends: str | None) -> None:
    begin, end = (time.fromisoformat(at) if at else None for at in quiet)
    found = ContactPolicy(1, 0, begin, end).quiet_ends(SHANGHAI, instant(now))
    assert found == (instant(ends) if ends else None)


def test_it_is_night_where_the_recipient_is() -> None:
    noon_in_shanghai = instant("2026-02-07T12:00")
    assert USUAL_CONTACT.quiet_ends(SHANGHAI, noon_in_shanghai) is None
    assert USUAL_CONTACT.quiet_ends("America/New_York", noon_in_shanghai) == instant(
        "2026-02-07T08:00", "America/New_York")


@settings(max_examples=80)
@given(begin=st.times(), end=st.times(), zone=st.sampled_from([SHANGHAI, "Europe/Berlin", "America/New_York"]),
       minutes=st.integers(0, 525_000))
def test_when_quiet_hours_end_it_is_quiet_no_more(begin: time, end: time, zone: str, minutes: int) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    begin, end = begin.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0)
    if begin == end:
        return
    policy = ContactPolicy(1, 0, begin, end)
    ends = policy.quiet_ends(zone, now)
    if ends is not None:
        assert now - timedelta(hours=2) < ends <= now + timedelta(hours=26)
        assert policy.quiet_ends(zone, ends) is None or ends.astimezone(ZoneInfo(zone)).time() != end


@pytest.mark.parametrize(("days", "last", "soon"), [
    (0, date(2026, 2, 7), False), (1, date(2026, 2, 7), True), (3, date(2026, 2, 5), True),
    (3, date(2026, 2, 4), False), (3, None, False)])
def test_days_between_two_contacts(days: int, last: date | None, soon: bool) -> None:
    assert ContactPolicy(1, days, None, None).too_soon(last, date(2026, 2, 7)) is soon
    assert ContactPolicy(1, 60, None, None).too_soon(last, date(2026, 2, 7)) is (last is not None)


@pytest.mark.parametrize(("days", "begin", "end"), [
    (-1, None, None), (61, None, None), (0, time(8), None), (0, None, time(8)), (0, time(8), time(8))])
def test_what_is_no_policy(days: int, begin: time | None, end: time | None) -> None:
    with pytest.raises(RuleBroken, match="bad_contact_policy"):
        ContactPolicy(1, days, begin, end)
