"""Steps with credit that is no payment: credit notes and their cancelling, refunds and those that bounce."""

from datetime import date

from books_machine import BooksMachine, one_of
from books_office import amount, minor_of
from naive_books import Money
from stepping import AMOUNTS, EITHER, PICK, among, rule


class CreditSteps(BooksMachine):
    """Credit notes and refunds."""

    @rule(when=lambda self: self.books.invoiced, which=PICK, minor=AMOUNTS)
    def credit(self, which: int, minor: int) -> None:
        debt = one_of(self.books.invoiced, which)
        noted = sum(self.books.moneys[note].minor for note, item in self.books.notes.items() if item == debt.item)
        left = debt.minor - noted
        lines = [{"position": 1, "net": amount(minor, debt.currency)}]
        said = self.company.post("/credit-notes", {"invoice_id": debt.invoice, "reason": "quality", "lines": lines})
        if said.status_code != 201:
            assert minor > left or debt.item in self.voided, said.text
            self.refused("credit", said, "more_than_line", "not_issued")
            return
        assert minor <= left
        made = said.json()
        assert minor_of(made["amount"]) == minor
        day = date.fromisoformat(made["issued_on"])
        self.books.notes[made["id"]] = debt.item
        part = min(minor, self.books.balance(debt.item))
        self.received("credit", made, Money(made["id"], debt.customer, debt.currency, minor, day, day, "credit-notes"),
                      {debt.item: (part, 0)} if part else {})

    @rule(when=lambda self: self.books.notes, which=PICK, why=among("issued_in_error", "withdrawn"))
    def cancel(self, which: int, why: str) -> None:
        note = one_of({one: one for one in self.books.notes}, which)
        live = self.books.live(note)
        said = self.company.post(f"/credit-notes/{note}:cancel", {"reason": why})
        if said.status_code != 200:
            assert self.was_refunded(note) or self.today <= self.is_open, said.text
            self.refused("cancel", said, "credit_refunded", "period_locked")
            return
        after = said.json()
        undone = {one["id"]: date.fromisoformat(one["reversed_on"]) for one in after["allocations"]
                  if one["reversed_on"] is not None}
        for share in live:
            self.ended(share, undone[share.id], correction=why == "issued_in_error")
        self.moved("cancel", self.move(note, -self.books.moneys[note].minor, after["cancelled_on"]))
        del self.books.notes[note]

    @rule(when=lambda self: self.books.moneys, which=PICK, minor=AMOUNTS, over=EITHER)
    def refund(self, which: int, minor: int, over: bool) -> None:
        unapplied = {one.credit: one for one in self.books.moneys.values() if self.books.balance(one.credit)}
        money = one_of(self.books.moneys if over else unapplied or self.books.moneys, which)
        left = self.books.balance(money.credit)
        minor = minor if over or not left else min(minor, left)
        said = self.company.post("/refunds", {
            "credit_id": money.credit, "amount": amount(minor, money.currency), "method": "bank_transfer",
            "reason": "overpaid"})
        if said.status_code != 201:
            assert minor > left, said.text
            self.refused("refund", said, "more_than_unapplied", "nothing_unapplied", "payment_not_confirmed",
                         "credit_note_cancelled")
            return
        assert minor <= left
        made = said.json()
        self.books.refunds[made["id"]] = money.credit, minor
        self.moved("refund", self.move(money.credit, -minor, made["effective_on"]))

    @rule(when=lambda self: self.books.refunds, which=PICK, why=among("bounced", "recorded_in_error"))
    def refund_back(self, which: int, why: str) -> None:
        refund = one_of({one: one for one in self.books.refunds}, which)
        credit, minor = self.books.refunds[refund]
        said = self.company.post(f"/refunds/{refund}:reverse", {"reason": why})
        if refund in self.books.reclaimed:
            self.refused("refund_back", said, "refund_reclaimed")
            return
        assert said.status_code in (200, 201), said.text
        self.moved("refund_back", self.move(credit, minor, said.json()["reversed_on"]))
        del self.books.refunds[refund]

    def was_refunded(self, credit: str) -> bool:
        return any(one == credit for one, _ in self.books.refunds.values())
