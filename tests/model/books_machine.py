"""What all steps stand on: the company and naive books side by side, compared after each step that moves something."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from books_office import BEGAN, Office, minor_of
from naive_books import Debt, Money, Move, NaiveBooks, Share, Side
from stepping import Machine, between, rule

T = TypeVar("T")


class BooksMachine(Machine):
    """A sandbox company with customers here and abroad. What a refused step has changed shows at the next one."""

    office: Office

    def begin(self) -> None:
        super().begin()
        self.books, self.last_issue, self.voided = NaiveBooks(), date.min, set[str]()
        self.asked: list[tuple[date, datetime, Any]] = []
        self.compared_at = 0, date.min
        self.company = self.office.company()

    @property
    def today(self) -> date:
        return (self.company.now + timedelta(hours=8)).date()

    @property
    def is_open(self) -> date:
        return self.books.closed_until or date.min

    @rule(often=5, days=between(1, 20))
    def later(self, days: int) -> None:
        self.company.go(timedelta(days=days))

    @rule(often=3, back=between(-5, 90), hours=between(1, 2_000))
    def ask_the_past(self, back: int, hours: int) -> None:
        """An answer that is not provisional is remembered, and asked for again whatever comes after it."""
        as_of = self.today - timedelta(days=back)
        known_at = max(self.company.now - timedelta(hours=hours), BEGAN)
        said = self._compare(as_of, known_at)
        if known_at < self.company.now:
            self.asked.append((as_of, known_at, said))
            self.office.done["ask_the_past"] += 1

    def after_each(self) -> None:
        super().after_each()
        if self.compared_at == (len(self.books.moves), self.today):
            return
        self.compared_at = len(self.books.moves), self.today
        self._compare(self.today, None)
        if self.asked and len(self.books.moves) % 5 == 0:
            as_of, known_at, then = self.asked[len(self.books.moves) % len(self.asked)]
            assert self._report(as_of, known_at) == then, "an answer for the past has changed"
        assert all(self.books.lowest(ref) >= 0 for ref in {move.ref for move in self.books.moves[-4:]}), "below zero"

    def end(self) -> None:
        self._compare(self.today, None)
        found = self.company.get("/integrity")
        assert found["holds"], [check for check in found["checks"] if not check["holds"]]

    def refused(self, step: str, said: httpx.Response, *codes: str) -> None:
        assert said.status_code in (409, 422), said.text
        assert said.json()["code"] in codes, said.text
        self.office.done[f"{step}: {said.json()['code']}"] += 1

    def move(self, ref: str, minor: int, on: date | str, *, value: date | None = None, side: Side = Side.MOVED) -> Move:
        """Of an item or credit, at the customer who has it now."""
        day = date.fromisoformat(on) if isinstance(on, str) else on
        return Move(ref, self.books.holder(ref), minor, day, self.company.now, value or day, side)

    def moved(self, step: str, *moves: Move) -> None:
        for move in moves:
            assert move.on > self.is_open, "never in closed books"
            assert move.on <= self.today, "never after today"
            self.books.add(move)
        self.office.done[step] += 1

    def owed(self, step: str, debt: Debt) -> None:
        """A new item."""
        self.books.debts[debt.item] = debt
        self.moved(step, self.move(debt.item, debt.minor, debt.issued_on, side=Side.MADE))

    def charged(self, step: str, customer: str) -> list[Debt]:
        """The interest and fees of a customer that naive books have not seen yet."""
        listed = self.company.get(f"/items?customer_id={customer}&limit=200")["data"]
        fresh = [Debt(one["id"], customer, one["amount"]["currency"], one["number"], minor_of(one["amount"]),
                      date.fromisoformat(one["issued_on"]), date.fromisoformat(one["due_on"]), one["kind"],
                      one["claim_item_id"]) for one in listed if one["id"] not in self.books.debts]
        for debt in fresh:
            self.owed(step, debt)
        return fresh

    def paid(self, step: str, said: httpx.Response, money: Money, shares: dict[str, tuple[int, int]]) -> None:
        """A payment that was taken."""
        assert said.status_code == 201, said.text
        made = said.json()
        money = replace(money, credit=made["id"], on=date.fromisoformat(made["effective_on"]))
        self.received(step, made, money, shares)

    def received(self, step: str, made: dict[str, Any], money: Money, shares: dict[str, tuple[int, int]]) -> None:
        """What came in, and what it paid."""
        self.books.moneys[money.credit] = money
        self.moved(step, self.move(money.credit, money.minor, money.on))
        self.shared(f"{step}: share", made, shares)

    def shared(self, step: str, made: dict[str, Any], expected: dict[str, tuple[int, int]]) -> None:
        """The new allocations of a credit are the expected ones, and stand on no day before either side."""
        fresh = [one for one in made["allocations"] if one["id"] not in self.books.shares]
        assert {one["item_id"]: (minor_of(one["amount"]), minor_of(one.get("discount"))) for one in fresh} == expected
        for one in fresh:
            self.share(step, Share(
                one["id"], made["id"], one["item_id"], minor_of(one["amount"]),
                date.fromisoformat(one["effective_on"]), minor_of(one.get("discount"))))

    def share(self, step: str, share: Share) -> None:
        """Part of a credit pays an item."""
        money, debt = self.books.moneys[share.credit], self.books.debts[share.item]
        assert share.on >= max(money.on, debt.issued_on), "never before either side"
        self.books.shares[share.id] = share
        self.moved(step, self.move(share.credit, -share.minor, share.on),
                   self.move(share.item, -share.minor - share.let_off, share.on, value=self.value_of(share)))
        self.books.give_way(share.item, agreed_on=self.today if money.kind == "credit-notes" else None)
        if share.let_off:
            self.office.done["let_off"] += 1

    def ended(self, share: Share, on: date, *, correction: bool) -> None:
        """A correction is of value on the day of what it corrects, anything else on its own."""
        assert on >= share.on, "an undoing is never before what it undoes"
        share.ended = True
        value = self.value_of(share)
        self.moved("undone", self.move(share.item, share.minor + share.let_off, on,
                                       value=value if correction else max(on, value)),
                   self.move(share.credit, share.minor, on))

    def value_of(self, share: Share) -> date:
        return max(self.books.moneys[share.credit].value, self.books.debts[share.item].issued_on)

    def _report(self, as_of: date, known_at: datetime | None) -> dict[tuple[str, str], dict[str, int]]:
        known = "" if known_at is None else f"&known_at={quote(known_at.isoformat())}"
        rows = self.company.get(f"/ageing?as_of={as_of}{known}&limit=200")["data"]
        return {(row["customer_id"], row["figures"]["currency"]): found
                for row in rows if (found := _row(row["figures"]))}

    def _compare(self, as_of: date, known_at: datetime | None) -> dict[tuple[str, str], dict[str, int]]:
        said = self._report(as_of, known_at)
        assert said == self.books.aged(as_of, known_at)
        return said


def _row(figures: dict[str, Any]) -> dict[str, int]:
    held = {bucket["name"]: minor_of(bucket["amount"]) for bucket in figures["buckets"]}
    return {name: minor for name, minor in (held | {"unapplied": minor_of(figures["unapplied"])}).items() if minor}


def one_of(of: Mapping[str, T], which: int) -> T:
    return list(of.values())[which % len(of)]
