"""What all steps stand on: the company and naive books side by side, compared after each step."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from books_office import BEGAN, Office, minor_of
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)
from naive_books import Money, Move, NaiveBooks, Share

from billing_svc.usecases.age_accounts import age_accounts

T = TypeVar("T")
AMOUNTS = st.integers(1, 50_000)
BACK = st.one_of(st.just(0), st.integers(0, 40))
PICK = st.integers(0, 1_000)


class BooksMachine(RuleBasedStateMachine):
    """A sandbox company with customers here and abroad. Each step that is refused must have changed nothing."""

    office: Office

    @initialize()
    def open_books(self) -> None:
        self.books, self.last_issue, self.voided = NaiveBooks(), date.min, set[str]()
        self.asked: list[tuple[date, datetime, Any]] = []
        self.company = self.office.company()

    @property
    def today(self) -> date:
        return (self.company.now + timedelta(hours=8)).date()

    @property
    def is_open(self) -> date:
        return self.books.closed_until or date.min

    @rule(days=st.integers(1, 20))
    def later(self, days: int) -> None:
        self.company.go(timedelta(days=days))

    @rule()
    def turn_the_accounts(self) -> None:
        """Some days are turned and some are not: what accounts keep by age is told rightly either way."""
        while self.office.run(self.office.billing.database.transact(self.company.tenant, age_accounts)):
            continue
        self.office.done["turn_the_accounts"] += 1

    @rule(back=st.integers(-5, 90), hours=st.integers(1, 2_000))
    def ask_the_past(self, back: int, hours: int) -> None:
        """An answer that is not provisional is remembered, and asked for again whatever comes after it."""
        as_of = self.today - timedelta(days=back)
        known_at = max(self.company.now - timedelta(hours=hours), BEGAN)
        self._compare(as_of, known_at)
        if known_at < self.company.now:
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
        self.moved(step, Move(money.credit, money.minor, money.on, self.company.now))
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
            self.moved(step, Move(share.credit, -share.minor, share.on, self.company.now),
                       Move(share.item, -share.minor, share.on, self.company.now))
            self.books.give_way(share.item)

    def ended(self, share: Share, on: date) -> None:
        assert on >= share.on, "an undoing is never before what it undoes"
        share.ended = True
        self.moved("undone", *(Move(ref, share.minor, on, self.company.now) for ref in (share.item, share.credit)))

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
