"""Steps with what is not owed any more though nobody paid it: small differences, write-offs, and what comes of them."""

from datetime import date

from books_machine import BooksMachine, one_of
from books_office import TOLERANCE, amount, minor_of, payment
from naive_books import Debt, Loss, Money, Share
from stepping import AMOUNTS, EITHER, PICK, rule

CHIEF = "chief"


class LossSteps(BooksMachine):
    """Losses, and the credit notes and undone shares that find them."""

    @rule(when=lambda self: self.books.debts, which=PICK, smallest=EITHER)
    def close(self, which: int, smallest: bool) -> None:
        small = {debt.item: debt for debt in self.books.debts.values() if 0 < self._open(debt) <= TOLERANCE}
        debt = one_of(small if smallest and small else self.books.debts, which)
        owed = self._open(debt)
        said = self.company.post("/differences", {"item_id": debt.item, "reason": "rounding"})
        if said.status_code != 201:
            assert (not 0 < owed <= TOLERANCE or self.books.disputed(debt.item) or self._noted(debt.item)
                    or self.today <= self.is_open), said.text
            self.refused("close", said, "nothing_open", "above_tolerance", "item_disputed", "credit_note_unapplied",
                         "period_locked")
            return
        assert not self._noted(debt.item), "a credit that nobody paid"
        made = said.json()
        assert minor_of(made["amount"]) == owed
        self.books.closed[made["id"]] = Loss(made["id"], debt.item, owed, date.fromisoformat(made["effective_on"]))
        self._moved("close", debt.item, -owed, made["effective_on"])

    @rule(when=lambda self: self.books.closed, which=PICK)
    def open_again(self, which: int) -> None:
        loss = one_of(self.books.closed, which)
        said = self.company.post(f"/differences/{loss.id}:reverse", {})
        if said.status_code not in (200, 201):
            assert not loss.rest or self.today <= self.is_open, said.text
            self.refused("open_again", said, "difference_reversed", "period_locked")
            return
        self._moved("open_again", loss.item, loss.rest, self.today.isoformat())
        loss.rest = 0

    @rule(when=lambda self: self.books.debts, which=PICK, minor=AMOUNTS, whole=EITHER)
    def give_up(self, which: int, minor: int, whole: bool) -> None:
        debt = one_of(self.books.debts, which)
        left = self._open(debt) - self.books.disputed(debt.item)
        part = {} if whole else {"amount": amount(minor, debt.currency)}
        said = self.company.post("/write-offs", {"item_id": debt.item, "reason": "uneconomical", **part})
        minor = left if whole else minor
        if said.status_code != 201:
            assert minor > left or not left or self._noted(debt.item), said.text
            self.refused("give_up", said, "nothing_open", "more_than_undisputed", "amount_not_positive",
                         "credit_note_unapplied")
            return
        assert not self._noted(debt.item), "a credit that nobody paid"
        made = said.json()
        assert minor_of(made["amount"]) == minor <= left
        self.books.lost[made["id"]] = Loss(made["id"], debt.item, minor)
        self.office.done["give_up"] += 1

    @rule(often=3, when=lambda self: self.books.lost, which=PICK)
    def write_off(self, which: int) -> None:
        loss = one_of({one.id: one for one in self.books.lost.values() if not one.on} or self.books.lost, which)
        debt = self.books.debts[loss.item]
        left = self._open(debt) - self.books.disputed(loss.item)
        said = self.company.post(f"/write-offs/{loss.id}:approve", {}, by=CHIEF)
        if said.status_code != 200:
            assert loss.on or loss.rest > left or self._noted(loss.item) or self.today <= self.is_open, said.text
            self.refused("write_off", said, "illegal_transition", "nothing_open", "more_than_undisputed",
                         "credit_note_unapplied", "period_locked")
            return
        assert not self._noted(loss.item), "a credit that nobody paid"
        loss.on = date.fromisoformat(said.json()["effective_on"])
        self._moved("write_off", loss.item, -loss.rest, said.json()["effective_on"])

    @rule(often=4, when=lambda self: self.books.lost and self.books.moneys, which=PICK, of=PICK)
    def recover(self, which: int, of: int) -> None:
        able = {one.id: one for one in self.books.lost.values() if one.on and one.rest}
        loss = one_of(able or self.books.lost, which)
        if able and not self._credits_for(loss) and self.today > self.is_open:
            self._pays_at_last(loss)
        account = self.books.account(loss.item)
        money = one_of(self._credits_for(loss) or self.books.moneys, of)
        if money.kind == "exchanges":
            return
        minor = min(loss.rest, self.books.balance(money.credit)) if loss.on else 0
        said = self.company.post(f"/write-offs/{loss.id}:recover", {"credit_id": money.credit})
        if said.status_code != 200:
            assert not minor or self.books.account(money.credit) != account, said.text
            self.refused("recover", said, "not_written_off", "credit_of_another", "amount_not_positive")
            return
        self._moved("recover", loss.item, minor, self.today.isoformat())
        loss.rest -= minor
        made = self.company.get(f"/{money.kind}/{money.credit}")
        self.shared("recover: share", made, {loss.item: (minor, 0)})
        self.books.behind[next(reversed(self.books.shares))] = loss

    @rule(when=lambda self: self.books.lost, which=PICK)
    def take_back(self, which: int) -> None:
        loss = one_of({one.id: one for one in self.books.lost.values() if one.on} or self.books.lost, which)
        said = self.company.post(f"/write-offs/{loss.id}:reverse", {"reason": "debt_is_good"}, by=CHIEF)
        if said.status_code != 200:
            assert not loss.on or not loss.rest, said.text
            self.refused("take_back", said, "illegal_transition", "not_written_off")
            return
        self._moved("take_back", loss.item, loss.rest, self.today.isoformat())
        loss.rest, loss.taken_back = 0, True

    def losses_paid(self, item: str, left: int) -> list[tuple[Loss, int]]:
        found = []
        for loss in (*self.books.closed.values(), *(one for one in self.books.lost.values() if one.on)):
            paid = min(left, loss.rest)
            if loss.item == item and paid:
                found.append((loss, paid))
                left -= paid
        return found

    def loss_paid(self, loss: Loss, share: Share) -> None:
        """A small difference is owed again as a whole, and closed again as far as it is not paid."""
        small = loss.id in self.books.closed
        again = loss.rest if small else share.minor
        self._moved("loss_credited", loss.item, again, self.today.isoformat())
        self.share("credit: share", share)
        self.books.behind[share.id] = loss
        loss.rest -= again
        if again > share.minor:
            self._closed_anew(loss.item, again - share.minor, share.on)

    def undone(self, share: Share, on: date) -> None:
        """What it had paid of a loss is lost again; a small difference goes with what it was left of."""
        loss, item = self.books.behind.pop(share.id, None), share.item
        if loss and loss.id in self.books.closed and self.books.balance(item) == share.minor:
            self._closed_anew(item, share.minor, on)
        elif loss and loss.id in self.books.lost and not loss.taken_back:
            self._moved("lost_again", item, -share.minor, on.isoformat())
            loss.rest += share.minor
        if self.books.balance(item):
            for one in self.books.closed.values():
                if one.item == item and one.rest and one.on:
                    self._moved("opened_with_it", item, one.rest, max(on, one.on).isoformat())
                    one.rest = 0

    def _closed_anew(self, item: str, minor: int, on: date) -> None:
        listed = self.company.get(f"/differences?item_id={item}&limit=200")["data"]
        made = min((one for one in listed if one["id"] not in self.books.closed), key=lambda one: str(one["id"]))
        assert (minor_of(made["amount"]), made["effective_on"]) == (minor, on.isoformat())
        self.books.closed[made["id"]] = Loss(made["id"], item, minor, on)
        self._moved("closed_anew", item, -minor, on.isoformat())

    def _pays_at_last(self, loss: Loss) -> None:
        """So much more than was lost, that nothing was said of."""
        (customer, currency), minor = self.books.account(loss.item), loss.rest + 1
        said = self.company.post("/payments", payment(
            customer, amount(minor, currency), self.today, allocation="none"))
        self.paid("pay", said, Money("", customer, currency, minor, self.today, self.today), {})

    def _credits_for(self, loss: Loss) -> dict[str, Money]:
        """What is left of payments and credit notes in the account of what was lost."""
        account = self.books.account(loss.item)
        return {one.credit: one for one in self.books.moneys.values()
                if one.kind != "exchanges" and self.books.account(one.credit) == account
                and self.books.balance(one.credit)}

    def _noted(self, item: str) -> int:
        """What is left of the credit notes on its invoice."""
        return sum(self.books.balance(note) for note, credited in self.books.notes.items() if credited == item)

    def _open(self, debt: Debt) -> int:
        return self.books.balance(debt.item)

    def _moved(self, step: str, item: str, minor: int, on: str) -> None:
        self.moved(step, self.move(item, minor, on))
