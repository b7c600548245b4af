"""The steps of a clerk who issues, voids, takes money, sets it against debts, undoes, and closes the books."""

from datetime import date, timedelta

from books_machine import BooksMachine, one_of
from books_office import OFFERED_BPS, amount, invoice, payment
from naive_books import Debt, Money
from stepping import AMOUNTS, BACK, EITHER, PICK, among, between, rule


class PaymentSteps(BooksMachine):
    """Invoices, payments and what they pay, locks."""

    @rule(often=5, who=PICK, minor=AMOUNTS, back=BACK)
    def issue(self, who: int, minor: int, back: int) -> None:
        customer, day = self.company.customer(who), self.today - timedelta(days=back)
        currency = self.company.customers[customer]
        said = self.company.post("/invoices", invoice(customer, amount(minor, currency), day))
        allowed = day > self.is_open and day >= self.last_issue
        assert (said.status_code == 201) is allowed, said.text
        if not allowed:
            self.refused("issue", said, "period_locked", "issued_before_series")
            return
        made = said.json()
        (item,) = made["items"]
        self.last_issue = day
        until = item["discount_until"]
        self.owed("issue", Debt(
            item["id"], customer, currency, made["id"], minor, day, date.fromisoformat(item["due_on"]),
            offer=(OFFERED_BPS, date.fromisoformat(until)) if until else None))

    @rule(who=PICK, minor=AMOUNTS)
    def issue_today(self, who: int, minor: int) -> None:
        self.issue(who, minor, 0)

    @rule(when=lambda self: len(self.books.invoiced) > 3, which=PICK)
    def void(self, which: int) -> None:
        debt = one_of(self.books.invoiced, which)
        said = self.company.post(f"/invoices/{debt.invoice}:void", {"reason": "issued_in_error"})
        if self.books.balance(debt.item) != debt.minor or self.books.is_contested(debt.item):
            self.refused("void", said, "invoice_in_use", "not_issued")
            return
        if said.status_code != 200:
            self.refused("void", said, "period_locked")
            return
        self.voided.add(debt.item)
        self.moved("void", self.move(debt.item, -debt.minor, said.json()["voided_on"]))

    @rule(often=4, who=PICK, minor=AMOUNTS, back=BACK, how=among("oldest_first", "oldest_first", "none"))
    def pay(self, who: int, minor: int, back: int, how: str) -> None:
        customer, day = self.company.customer(who), self.today - timedelta(days=back)
        currency = self.company.customers[customer]
        said = self.company.post("/payments", payment(customer, amount(minor, currency), day, allocation=how))
        shares = self.books.oldest_first(customer, currency, minor, day) if how == "oldest_first" else {}
        if day <= self.is_open:
            self.refused("pay", said, "period_locked")
            return
        self.paid("pay", said, Money("", customer, currency, minor, day, day), shares)

    @rule(often=4, when=lambda self: self.books.debts, which=PICK, minor=AMOUNTS, part=AMOUNTS, back=BACK,
          exact=EITHER)
    def pay_item(self, which: int, minor: int, part: int, back: int, exact: bool) -> None:
        """A named amount, or just what is asked of it on that day."""
        debt, day = one_of(self.books.debts, which), self.today - timedelta(days=back)
        owed, let_off = self.books.balance(debt.item), self.books.let_off(debt, day)
        if exact and owed:
            part, minor = owed - let_off, max(minor, owed - let_off)
        said = self.company.post("/payments", payment(
            debt.customer, amount(minor, debt.currency), day, allocation="items",
            items=[{"item_id": debt.item, "amount": amount(part, debt.currency)}]))
        if part > owed:
            self.refused("pay_item", said, "more_than_open", "period_locked")
            return
        if part > minor:
            self.refused("pay_item", said, "more_than_unapplied", "period_locked")
            return
        if day <= self.is_open:
            self.refused("pay_item", said, "period_locked")
            return
        self.paid("pay_item", said, Money("", debt.customer, debt.currency, minor, day, day),
                  {debt.item: (part, let_off if part == owed - let_off else 0)})

    @rule(when=lambda self: self.books.moneys, which=PICK)
    def apply(self, which: int) -> None:
        money = one_of(self.books.moneys, which)
        if money.kind == "exchanges":
            return
        left = self.books.balance(money.credit)
        shares = self.books.oldest_first(
            money.customer, money.currency, left, money.value if money.kind == "payments" else None)
        said = self.company.post(f"/{money.kind}/{money.credit}:apply", {"allocation": "oldest_first"})
        if said.status_code != 200:
            assert not left or not shares or self.today <= self.is_open, said.text
            self.refused("apply", said, "nothing_unapplied", "payment_not_confirmed", "period_locked",
                         "credit_note_cancelled")
            return
        self.shared("apply", said.json(), shares)

    @rule(when=lambda self: self.books.shares, which=PICK, why=among("recorded_in_error", "reassigned"))
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
        day = date.fromisoformat(said.json()["effective_on"])
        self.ended(share, day, correction=why == "recorded_in_error")
        self.undone(share, day)
        self.office.done["undo"] += 1

    @rule(often=1, when=lambda self: self.books.moneys, which=PICK,
          why=among("recorded_in_error", "not_received", "returned"))
    def reverse(self, which: int, why: str) -> None:
        money = one_of(self.books.moneys, which)
        if money.kind != "payments":
            return
        live, fee = self.books.live(money.credit), {"fee": amount(500, money.currency)} if why == "returned" else {}
        said = self.company.post(f"/payments/{money.credit}:reverse", {"reason": why} | fee)
        if said.status_code != 200:
            self.refused("reverse", said, "illegal_transition", "period_locked", "credit_refunded")
            return
        after = said.json()
        fresh = self.charged("charged_back", money.customer)
        self._claimed_back(money, [one for one in fresh if one.kind == "reclaim"])
        undone = {one["id"]: date.fromisoformat(one["reversed_on"]) for one in after["allocations"]}
        for share in live:
            self.ended(share, undone[share.id], correction=why == "recorded_in_error")
            self.undone(share, undone[share.id])
        self.moved("reverse", self.move(money.credit, -money.minor, after["reversed_on"]))
        fees = [one.minor for one in fresh if one.kind == "fee"]
        assert fees == [500] * bool(fee)
        self.office.done["return_fee"] += len(fees)

    def _claimed_back(self, money: Money, claims: list[Debt]) -> None:
        """What was paid back of it is owed, and the credit whole again."""
        mine = {refund: minor for refund, (credit, minor) in self.books.refunds.items()
                if credit == money.credit and refund not in self.books.reclaimed}
        assert sorted(mine.values()) == sorted(one.minor for one in claims)
        for claim in claims:
            self.moved("reclaim", self.move(money.credit, claim.minor, claim.issued_on))
        self.books.reclaimed |= set(mine)

    @rule(often=1, when=lambda self: len(self.books.moves) > 6, back=between(15, 60), hard=EITHER)
    def lock(self, back: int, hard: bool) -> None:
        until = self.today - timedelta(days=back)
        wish = {"closed_until": until.isoformat(), "hard": hard, "reason": "month end"}
        said = self.company.post("/period-locks", wish)
        if said.status_code != 201:
            self.refused("lock", said, "hard_lock_stands")
            return
        self.books.closed_until = until
        self.office.done["lock"] += 1
