"""What the archive makes of facts it hears: accounts, items, months and overdue, limits in their dates and covers."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer_svc.domain.heard_credit import CreditWeights, HeardCredit, HeardLimit, share_of
from customer_svc.domain.heard_ledger import (
    USUAL_EDGES,
    HeardAccount,
    HeardItem,
    HeardLedger,
    HeardMonth,
    buckets_of,
    overdue_of,
)
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money

TODAY, DUE = date(2026, 3, 10), date(2026, 2, 4)
WHO, ITEM, OTHER = new_id(), new_id(), new_id()


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def item(
    amount: int = 100, opened: int = 100, *, due_on: date = DUE, item_id: UUID = ITEM, code: str = "CNY",
) -> HeardItem:
    return HeardItem(item_id, WHO, "INV-1", due_on, Money(amount, code), Money(opened, code), Money(0, code))


def ledger() -> HeardLedger:
    return HeardLedger(WHO).told(cny(100), cny(0), cny(0))


def test_the_account_stands_as_the_last_fact_says_and_keeps_its_days() -> None:
    known = ledger().billed(cny(100), date(2026, 1, 5), invoices=1).paid(cny(40), date(2026, 2, 1))
    after = known.told(cny(60), cny(10), cny(5)).accounts["CNY"]
    assert after == HeardAccount(
        cny(60), cny(10), cny(5), last_invoiced_on=date(2026, 1, 5), last_paid_on=date(2026, 2, 1), last_paid=cny(40))
    assert after.currency == "CNY"


def test_what_is_delivered_adds_up_whether_or_not_money_was_told_before() -> None:
    fresh = HeardLedger(WHO).delivering(cny(300)).accounts["CNY"]
    assert (fresh.not_billed, fresh.open) == (cny(300), cny(0))
    billed = ledger().delivering(cny(300)).delivering(cny(-100)).accounts["CNY"]
    assert (billed.not_billed, billed.open) == (cny(200), cny(100))


def test_interest_that_has_accrued_is_what_was_told_last_and_never_less_than_nothing() -> None:
    assert HeardLedger(WHO).accruing(cny(9)).accounts["CNY"].interest == cny(9)
    after = ledger().accruing(cny(9)).accruing(cny(-3)).accounts["CNY"]
    assert (after.interest, after.open) == (cny(0), cny(100))


@pytest.mark.parametrize(("left", "on", "settled"), [
    (40, TODAY, None), (0, TODAY, TODAY), (0, None, None)])
def test_an_item_is_settled_on_the_day_of_its_last_money(left: int, on: date | None, settled: date | None) -> None:
    after = ledger().having(item()).owing(ITEM, cny(left), on=on).items[ITEM]
    assert (after.open, after.settled_on, after.disputed) == (cny(left), settled, cny(0))


def test_what_is_disputed_stays_as_told_and_an_unknown_item_changes_nothing() -> None:
    known = ledger().having(item())
    contested = known.owing(ITEM, cny(100), on=None, disputed=cny(30))
    assert contested.items[ITEM].disputed == cny(30)
    assert contested.owing(ITEM, cny(90), on=TODAY).items[ITEM].disputed == cny(30)
    assert known.owing(OTHER, cny(0), on=TODAY) is known


@pytest.mark.parametrize(("steps", "last", "month"), [
    ([(100, "2026-01-05", 1)], "2026-01-05", (100, 1)),
    ([(100, "2026-01-05", 1), (50, "2026-01-03", 1)], "2026-01-05", (150, 2)),
    ([(100, "2026-01-05", 1), (-100, "2026-01-20", -1)], "2026-01-05", (0, 0)),
    ([(20, "2026-01-20", 0)], None, (20, 0)),
])
def test_what_is_billed_counts_in_its_month(
    steps: list[tuple[int, str, int]], last: str | None, month: tuple[int, int],
) -> None:
    known = ledger()
    for amount, on, invoices in steps:
        known = known.billed(cny(amount), date.fromisoformat(on), invoices=invoices)
    assert known.accounts["CNY"].last_invoiced_on == (last and date.fromisoformat(last))
    assert known.months["CNY", date(2026, 1, 1)] == HeardMonth(cny(month[0]), cny(0), month[1])


@pytest.mark.parametrize(("steps", "last", "cash"), [
    ([(40, "2026-02-01")], ("2026-02-01", 40), 40),
    ([(40, "2026-02-10"), (30, "2026-02-05")], ("2026-02-10", 40), 70),
    ([(40, "2026-02-10"), (30, "2026-02-10")], ("2026-02-10", 30), 70),
    ([(40, "2026-02-10"), (-40, "2026-02-12")], ("2026-02-10", 40), 0),
])
def test_cash_counts_in_its_month_and_the_latest_is_the_last(
    steps: list[tuple[int, str]], last: tuple[str, int], cash: int,
) -> None:
    known = ledger()
    for amount, on in steps:
        known = known.paid(cny(amount), date.fromisoformat(on))
    account = known.accounts["CNY"]
    assert (account.last_paid_on, account.last_paid) == (date.fromisoformat(last[0]), cny(last[1]))
    assert known.months["CNY", date(2026, 2, 1)].cash == cny(cash)


@pytest.mark.parametrize(("days", "edges", "bucket"), [
    (-1, USUAL_EDGES, None), (0, USUAL_EDGES, None), (1, USUAL_EDGES, (1, 30)), (30, USUAL_EDGES, (1, 30)),
    (31, USUAL_EDGES, (31, 60)), (60, USUAL_EDGES, (31, 60)), (61, USUAL_EDGES, (61, 90)), (90, USUAL_EDGES, (61, 90)),
    (91, USUAL_EDGES, (91, None)), (4000, USUAL_EDGES, (91, None)), (15, (15,), (1, 15)), (16, (15,), (16, None)),
    (1, (1, 45), (1, 1)), (2, (1, 45), (2, 45))])
def test_the_bucket_of_days_overdue(days: int, edges: tuple[int, ...], bucket: tuple[int, int | None] | None) -> None:
    owed = [item(500, 500, due_on=date.fromordinal(TODAY.toordinal() - days), item_id=new_id())]
    found = overdue_of(owed, "CNY", TODAY, edges)
    held = {one: amount for one, amount in found.items() if amount.is_positive}
    assert held == ({bucket: cny(500)} if bucket else {})


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(-40, 200), st.integers(0, 500), st.sampled_from(("CNY", "USD"))), max_size=8),
       st.sets(st.integers(1, 100), min_size=1, max_size=5))
def test_overdue_is_what_is_open_past_its_day_in_one_currency(
    debts: list[tuple[int, int, str]], edges: set[int],
) -> None:
    items = [item(500, opened, due_on=date.fromordinal(TODAY.toordinal() - days), item_id=new_id(), code=code)
             for days, opened, code in debts]
    found = overdue_of(items, "CNY", TODAY, sorted(edges))
    assert sum(one.minor for one in found.values()) == sum(
        opened for days, opened, code in debts if days > 0 and code == "CNY")
    assert tuple(found) == buckets_of(sorted(edges))
    assert item(100, 0).days_overdue(TODAY) == 0


JANUARY = HeardLimit(cny(100), date(2026, 1, 1), date(2026, 1, 31))
OPEN_END = HeardLimit(cny(100), date(2026, 1, 1), None)
EXTRA = HeardLimit(cny(50), date(2026, 1, 15), date(2026, 2, 15))


@pytest.mark.parametrize(("base", "temporary", "on", "limit"), [
    (None, None, "2026-01-20", None), (HeardLimit(None, date(2026, 1, 1), None), EXTRA, "2026-01-20", None),
    (OPEN_END, None, "2026-01-01", 100), (JANUARY, None, "2026-01-31", 100), (JANUARY, None, "2026-02-01", 0),
    (JANUARY, EXTRA, "2026-01-14", 100), (JANUARY, EXTRA, "2026-01-15", 150), (JANUARY, EXTRA, "2026-02-01", 50),
    (JANUARY, EXTRA, "2026-02-16", 0), (OPEN_END, None, "2025-12-31", 0),
    (OPEN_END, HeardLimit(None, date(2026, 1, 1), None), "2026-01-20", 100),
])
def test_the_limit_of_a_day(
    base: HeardLimit | None, temporary: HeardLimit | None, on: str, limit: int | None,
) -> None:
    found = HeardCredit(cny(0), base, temporary).limit_on(date.fromisoformat(on))
    assert (found and found.minor) == limit
    assert (found is None) == (limit is None)


def test_covers_come_on_top_by_their_ids_until_they_end() -> None:
    one, other = new_id(), new_id()
    covered = HeardCredit(cny(0), OPEN_END).covered(one, EXTRA).covered(other, EXTRA).covered(one, EXTRA)
    assert covered.limit_on(date(2026, 1, 20)) == cny(200)
    assert covered.covered(other, None).limit_on(date(2026, 1, 20)) == cny(150)
    assert covered.covered(new_id(), None) == covered


def test_reservations_add_up() -> None:
    assert HeardCredit(cny(0)).reserving(cny(70)).reserving(cny(-20)).reserved == cny(50)


@pytest.mark.parametrize(("weights", "used"), [
    (CreditWeights(), 100 + 70 + 30 - 20), (CreditWeights(0, 0), 60 + 30 - 20),
    (CreditWeights(5000, 10_000), 60 + 20 + 70 + 30 - 20), (CreditWeights(10_000, 20_000), 100 + 140 + 30 - 20)])
def test_what_uses_credit_by_its_weights(weights: CreditWeights, used: int) -> None:
    account = HeardAccount(cny(100), cny(40), cny(20), delivered=70)
    assert weights.used(account, cny(30)) == cny(used)
    assert weights.used(HeardAccount(cny(0), cny(0), cny(5)), cny(0)) == cny(-5)
    late = replace(account, accrued=7)
    assert weights.used(late, cny(0)) == weights.used(account, cny(0))
    assert replace(weights, accrued_interest=True).used(late, cny(0)) == weights.used(account, cny(0)) + cny(7)


@pytest.mark.parametrize(("minor", "bps", "share"), [
    (101, 5000, 51), (-101, 5000, -51), (99, 5000, 50), (1, 4999, 0), (-1, 4999, 0), (0, 10_000, 0), (7, 20_000, 14)])
def test_a_share_is_rounded_half_away_from_nothing(minor: int, bps: int, share: int) -> None:
    assert share_of(cny(minor), bps) == cny(share)
