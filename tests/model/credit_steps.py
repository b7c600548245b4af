"""Steps with credit that is no payment: credit notes and their cancelling, refunds and those that bounce."""

from datetime import date

from books_machine import BooksMachine, one_of
from books_office import amount, minor_of
from naive_books import Debt, Money, Share
from stepping import AMOUNTS, EITHER, PICK, among, rule


class CreditSteps(BooksMachine):
    """Credit notes and refunds. `taken`: by note, what each share had paid that is not paid by its money any more."""

    def begin(self) -> None:
        super().begin()
        self.taken = dict[str, list[tuple[Share, int, int]]]()

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
        part = min(minor, self.books.balance(debt.item))
        lost = self.losses_paid(debt.item, minor - part)
        rest = minor - part - sum(paid for _, paid in lost)
        given = self._given(debt, rest, {note for note, item in self.books.notes.items() if item == debt.item})
        self.books.notes[made["id"]] = debt.item
        self.books.moneys[made["id"]] = Money(
            made["id"], debt.customer, debt.currency, minor, day, day, "credit-notes")
        self.moved("credit", self.move(made["id"], minor, day))
        assert [minor_of(one["amount"]) for one in made["allocations"]] == [
            *([part] if part else []), *(paid for _, paid in lost), *(credited for _, credited in given)]
        own = [Share(one["id"], made["id"], debt.item, minor_of(one["amount"]),
                     date.fromisoformat(one["effective_on"])) for one in made["allocations"]]
        for share in own[:bool(part)]:
            self.share("credit: share", share)
        for (loss, _), share in zip(lost, own[bool(part):], strict=False):
            self.loss_paid(loss, share)
        for (was, _), share in zip(given, own[len(own) - len(given):], strict=True):
            self._credited(debt, was, share)

    def _given(self, debt: Debt, rest: int, notes: set[str]) -> list[tuple[Share, int]]:
        """Of what is credited beyond what was open, how much falls on each share that had a discount."""
        live = [one for one in self.books.live() if one.item == debt.item]
        before = (sum(self.books.moneys[note].minor for note in notes)
                  - sum(one.minor for one in live if one.credit in notes))
        plain = sum(one.minor for one in live if one.credit not in notes and not one.let_off)
        held = [one for one in live if one.let_off]
        weights = [max(plain - before, 0), *(one.minor + one.let_off for one in held)]
        whole, shared = sum(weights), min(rest, sum(weights))
        if not held or not shared:
            return []
        parts = [shared * weight // whole for weight in weights]
        by_rest = sorted(range(len(weights)), key=lambda n: (-(shared * weights[n] % whole), n))
        for n in by_rest[:shared - sum(parts)]:
            parts[n] += 1
        return [(one, part) for one, part in zip(held, parts[1:], strict=True) if part]

    def _credited(self, debt: Debt, was: Share, share: Share) -> None:
        """The note pays its part in the place of money, which pays the rest again less the discount on that."""
        self.ended(was, self.today, correction=False)
        self.share("credit: share", share)
        left, money = self.books.balance(debt.item), self.books.moneys[was.credit]
        let_off = self.books.let_off(debt, money.value)
        fresh = [one for one in self.company.get(f"/payments/{money.credit}")["allocations"]
                 if one["item_id"] == debt.item and one["id"] not in self.books.shares and one["reversed_on"] is None]
        again = fresh[:1 if left else 0]
        assert [(minor_of(one["amount"]), minor_of(one["discount"])) for one in again] == (
            [(left - let_off, let_off)] if left else [])
        for one in again:
            self.share("discount_back", Share(
                one["id"], money.credit, debt.item, left - let_off, date.fromisoformat(one["effective_on"]), let_off))
        kept = (left - let_off, let_off) if left else (0, 0)
        self.taken.setdefault(share.credit, []).append((was, was.minor - kept[0], was.let_off - kept[1]))

    def _given_again(self, note: str) -> None:
        """Once the note is cancelled the money that it freed pays again, as far as both sides are there."""
        for was, minor, let_off in self.taken.pop(note, ()):
            left, owed = min(minor, self.books.balance(was.credit)), self.books.undisputed(was.item)
            whole = left == minor and minor + let_off <= owed
            expected = (minor, let_off) if whole else (min(left, owed), 0)
            if not expected[0]:
                continue
            one = next(one for one in self.company.get(f"/payments/{was.credit}")["allocations"]
                       if one["id"] not in self.books.shares and one["item_id"] == was.item)
            assert (minor_of(one["amount"]), minor_of(one["discount"])) == expected
            self.share("given again", Share(
                one["id"], was.credit, was.item, expected[0], date.fromisoformat(one["effective_on"]), expected[1]))

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
            self.undone(share, undone[share.id])
        self.moved("cancel", self.move(note, -self.books.moneys[note].minor, after["cancelled_on"]))
        del self.books.notes[note]
        self._given_again(note)

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
