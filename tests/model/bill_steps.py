"""Steps with bills of exchange: they settle debts, are owed themselves, and leave what they had settled when nobody
pays them."""

from dataclasses import dataclass
from datetime import date, timedelta

from books_machine import BooksMachine, one_of
from books_office import OWN, amount
from naive_books import Debt
from stepping import AMOUNTS, EITHER, PICK, among, between, rule


@dataclass
class Taken:
    """A bill settled so much of an item, and is owed as another one."""

    id: str
    settled: str
    item: str
    minor: int
    gone: bool = False


class BillSteps(BooksMachine):
    """`bills`: by their id."""

    def begin(self) -> None:
        super().begin()
        self.bills = dict[str, Taken]()

    @rule(when=lambda self: self.books.debts, which=PICK, minor=AMOUNTS, fits=EITHER, days=between(1, 90))
    def take_bill(self, which: int, minor: int, fits: bool, days: int) -> None:
        own = {debt.item: debt for debt in self.books.debts.values() if debt.currency == OWN}
        debt = one_of(own if fits and own else self.books.debts, which)
        left = self.books.undisputed(debt.item)
        minor, due_on = left if fits and left else minor, self.today + timedelta(days=days)
        if debt.kind == "bill":
            return
        said = self.company.post("/bills", {
            "customer_id": debt.customer, "amount": amount(minor, debt.currency), "number": "5130", "drawer": "D",
            "acceptor": "A", "risk_class": "bank", "received_on": self.today.isoformat(),
            "due_on": due_on.isoformat(), "items": [{"item_id": debt.item}]})
        if said.status_code != 201:
            assert debt.currency != OWN or minor > left or self.today <= self.is_open, said.text
            self.refused("take_bill", said, "bill_not_in_base_currency", "more_than_open", "item_disputed",
                         "period_locked")
            return
        assert minor <= left
        made = said.json()
        self.moved("take_bill", self.move(debt.item, -minor, made["effective_on"]))
        self.owed("bill", Debt(made["item_id"], debt.customer, debt.currency, made["item_number"], minor,
                               date.fromisoformat(made["effective_on"]), due_on, "bill"))
        self.bills[made["id"]] = Taken(made["id"], debt.item, made["item_id"], minor)

    @rule(when=lambda self: self.bills, which=PICK, why=among("dishonoured", "recorded_in_error"), fee=EITHER)
    def dishonour(self, which: int, why: str, fee: bool) -> None:
        one = one_of({one.id: one for one in self.bills.values() if self._is_held(one)} or self.bills, which)
        own = self.books.debts[one.item]
        costs = {"fee": amount(500, own.currency)} if fee and why == "dishonoured" else {}
        said = self.company.post(f"/bills/{one.id}:dishonour", {"reason": why} | costs)
        if said.status_code != 200:
            assert not self._is_held(one) or self.today <= self.is_open, said.text
            self.refused("dishonour", said, "bill_dishonoured", "bill_settled", "item_disputed", "period_locked")
            return
        one.gone, day = True, said.json()["dishonoured_on"]
        self.moved("dishonour", self.move(one.settled, one.minor, day), self.move(one.item, -one.minor, day))
        assert [each.minor for each in self.charged("protest", own.customer)] == [500] * bool(costs)

    def _is_held(self, one: Taken) -> bool:
        return not (one.gone or self.books.disputed(one.item)) and self.books.balance(one.item) == one.minor
