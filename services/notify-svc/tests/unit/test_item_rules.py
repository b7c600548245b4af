"""An item on its ladder: what makes it silent, what takes a level back, and the due dates that stood for it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import Money
from notify_svc.domain.item import DunnedItem
from notify_svc.domain.item_history import dates_of
from notify_svc.domain.ladder import LADDER_K, NOT_BEGUN, Progress

DUE, TODAY = date(2026, 2, 4), date(2026, 3, 6)
AT = datetime(2026, 3, 6, 2, tzinfo=UTC)
PAID = Money.zero("CNY")


def item(progress: Progress = NOT_BEGUN, *, active: bool = True, version: int = 1) -> DunnedItem:
    return DunnedItem(
        UUID(int=1), UUID(int=2), None, "INV-1", date(2026, 1, 5), DUE, version, Money(100, "CNY"), active, progress,
        PAID)


@pytest.mark.parametrize("silent", [item(active=False), replace(item(), open=PAID), item(Progress(30, TODAY))])
def test_nothing_is_planned_while_it_is_off_paid_or_climbed(silent: DunnedItem) -> None:
    assert silent.planned(LADDER_K) is None
    assert item().planned(LADDER_K) is not None


@pytest.mark.parametrize(("opened", "disputed", "after"), [
    (100, 40, (100, 40)), (30, None, (30, 30)), (30, 50, (30, 30)), (0, 0, (0, 0)), (90, None, (90, 60))])
def test_no_more_is_disputed_than_open(opened: int, disputed: int | None, after: tuple[int, int]) -> None:
    contested = replace(item(), disputed=Money(60, "CNY"))
    moved = contested.owing(Money(opened, "CNY"), None if disputed is None else Money(disputed, "CNY"))
    assert (moved.open.minor, moved.disputed.minor) == after
    with pytest.raises(RuleBroken, match="negative_open"):
        contested.owing(Money(-1, "CNY"))


def test_a_newer_due_date_begins_the_ladder_anew_and_keeps_the_gap() -> None:
    reached = item(Progress(15, date(2026, 2, 20)))
    later = reached.dated(date(2026, 4, 1), 2)
    assert (later.due_on, later.due_version, later.progress) == (
        date(2026, 4, 1), 2, Progress(None, date(2026, 2, 20)))
    assert later.dated(date(2026, 5, 1), 2) is later and later.dated(DUE, 1) is later
    assert later.reached(LADDER_K, date(2026, 4, 5)).progress == Progress(-3, date(2026, 2, 20))


@pytest.mark.parametrize(("version", "passed"), [(1, 15), (2, None)])
def test_what_came_from_another_customer_goes_on_where_it_was(version: int, passed: int | None) -> None:
    sent = date(2026, 2, 20)
    here = replace(item(version=version), due_on=DUE if version == 1 else date(2026, 4, 1), customer_id=UUID(int=3))
    followed = here.following(item(Progress(15, sent), active=False))
    assert followed == replace(here, active=False, progress=Progress(passed, sent))


SENT = [
    # passed and last before; told of which version, offset and day; passed and last after
    (NOT_BEGUN, 1, 3, TODAY, Progress(3, TODAY)),
    (Progress(3, DUE), 1, 15, TODAY, Progress(15, TODAY)),
    (Progress(15, TODAY), 1, 3, DUE, Progress(15, TODAY)),
    (Progress(3, DUE), 2, 15, TODAY, Progress(3, TODAY)),
    (NOT_BEGUN, 2, 15, TODAY, Progress(None, TODAY)),
]


@pytest.mark.parametrize(("before", "version", "offset", "on", "after"), SENT)
def test_what_was_sent_takes_nothing_back(
    before: Progress, version: int, offset: int, on: date, after: Progress,
) -> None:
    assert item(before).reminded(due_version=version, offset_days=offset, on=on).progress == after


@pytest.mark.parametrize(("before", "offset", "last", "after"), [
    (Progress(15, TODAY), 15, DUE, Progress(3, DUE)), (Progress(-3, TODAY), -3, None, NOT_BEGUN),
    (Progress(30, TODAY), 15, DUE, Progress(30, TODAY))])
def test_a_level_that_never_left_is_due_again(
    before: Progress, offset: int, last: date | None, after: Progress,
) -> None:
    assert item(before).not_reminded(LADDER_K, offset_days=offset, last_sent_on=last).progress == after


def test_a_ladder_is_switched_on_once_at_the_level_it_has_reached() -> None:
    on = item(active=False).switched_on(LADDER_K, TODAY)
    assert (on.active, on.progress) == (True, Progress(15))
    assert on.switched_on(LADDER_K, date(2027, 1, 1)) is on


@pytest.mark.parametrize(("before", "after", "dates"), [
    (1, 1, []), (1, 2, [(1, DUE, None), (2, TODAY, AT)]), (2, 3, [(3, TODAY, AT)])])
def test_the_due_dates_that_stood(
    before: int, after: int, dates: list[tuple[int, date, datetime | None]],
) -> None:
    found = dates_of(item(version=before), replace(item(version=after), due_on=TODAY), AT)
    assert [(one.due_version, one.due_on, one.recorded_at) for one in found] == dates
    assert {(one.item_id, one.customer_id) for one in found} <= {(UUID(int=1), UUID(int=2))}
