"""The steps of a clerk who issues, voids, takes money, sets it against debts, undoes, and closes the books."""

from datetime import date, timedelta

from books_machine import AMOUNTS, BACK, PICK, BooksMachine, one_of
from books_office import invoice, payment
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from naive_books import Debt, Move


class PaymentSteps(BooksMachine):
    """Invoices, payments and what they pay, locks."""

    @rule(who=PICK, minor=AMOUNTS, back=BACK)
    def issue(self, who: int, minor: int, back: int) -> None:
        customer, day = self.company.customers[who % len(self.company.customers)], self.today - timedelta(days=back)
        said = self.company.post("/invoices", invoice(customer, self.company.money(customer, minor), day))
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
        self.moved("issue", Move(item["id"], minor, day, self.company.now))

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
        self.moved("void", Move(debt.item, -debt.minor, date.fromisoformat(said.json()["voided_on"]), self.company.now))

    @rule(who=PICK, minor=AMOUNTS, back=BACK, how=st.sampled_from(["oldest_first", "oldest_first", "none"]))
    def pay(self, who: int, minor: int, back: int, how: str) -> None:
        customer, day = self.company.customers[who % len(self.company.customers)], self.today - timedelta(days=back)
        said = self.company.post("/payments", payment(
            customer, self.company.money(customer, minor), day, allocation=how))
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
            debt.customer, self.company.money(debt.customer, minor), day, allocation="items",
            items=[{"item_id": debt.item, "amount": self.company.money(debt.customer, part)}]))
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
    @rule(which=PICK, why=st.sampled_from(["recorded_in_error", "not_received"]), rarely=st.booleans())
    def reverse(self, which: int, why: str, rarely: bool) -> None:
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
        reversed_on = date.fromisoformat(after["reversed_on"])
        self.moved("reverse", Move(money.credit, -money.minor, reversed_on, self.company.now))

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
