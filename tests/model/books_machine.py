"""What all steps stand on: how what the company answers is entered into naive books, and what must hold of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

import httpx
from books_office import minor_of
from compared_books import ComparedBooks
from naive_books import Debt, Loss, Money, Move, Share, Side

T = TypeVar("T")


KEEN = 20


class BooksMachine(ComparedBooks):
    """Items, credits, and what one pays of the other. `awaited`: steps that must happen once in all runs."""

    awaited: frozenset[str] = frozenset()

    def keenness(self, name: str) -> int:
        return KEEN if name in self.awaited and not self.office.done[name] else 1

    def refused(self, step: str, said: httpx.Response, *codes: str) -> None:
        assert said.status_code in (409, 422), said.text
        assert said.json()["code"] in codes, said.text
        self.office.done[f"{step}: {said.json()['code']}"] += 1

    def move(self, ref: str, minor: int, on: date | str, *, value: date | None = None, side: Side = Side.MOVED) -> Move:
        """Of an item or credit, at the customer who has it now."""
        day = date.fromisoformat(on) if isinstance(on, str) else on
        return Move(ref, self.books.account(ref)[0], minor, day, self.company.now, value or day, side)

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

    def undone(self, share: Share, on: date) -> None:
        """What comes of it, beside, that a person or the bank ended a share."""

    def losses_paid(self, item: str, left: int) -> list[tuple[Loss, int]]:
        """What so much of a credit note, which finds nothing open any more, pays of what was lost of its item."""
        return []

    def loss_paid(self, loss: Loss, share: Share) -> None:
        """A share of a credit note pays what was lost."""

    def value_of(self, share: Share) -> date:
        return max(self.books.moneys[share.credit].value, self.books.debts[share.item].issued_on)

def place_of(of: Mapping[str, object], key: str) -> int:
    """By which a step picks this one."""
    return list(of).index(key)


def one_of(of: Mapping[str, T], which: int) -> T:
    return list(of.values())[which % len(of)]
