"""Steps with money that is not certain yet: it waits, and is confirmed or rejected."""

from dataclasses import replace
from datetime import date, timedelta

from books_machine import BooksMachine, one_of
from books_office import amount, payment
from loss_steps import CHIEF
from naive_books import Money
from stepping import AMOUNTS, BACK, PICK, rule


class PendingSteps(BooksMachine):
    """What is announced has moved nothing."""

    @rule(who=PICK, minor=AMOUNTS, back=BACK)
    def announce(self, who: int, minor: int, back: int) -> None:
        customer, day = self.company.customer(who), self.today - timedelta(days=back)
        currency = self.company.customers[customer]
        said = self.company.post("/payments", payment(
            customer, amount(minor, currency), day, allocation="oldest_first", state="pending"))
        assert said.status_code == 201, said.text
        made = said.json()
        self.books.announced[made["id"]] = Money(made["id"], customer, currency, minor, day, day)
        self.office.done["announce"] += 1

    @rule(when=lambda self: self.books.announced, which=PICK)
    def confirm(self, which: int) -> None:
        money = one_of(self.books.announced, which)
        shares = self.books.oldest_first(money.customer, money.currency, money.minor, money.value)
        said = self.company.post(f"/payments/{money.credit}:confirm", {}, by=CHIEF)
        if said.status_code != 200:
            self.refused("confirm", said, "payment_expired")
            del self.books.announced[money.credit]
            return
        made = said.json()
        del self.books.announced[money.credit]
        self.received("confirm", made, replace(money, on=date.fromisoformat(made["effective_on"])), shares)

    @rule(when=lambda self: self.books.announced, which=PICK)
    def reject(self, which: int) -> None:
        money = one_of(self.books.announced, which)
        said = self.company.post(f"/payments/{money.credit}:reject", {"reason": "not_received"}, by=CHIEF)
        if said.status_code != 200:
            self.refused("reject", said, "illegal_transition", "payment_expired")
            return
        del self.books.announced[money.credit]
        self.office.done["reject"] += 1
