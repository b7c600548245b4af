"""Exceptions of soft locks: who may be given one, and up to which day the books are closed then."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from billing_svc.domain.period import LockException, MayPost, PeriodState, closed_for, granted
from dunlin_kernel.errors import DomainError

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
SOFT, HARD = date(2026, 2, 28), date(2026, 1, 31)
STATE = PeriodState(SOFT, HARD)
ONE = LockException(
    UUID(int=1), "anna", None, date(2026, 2, 15), NOW + timedelta(days=2), "late invoice", "chief", NOW)


@pytest.mark.parametrize(
    ("changed", "state", "code"),
    [
        ({}, STATE, None),
        ({"from_on": SOFT}, STATE, None),
        ({"from_on": HARD + timedelta(days=1)}, STATE, None),
        ({"from_on": HARD}, STATE, "hard_lock_stands"),
        ({"from_on": HARD}, PeriodState(SOFT, None), None),
        ({"from_on": SOFT + timedelta(days=1)}, STATE, "nothing_locked"),
        ({}, PeriodState(None, None), "nothing_locked"),
        ({"ends_at": NOW}, STATE, "bad_lock_exception"),
        ({"ends_at": NOW + timedelta(days=31)}, STATE, None),
        ({"ends_at": NOW + timedelta(days=31, seconds=1)}, STATE, "bad_lock_exception"),
        ({"subject": "chief"}, STATE, "second_person_needed"),
        ({"subject": None, "scope": "payments:late"}, STATE, None),
        ({"scope": "payments:late"}, STATE, "bad_lock_exception"),
        ({"subject": None}, STATE, "bad_lock_exception"),
    ],
)
def test_who_may_be_given_one(changed: dict[str, object], state: PeriodState, code: str | None) -> None:
    one = replace(ONE, **changed)  # type: ignore[arg-type]
    try:
        assert granted(one, state, NOW) is one
        found = None
    except DomainError as refused:
        found = refused.code
    assert found == code


@pytest.mark.parametrize(
    ("whose", "actor", "scopes", "may"),
    [
        (MayPost("anna", None, "chief"), "anna", (), True),
        (MayPost("anna", None, "chief"), "bert", ("a:b",), False),
        (MayPost(None, "a:b", "chief"), "bert", ("a:b", "c:d"), True),
        (MayPost(None, "a:b", "chief"), "bert", ("c:d",), False),
        (MayPost(None, "a:b", "chief"), "chief", ("a:b",), False),
    ],
)
def test_a_role_is_whoever_carries_its_scope_but_the_one_who_gave_it(
    whose: MayPost, actor: str, scopes: tuple[str, ...], may: bool,
) -> None:
    assert whose.is_for(actor, scopes) is may


@pytest.mark.parametrize(
    ("state", "open_from", "closed"),
    [
        (STATE, [], SOFT),
        (STATE, [date(2026, 2, 15)], date(2026, 2, 14)),
        (STATE, [date(2026, 2, 20), date(2026, 2, 15)], date(2026, 2, 14)),
        (STATE, [date(2026, 1, 10)], HARD),
        (STATE, [date(2026, 3, 5)], SOFT),
        (PeriodState(SOFT, None), [date(2026, 1, 10)], date(2026, 1, 9)),
        (PeriodState(None, None), [date(2026, 1, 10)], None),
        (PeriodState(HARD, HARD), [date(2026, 1, 10)], HARD),
    ],
)
def test_up_to_which_day_the_books_are_closed_for_one_who_has_them(
    state: PeriodState, open_from: list[date], closed: date | None,
) -> None:
    assert closed_for(state, open_from) == closed
