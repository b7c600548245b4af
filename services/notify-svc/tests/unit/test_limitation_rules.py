"""Until when a claim can be enforced, as tables: what begins its clock anew, when that comes too late, the warnings."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notify_svc.domain.limitation import (
    OF_THE_DEBTOR,
    Interruption,
    InterruptionKind,
    limitation_clock,
    months_after,
    warning,
)

PAID, PROMISED, AGREED, DEMANDED, SUED = InterruptionKind
DUE = date(2026, 2, 4)
DAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31))


def at(kind: InterruptionKind, day: str) -> Interruption:
    return Interruption(date.fromisoformat(day), kind)


@pytest.mark.parametrize(("happened", "ends", "restarted"), [
    ([], "2029-02-04", None),
    ([at(PAID, "2026-02-04")], "2029-02-04", None),
    ([at(DEMANDED, "2026-01-20")], "2029-02-04", None),
    ([at(PAID, "2026-02-05")], "2029-02-05", PAID),
    ([at(SUED, "2028-05-01"), at(PAID, "2027-01-31")], "2031-05-01", SUED),
    ([at(DEMANDED, "2029-02-04")], "2032-02-04", DEMANDED),
    ([at(DEMANDED, "2029-02-05")], "2029-02-04", None),
    ([at(SUED, "2030-01-01")], "2029-02-04", None),
    ([at(PROMISED, "2030-01-01")], "2033-01-01", PROMISED),
    ([at(AGREED, "2030-01-01"), at(DEMANDED, "2031-01-01")], "2034-01-01", DEMANDED),
    ([at(DEMANDED, "2029-03-01"), at(PAID, "2029-06-01")], "2032-06-01", PAID),
])
def test_what_interrupts_begins_the_clock_anew(
    happened: list[Interruption], ends: str, restarted: InterruptionKind | None,
) -> None:
    clock = limitation_clock(DUE, happened, months=36)
    assert (clock.expires_on.isoformat(), clock.restarted and clock.restarted.kind) == (ends, restarted)


@pytest.mark.parametrize(("today", "within"), [
    ("2028-02-03", None), ("2028-02-04", 12), ("2028-08-03", 12), ("2028-08-04", 6), ("2028-11-04", 3),
    ("2029-01-03", 3), ("2029-01-04", 1), ("2029-02-04", 1), ("2029-02-05", 0),
])
def test_a_claim_is_warned_of_twelve_six_three_and_one_months_before_its_end(today: str, within: int | None) -> None:
    assert warning(date(2029, 2, 4), date.fromisoformat(today)) == within


@pytest.mark.parametrize(("day", "months", "then"), [
    ("2024-02-29", 12, "2025-02-28"), ("2026-01-31", 1, "2026-02-28"), ("2026-03-31", -1, "2026-02-28"),
    ("2026-12-15", 1, "2027-01-15"), ("2026-01-15", -1, "2025-12-15"), ("9999-12-01", 1, "9999-12-31"),
    ("0001-01-31", -1, "0001-01-01"),
])
def test_months_end_with_their_last_day_and_years_where_they_end(day: str, months: int, then: str) -> None:
    assert months_after(date.fromisoformat(day), months).isoformat() == then


@settings(max_examples=60)
@given(due=DAYS, happened=st.lists(st.builds(Interruption, DAYS, st.sampled_from(InterruptionKind))))
def test_more_that_happens_never_ends_a_claim_sooner(due: date, happened: list[Interruption]) -> None:
    ends = limitation_clock(due, happened, months=36).expires_on
    assert ends >= limitation_clock(due, happened[1:], months=36).expires_on
    own = [one.on for one in happened if one.kind in OF_THE_DEBTOR and one.on > due]
    assert ends >= max([months_after(one, 36) for one in own], default=months_after(due, 36))
