"""Overdue by dates, told once per version of the due date; periods closed softly or for good."""

from datetime import date

import pytest

from billing_svc.domain.ledger import Origin
from billing_svc.domain.overdue import Untold, is_overdue, to_tell, told_before
from billing_svc.domain.period import PeriodState, lock_up_to
from dunlin_kernel.errors import DomainError
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money

DUE = date(2026, 2, 28)


@pytest.mark.parametrize(("minor", "today", "overdue"), [
    (1, DUE, False), (1, date(2026, 3, 1), True), (0, date(2026, 3, 1), False), (1, date(2026, 1, 1), False)])
def test_overdue_begins_the_day_after_the_due_date_while_open(minor: int, today: date, overdue: bool) -> None:
    assert is_overdue(Money(minor, "CNY"), DUE, today) is overdue


@pytest.mark.parametrize(("version", "told", "tells"), [(1, 0, True), (1, 1, False), (2, 1, True), (2, 2, False)])
def test_each_version_of_a_due_date_is_told_once(version: int, told: int, tells: bool) -> None:
    item = Untold(new_id(), new_id(), new_id(), "INV-000001", Money(1, "CNY"), DUE, version, told)
    assert to_tell(item, date(2026, 3, 1)) is tells
    assert to_tell(item, DUE) is False


TODAY = date(2026, 3, 10)


@pytest.mark.parametrize(("state", "day", "hard", "after"), [
    (PeriodState(None, None), date(2026, 2, 28), False, PeriodState(date(2026, 2, 28), None)),
    (PeriodState(date(2026, 2, 28), None), date(2026, 1, 31), False, PeriodState(date(2026, 1, 31), None)),
    (PeriodState(date(2026, 2, 28), None), date(2026, 1, 31), True, PeriodState(date(2026, 1, 31), date(2026, 1, 31))),
    (PeriodState(date(2026, 2, 28), date(2026, 1, 31)), date(2026, 1, 31), False,
     PeriodState(date(2026, 1, 31), date(2026, 1, 31))),
    (PeriodState(None, None), date(2026, 3, 9), True, PeriodState(date(2026, 3, 9), date(2026, 3, 9)))])
def test_a_lock(state: PeriodState, day: date, hard: bool, after: PeriodState) -> None:
    assert lock_up_to(state, day, hard=hard, today=TODAY) == after


@pytest.mark.parametrize(("state", "day", "code"), [
    (PeriodState(None, None), TODAY, "lock_in_future"), (PeriodState(None, None), date(2026, 4, 1), "lock_in_future"),
    (PeriodState(date(2026, 2, 28), date(2026, 2, 28)), date(2026, 2, 27), "hard_lock_stands")])
@pytest.mark.parametrize("hard", [False, True])
def test_a_lock_that_is_refused(state: PeriodState, day: date, code: str, hard: bool) -> None:
    with pytest.raises(DomainError) as refused:
        lock_up_to(state, day, hard=hard, today=TODAY)
    assert refused.value.code == code


@pytest.mark.parametrize(("origin", "today", "told"), [
    (Origin.LIVE, date(2026, 3, 1), 0), (Origin.IMPORT, date(2026, 3, 1), 1), (Origin.IMPORT, DUE, 0)])
def test_what_is_taken_over_past_due_counts_as_told(origin: Origin, today: date, told: int) -> None:
    assert told_before(origin, DUE, 1, today) == told
