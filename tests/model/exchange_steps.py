"""Steps with money in another currency than the debt's: it is exchanged for an item, and that is undone."""

from dataclasses import dataclass
from datetime import timedelta

from books_machine import BooksMachine, one_of
from books_office import FOREIGN, OWN, amount, payment
from naive_books import Money, Share
from stepping import AMOUNTS, BACK, PICK, between, rule


@dataclass
class Exchange:
    """So much of a payment was taken for an item in another currency."""

    id: str
    payment: str
    given: int
    share: str


class ExchangeSteps(BooksMachine):
    """`exchanges` are those that stand."""

    def begin(self) -> None:
        super().begin()
        self.exchanges = dict[str, Exchange]()

    @rule(who=PICK, minor=AMOUNTS, back=BACK)
    def pay_abroad(self, who: int, minor: int, back: int) -> None:
        """Money in the currency in which the customer is not billed."""
        customer, day = self.company.customer(who), self.today - timedelta(days=back)
        currency = OWN if self.company.customers[customer] == FOREIGN else FOREIGN
        said = self.company.post("/payments", payment(customer, amount(minor, currency), day, allocation="none"))
        if day <= self.is_open:
            self.refused("pay_abroad", said, "period_locked")
            return
        self.paid("pay_abroad", said, Money("", customer, currency, minor, day, day), {})

    @rule(when=lambda self: self._pairs(), which=PICK, part=between(1, 4), taken=AMOUNTS)
    def exchange(self, which: int, part: int, taken: int) -> None:
        pair = self._pairs()[which % len(self._pairs())]
        money, debt = self.books.moneys[pair[0]], self.books.debts[pair[1]]
        left, owed = self.books.balance(money.credit), self.books.balance(debt.item)
        given, taken = max(left // part, 1), min(taken, owed)
        said = self.company.post(f"/payments/{money.credit}:exchange", {
            "item_id": debt.item, "given": amount(given, money.currency), "taken": amount(taken, debt.currency)})
        assert said.status_code == 201, said.text
        made = said.json()
        self.exchanges[made["id"]] = Exchange(made["id"], money.credit, given, made["allocation_id"])
        self.books.moneys[made["id"]] = Money(
            made["id"], money.customer, debt.currency, taken, self.today, money.value, "exchanges")
        self.moved("exchange", self.move(money.credit, -given, made["effective_on"]),
                   self.move(made["id"], taken, made["effective_on"]))
        self.share("exchange", Share(made["allocation_id"], made["id"], debt.item, taken, self.today))

    @rule(when=lambda self: self.exchanges, which=PICK)
    def exchange_back(self, which: int) -> None:
        one = one_of(self.exchanges, which)
        live = self.books.live(one.id)
        said = self.company.post(f"/credit-exchanges/{one.id}:reverse", {"reason": "reassigned"})
        if said.status_code != 201:
            self.refused("exchange_back", said, "credit_refunded")
            return
        for share in live:
            self.ended(share, self.today, correction=False)
            self.undone(share, self.today)
        self.moved("exchange_back", self.move(one.id, -self.books.moneys[one.id].minor, said.json()["effective_on"]),
                   self.move(one.payment, one.given, said.json()["effective_on"]))
        del self.exchanges[one.id]

    def _pairs(self) -> list[tuple[str, str]]:
        """Payments with something left, each with an item of its customer in the other currency."""
        left = [one for one in self.books.moneys.values() if one.kind == "payments" and self.books.balance(one.credit)]
        return [(money.credit, debt.item) for money in left for debt in self.books.debts.values()
                if debt.customer == money.customer and debt.currency != money.currency
                and self.books.balance(debt.item)]
