"""Steps with credit that is no payment: credit notes and their cancelling, refunds and those that bounce."""

from datetime import date

from books_machine import AMOUNTS, PICK, BooksMachine, one_of
from books_office import minor_of
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule
from naive_books import Money, Move


class CreditSteps(BooksMachine):
    """`refunds`: what was paid back, and of which credit."""

    @initialize()
    def no_credit_yet(self) -> None:
        self.refunds: dict[str, tuple[str, int]] = {}

    @precondition(lambda self: self.books.debts)
    @rule(which=PICK, minor=AMOUNTS)
    def credit(self, which: int, minor: int) -> None:
        debt = one_of(self.books.debts, which)
        noted = sum(self.books.moneys[note].minor for note, item in self.books.notes.items() if item == debt.item)
        left = debt.minor - noted
        lines = [{"position": 1, "net": self.company.money(debt.customer, minor)}]
        said = self.company.post("/credit-notes", {"invoice_id": debt.invoice, "reason": "quality", "lines": lines})
        if said.status_code != 201:
            assert minor > left or debt.item in self.voided, said.text
            self.refused("credit", said, "more_than_line", "not_issued")
            return
        assert minor <= left
        made = said.json()
        money = Money(made["id"], debt.customer, minor_of(made["amount"]), date.fromisoformat(made["issued_on"]),
                      "credit-notes")
        assert money.minor == minor
        self.books.moneys[money.credit], self.books.notes[money.credit] = money, debt.item
        part = min(minor, self.books.balance(debt.item))
        self.moved("credit", Move(money.credit, minor, money.on, self.company.now))
        self.shared("credit: share", made, {debt.item: part} if part else {})

    @precondition(lambda self: self.books.notes)
    @rule(which=PICK, why=st.sampled_from(["issued_in_error", "withdrawn"]))
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
            self.ended(share, undone[share.id])
        minor = self.books.moneys[note].minor
        self.moved("cancel", Move(note, -minor, date.fromisoformat(after["cancelled_on"]), self.company.now))
        del self.books.notes[note]

    @precondition(lambda self: self.books.moneys)
    @rule(which=PICK, minor=AMOUNTS, over=st.booleans())
    def refund(self, which: int, minor: int, over: bool) -> None:
        unapplied = {one.credit: one for one in self.books.moneys.values() if self.books.balance(one.credit)}
        money = one_of(self.books.moneys if over else unapplied or self.books.moneys, which)
        left = self.books.balance(money.credit)
        minor = minor if over or not left else min(minor, left)
        said = self.company.post("/refunds", {
            "credit_id": money.credit, "amount": self.company.money(money.customer, minor), "method": "bank_transfer",
            "reason": "overpaid"})
        if said.status_code != 201:
            assert minor > left, said.text
            self.refused("refund", said, "more_than_unapplied", "nothing_unapplied", "payment_not_confirmed",
                         "credit_note_cancelled")
            return
        assert minor <= left
        made = said.json()
        self.refunds[made["id"]] = money.credit, minor
        self.moved("refund", Move(money.credit, -minor, date.fromisoformat(made["effective_on"]), self.company.now))

    @precondition(lambda self: self.refunds)
    @rule(which=PICK, why=st.sampled_from(["bounced", "recorded_in_error"]))
    def refund_back(self, which: int, why: str) -> None:
        refund = one_of({one: one for one in self.refunds}, which)
        credit, minor = self.refunds[refund]
        said = self.company.post(f"/refunds/{refund}:reverse", {"reason": why})
        assert said.status_code in (200, 201), said.text
        self.moved("refund_back", Move(credit, minor, date.fromisoformat(said.json()["reversed_on"]), self.company.now))
        del self.refunds[refund]

    def was_refunded(self, credit: str) -> bool:
        return any(one == credit for one, _ in self.refunds.values())
