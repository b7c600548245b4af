"""Steps that chance hardly ever takes in the one order that matters: what is recovered, refunded or agreed turns out
otherwise."""

from datetime import timedelta

from arrangement_steps import GRACE, Agreed, ArrangementSteps
from books_machine import place_of
from charge_steps import ChargeSteps
from credit_steps import CreditSteps
from loss_steps import LossSteps
from naive_books import Debt
from payment_steps import PaymentSteps
from stepping import PICK, rule

SELDOM = 0.2
BEARING = 6_000
"""So much, times days, that interest on it is more than nothing."""


class MissedPartSteps(PaymentSteps, ArrangementSteps):
    """What was agreed is paid part by part, in time or as it turns out."""

    @rule(often=SELDOM, when=lambda self: self._first_parts(), which=PICK)
    def pay_first_part(self, which: int) -> None:
        """Just the first part of what was agreed is paid."""
        one = self._first_parts()[which % len(self._first_parts())]
        self._pay_part(one, 0)
        self.turn_the_day()
        self.office.done["pay_first_part"] += 1

    @rule(often=SELDOM, when=lambda self: self._agreeable(), which=PICK)
    def miss_a_part_and_have_paid_it(self, which: int) -> None:
        """An arrangement defaults, and then it turns out that the part was paid on its day."""
        before, debt = set(self.agreed), self._agreeable()[which % len(self._agreeable())]
        self.agree(place_of(self.books.debts, debt), False, [0, 10])
        made = [one for one in self.agreed.values() if one.id not in before]
        if not made or len(made[0].parts) == 1:
            return
        self.later(GRACE + 1)
        self.turn_the_day()
        if made[0].state == "defaulted":
            self._pay_part(made[0], GRACE + 1)
            self.counted("miss_a_part_and_have_paid_it", "defaulted to active", self.turn_the_day)

    def _pay_part(self, one: Agreed, back: int) -> None:
        self.pay_item(place_of(self.books.debts, one.items[0]), one.parts[0][1], one.parts[0][1], back, False)

    def _first_parts(self) -> list[Agreed]:
        """Of one item and several parts, arrangements of which the first part is waited for."""
        return [one for one in self.agreed.values() if one.state == "active" and len(one.items) == 1 < len(one.parts)
                and one.misses_on == self._missed(one.parts[0]) and self.is_open < self.today < one.misses_on
                and one.parts[0][1] < self.books.undisputed(one.items[0])]

    def _agreeable(self) -> list[str]:
        """Debts of which nothing is agreed or disputed, while no books of these days are closed."""
        return [one.item for one in self.books.debts.values() if self.today > self.is_open
                and self.books.undisputed(one.item) == self.books.balance(one.item) > 1
                and not self._arranged(one.item)]


class SeldomSteps(MissedPartSteps, CreditSteps, LossSteps, ChargeSteps):
    """Each is made of the plain steps, and counted when what it is for came about."""

    @rule(often=SELDOM, when=lambda self: self._paid_back(), which=PICK)
    def return_refunded(self, which: int) -> None:
        """The bank takes money back of which a part was refunded."""
        found = self._paid_back()
        self.counted("return_refunded", "reclaim", lambda: self.reverse(
            place_of(self.books.moneys, found[which % len(found)]), "returned"))

    @rule(often=SELDOM, when=lambda self: self._given_up_whole(), which=PICK)
    def find_and_lose_again(self, which: int) -> None:
        """A debt is written off, paid after all, and the allocation of that undone."""
        found = self._given_up_whole()
        self.give_up(place_of(self.books.debts, found[which % len(found)]), 1, True)
        loss = next(reversed(self.books.lost))
        self.write_off(place_of({one.id: one for one in self.books.lost.values() if not one.on}, loss))
        able = {one.id: one for one in self.books.lost.values() if one.on and one.rest}
        if loss in able:
            self.recover(place_of(able, loss), 0)
        paid = [share for share, behind in self.books.behind.items() if behind.id == loss]
        if paid:
            self.counted("find_and_lose_again", "lost_again", lambda: self.undo(
                place_of(self.books.shares, paid[0]), "reassigned"))

    @rule(often=SELDOM, when=lambda self: self._early(), which=PICK)
    def credit_early_paid(self, which: int) -> None:
        """Half of an invoice is credited that was paid early, less its discount."""
        debt = self._early()[which % len(self._early())]
        self.pay_item(place_of(self.books.debts, debt.item), 1, 1, 0, True)
        self.counted("credit_early_paid", "discount_back", lambda: self.credit(
            place_of(self.books.invoiced, debt.item), max(debt.minor // 2, 1)))

    @rule(often=SELDOM, when=lambda self: self._bears(), which=PICK)
    def pay_in_time_after_all(self, which: int) -> None:
        """Interest is charged on what was paid the day after it was due, as it turns out."""
        debt = self._bears()[which % len(self._bears())]
        self.interest()
        self.pay_item(place_of(self.books.debts, debt.item), 1, 1, (self.today - debt.due_on).days - 1, True)
        self.counted("pay_in_time_after_all", "waive_again", self.interest)

    @rule(often=SELDOM, when=lambda self: self._paid_fees(), which=PICK)
    def waive_paid_fee(self, which: int) -> None:
        """A fee is let go that was paid."""
        fees = self.charged_on(kind="fee")
        item = self._paid_fees()[which % len(self._paid_fees())]
        whole = fees[item].minor
        self.counted("waive_paid_fee", "give_back", lambda: self.waive_fee(place_of(fees, item), whole, False))

    def _paid_back(self) -> list[str]:
        """Payments of which something was refunded, and is not claimed back."""
        refunded = {credit for refund, (credit, _) in self.books.refunds.items() if refund not in self.books.reclaimed}
        return [one for one in self.books.moneys if one in refunded and self.books.moneys[one].kind == "payments"
                and self.today > self.is_open]

    def _given_up_whole(self) -> list[str]:
        """Debts of which all that is left may be written off."""
        return [one.item for one in self.books.debts.values() if self.books.undisputed(one.item) and not self._noted(
            one.item) and self.today > self.is_open]

    def _early(self) -> list[Debt]:
        """Invoices of which nothing was paid or lost, with a discount for money of today."""
        return [one for one in self.books.invoiced.values() if self.books.balance(one.item) == one.minor
                and self.books.let_off(one, self.today) and not self.books.is_contested(one.item)
                and self.today > self.is_open]

    def _bears(self) -> list[Debt]:
        """Invoices that are overdue, of which nothing was paid."""
        return [one for one in self.books.invoiced.values() if self.books.undisputed(one.item) == one.minor
                and one.minor * ((self.today - one.due_on).days - 1) > BEARING
                and one.due_on + timedelta(days=1) > self.is_open]

    def _paid_fees(self) -> list[str]:
        """Fees that were paid as a whole."""
        live = {share.item for share in self.books.live()}
        return [item for item in self.charged_on(kind="fee") if item in live and not self.books.balance(item)
                and self.today > self.is_open]
