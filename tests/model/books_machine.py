"""The steps of a clerk who issues, voids, takes money, sets it against debts, undoes, and closes the books."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from books_office import BEGAN, Office, cny, invoice, minor_of, payment
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from naive_books import Debt, Money, Move, NaiveBooks, Share

T = TypeVar("T")
CUSTOMERS = 2
AMOUNTS = st.integers(1, 50_000)
BACK = st.one_of(st.just(0), st.integers(0, 40))
PICK = st.integers(0, 1_000)


class BooksMachine(RuleBasedStateMachine):
    """A sandbox company with two customers. Each step that is refused must have changed nothing."""

    office: Office

    @initialize()
    def open_books(self) -> None:
        self.books, self.last_issue, self.voided = NaiveBooks(), date.min, set[str]()
        self.asked: list[tuple[date, datetime, Any]] = []
        self.company = self.office.company(CUSTOMERS)

    @property
    def now(self) -> datetime:
        now: datetime = self.company.now
        return now

    @property
    def today(self) -> date:
        return (self.now + timedelta(hours=8)).date()

    @property
    def is_open(self) -> date:
        return self.books.closed_until or date.min

    @rule(who=PICK, minor=AMOUNTS, back=BACK)
    def issue(self, who: int, minor: int, back: int) -> None:
        customer, day = self.customer(who), self.today - timedelta(days=back)
        said = self.company.post("/invoices", invoice(customer, minor, day))
        allowed = day > self.is_open and day >= self.last_issue
        assert (said.status_code == 201) is allowed, said.text
        if not allowed:
            self.refused("issue", said, "period_locked", "issued_before_series")
            return
        made = said.json()
        (item,) = made["items"]
        self.last_issue = day
        self.books.debts[item["id"]] = Debt(
            item["id"], customer, made["id"], minor, day, date.fromisoformat(item["due_on"]))
        self.moved("issue", Move(item["id"], minor, day, self.now))

    @rule(who=PICK, minor=AMOUNTS)
    def issue_today(self, who: int, minor: int) -> None:
        self.issue(who, minor, 0)

    @precondition(lambda self: len(self.books.debts) > 3)
    @rule(which=PICK)
    def void(self, which: int) -> None:
        debt = one_of(self.books.debts, which)
        said = self.company.post(f"/invoices/{debt.invoice}:void", {"reason": "issued_in_error"})
        if self.books.balance(debt.item) != debt.minor or self.books.is_contested(debt.item):
            self.refused("void", said, "invoice_in_use", "not_issued")
            return
        if said.status_code != 200:
            self.refused("void", said, "period_locked")
            return
        self.voided.add(debt.item)
        self.moved("void", Move(debt.item, -debt.minor, date.fromisoformat(said.json()["voided_on"]), self.now))

    @rule(who=PICK, minor=AMOUNTS, back=BACK, how=st.sampled_from(["oldest_first", "oldest_first", "none"]))
    def pay(self, who: int, minor: int, back: int, how: str) -> None:
        customer, day = self.customer(who), self.today - timedelta(days=back)
        said = self.company.post("/payments", payment(customer, minor, day, allocation=how))
        shares = self.books.oldest_first(customer, minor) if how == "oldest_first" else {}
        if day <= self.is_open:
            self.refused("pay", said, "period_locked")
            return
        self.received("pay", said, customer, shares)

    @precondition(lambda self: self.books.debts)
    @rule(which=PICK, minor=AMOUNTS, part=AMOUNTS, back=BACK)
    def pay_item(self, which: int, minor: int, part: int, back: int) -> None:
        debt, day = one_of(self.books.debts, which), self.today - timedelta(days=back)
        said = self.company.post("/payments", payment(
            debt.customer, minor, day, allocation="items", items=[{"item_id": debt.item, "amount": cny(part)}]))
        if part > self.books.balance(debt.item):
            self.refused("pay_item", said, "more_than_open", "period_locked")
            return
        if part > minor:
            self.refused("pay_item", said, "more_than_unapplied", "period_locked")
            return
        if day <= self.is_open:
            self.refused("pay_item", said, "period_locked")
            return
        self.received("pay_item", said, debt.customer, {debt.item: part})

    @precondition(lambda self: self.books.moneys)
    @rule(which=PICK)
    def apply(self, which: int) -> None:
        money = one_of(self.books.moneys, which)
        left = self.books.balance(money.credit)
        shares = self.books.oldest_first(money.customer, left)
        said = self.company.post(f"/{money.kind}/{money.credit}:apply", {"allocation": "oldest_first"})
        if said.status_code != 200:
            assert not left or not shares or self.today <= self.is_open, said.text
            self.refused("apply", said, "nothing_unapplied", "payment_not_confirmed", "period_locked",
                         "credit_note_cancelled")
            return
        self.shared("apply", said.json(), shares)

    @precondition(lambda self: self.books.shares)
    @rule(which=PICK, why=st.sampled_from(["recorded_in_error", "reassigned"]))
    def undo(self, which: int, why: str) -> None:
        share = one_of(self.books.shares, which)
        said = self.company.post(f"/allocations/{share.id}:reverse", {"reason": why})
        if share.ended:
            self.refused("undo", said, "already_reversed")
            return
        if said.status_code != 201:
            assert self.today <= self.is_open, said.text
            self.refused("undo", said, "period_locked")
            return
        self.ended(share, date.fromisoformat(said.json()["effective_on"]))
        self.office.done["undo"] += 1

    @precondition(lambda self: self.books.moneys)
    @rule(which=PICK, why=st.sampled_from(["recorded_in_error", "not_received"]), rarely=st.integers(0, 2))
    def reverse(self, which: int, why: str, rarely: int) -> None:
        if rarely:
            return
        money = one_of(self.books.moneys, which)
        if money.kind != "payments":
            return
        live = self.books.live(money.credit)
        said = self.company.post(f"/payments/{money.credit}:reverse", {"reason": why})
        if said.status_code != 200:
            self.refused("reverse", said, "illegal_transition", "period_locked", "credit_refunded")
            return
        after = said.json()
        undone = {one["id"]: date.fromisoformat(one["reversed_on"]) for one in after["allocations"]}
        for share in live:
            self.ended(share, undone[share.id])
        self.moved("reverse", Move(money.credit, -money.minor, date.fromisoformat(after["reversed_on"]), self.now))

    @precondition(lambda self: len(self.books.moves) > 6)
    @rule(back=st.integers(15, 60), hard=st.booleans())
    def lock(self, back: int, hard: bool) -> None:
        until = self.today - timedelta(days=back)
        wish = {"closed_until": until.isoformat(), "hard": hard, "reason": "month end"}
        said = self.company.post("/period-locks", wish)
        if said.status_code != 201:
            self.refused("lock", said, "hard_lock_stands")
            return
        self.books.closed_until = until
        self.office.done["lock"] += 1

    @rule(days=st.integers(1, 20))
    def later(self, days: int) -> None:
        self.company.go(timedelta(days=days))

    @rule(back=st.integers(-5, 90), hours=st.integers(1, 2_000))
    def ask_the_past(self, back: int, hours: int) -> None:
        """An answer that is not provisional is remembered, and asked for again whatever comes after it."""
        as_of = self.today - timedelta(days=back)
        known_at = max(self.now - timedelta(hours=hours), BEGAN)
        self._compare(as_of, known_at)
        if known_at < self.now:
            self.asked.append((as_of, known_at, self._report(as_of, known_at)))
            self.office.done["ask_the_past"] += 1

    @invariant()
    def the_ledger_is_the_naive_fold(self) -> None:
        self._compare(self.today, None)
        if self.asked and len(self.books.moves) % 5 == 0:
            as_of, known_at, then = self.asked[len(self.books.moves) % len(self.asked)]
            assert self._report(as_of, known_at) == then, "an answer for the past has changed"
        assert all(self.books.lowest(ref) >= 0 for ref in {move.ref for move in self.books.moves[-4:]}), "below zero"

    def teardown(self) -> None:
        if hasattr(self, "company"):
            found = self.company.get("/integrity")
            assert found["holds"], [check for check in found["checks"] if not check["holds"]]

    def customer(self, who: int) -> str:
        customer: str = self.company.customers[who % CUSTOMERS]
        return customer

    def refused(self, step: str, said: httpx.Response, *codes: str) -> None:
        assert said.status_code in (409, 422), said.text
        assert said.json()["code"] in codes, said.text
        self.office.done[f"{step}: {said.json()['code']}"] += 1

    def moved(self, step: str, *moves: Move) -> None:
        for move in moves:
            assert move.on > self.is_open, "never in closed books"
            assert move.on <= self.today, "never after today"
        self.books.moves += moves
        self.office.done[step] += 1

    def received(self, step: str, said: httpx.Response, customer: str, shares: dict[str, int]) -> None:
        assert said.status_code == 201, said.text
        made = said.json()
        money = Money(made["id"], customer, minor_of(made["amount"]), date.fromisoformat(made["effective_on"]))
        self.books.moneys[money.credit] = money
        self.moved(step, Move(money.credit, money.minor, money.on, self.now))
        self.shared(f"{step}: share", made, shares)

    def shared(self, step: str, made: dict[str, Any], expected: dict[str, int]) -> None:
        """The new allocations of a payment are the expected ones, and stand on no day before either side."""
        fresh = [one for one in made["allocations"] if one["id"] not in self.books.shares]
        assert {one["item_id"]: minor_of(one["amount"]) for one in fresh} == expected
        for one in fresh:
            share = Share(one["id"], made["id"], one["item_id"], minor_of(one["amount"]),
                          date.fromisoformat(one["effective_on"]))
            assert share.on >= max(self.books.moneys[share.credit].on, self.books.debts[share.item].issued_on)
            self.books.shares[share.id] = share
            self.moved(step, Move(share.credit, -share.minor, share.on, self.now),
                       Move(share.item, -share.minor, share.on, self.now))
            self.books.give_way(share.item)

    def ended(self, share: Share, on: date) -> None:
        assert on >= share.on, "an undoing is never before what it undoes"
        share.ended = True
        self.moved("undone", *(Move(ref, share.minor, on, self.now) for ref in (share.item, share.credit)))

    def _report(self, as_of: date, known_at: datetime | None) -> dict[str, dict[str, int]]:
        known = "" if known_at is None else f"&known_at={quote(known_at.isoformat())}"
        rows = self.company.get(f"/ageing?as_of={as_of}{known}&limit=200")["data"]
        return {row["customer_id"]: found for row in rows if (found := _row(row["figures"]))}

    def _compare(self, as_of: date, known_at: datetime | None) -> None:
        assert self._report(as_of, known_at) == self.books.aged(as_of, known_at)


def _row(figures: dict[str, Any]) -> dict[str, int]:
    held = {bucket["name"]: minor_of(bucket["amount"]) for bucket in figures["buckets"]}
    return {name: minor for name, minor in (held | {"unapplied": minor_of(figures["unapplied"])}).items() if minor}


def one_of(of: Mapping[str, T], which: int) -> T:
    return list(of.values())[which % len(of)]
