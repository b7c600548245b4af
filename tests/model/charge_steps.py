"""Steps with what is charged on debts: fees, and interest that is reckoned day by day; and what is let go of it."""

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from uuid import UUID

from books_machine import BooksMachine, one_of
from books_office import COMPENSATION, OWN, PERCENT, YEAR, amount, minor_of
from loss_steps import CHIEF
from naive_books import Debt, Share, Side
from stepping import AMOUNTS, EITHER, PICK, rule

from billing_svc.jobs.charge_interest import charge_interest
from billing_svc.store.allocations import live_of


@dataclass
class Reckoned:
    """What was charged on a debt so far, up to a day, when it had moved so often at a customer."""

    charged: int = 0
    to_on: date = date.min
    moves: int = 0
    customer: str = ""
    compensated: bool = False


class ChargeSteps(BooksMachine):
    """`reckoned`: what naive books know of interest on each debt."""

    def begin(self) -> None:
        super().begin()
        self.reckoned = dict[str, Reckoned]()

    @rule(who=PICK, minor=AMOUNTS, on=PICK)
    def fee(self, who: int, minor: int, on: int) -> None:
        customer = self.company.customer(who)
        theirs = {one.item: one for one in self.books.debts.values() if one.customer == customer}
        claim = one_of(theirs, on) if theirs else None
        said = self.company.post("/fees", {
            "customer_id": customer, "amount": amount(minor, self.company.customers[customer]), "reason": "reminder",
            "claim_item_id": claim.item if claim else None})
        assert said.status_code == 201, said.text
        made = said.json()
        self.owed("fee", Debt(
            made["id"], customer, made["amount"]["currency"], made["number"], minor, self.today, self.today, "fee",
            claim.item if claim else None))

    @rule(often=1, when=lambda self: self.books.debts)
    def interest(self) -> None:
        """A run to today charges each debt the difference to what was charged, and waives what was too much."""
        waits = [debt for debt in self.books.debts.values() if self._waits(debt)]
        said = self.company.post("/interest-runs", {})
        assert said.status_code == 202, said.text
        self.company.work(charge_interest=charge_interest)
        done = self.company.get(f"/operations/{said.json()['id']}")
        assert (done["status"], done["done"]) == ("succeeded", len(waits)), done
        expected = {}
        for debt in waits:
            held = self.reckoned.setdefault(debt.item, Reckoned())
            total = self._interest(debt)
            if total > held.charged:
                expected[debt.item, "interest"] = total - held.charged
                held.charged = total
            self._waive(debt, held, total)
            bore = any(self._bearing(debt, day) for day in self._days(debt))
            if bore and debt.currency == OWN and not held.compensated:
                expected[debt.item, "fee"] = COMPENSATION
                held.compensated = True
        fresh = [one for who in self.company.customers for one in self.charged("interest", who)]
        assert {(one.claim, one.kind): one.minor for one in fresh} == expected
        for debt in waits:
            self.reckoned[debt.item].to_on = self.today
            self.reckoned[debt.item].moves = len(self.books.of_ref[debt.item])
            self.reckoned[debt.item].customer = debt.customer

    @rule(when=lambda self: self.charged_on(), which=PICK, minor=AMOUNTS, whole=EITHER)
    def let_go(self, which: int, minor: int, whole: bool) -> None:
        debt = one_of(self.charged_on(), which)
        left, live = self.books.undisputed(debt.item), [one for one in self.books.live() if one.item == debt.item]
        paid = 0 if whole else sum(share.minor for share in live)
        minor = left if whole else minor % (left + paid + 2)
        part = {} if whole else {"amount": amount(minor, debt.currency)}
        said = self.company.post("/interest-waivers", {"item_id": debt.item, "reason": "goodwill", **part})
        if said.status_code != 201:
            assert not 0 < minor <= left + paid, said.text
            self.refused("let_go", said, "nothing_open", "more_than_undisputed", "amount_not_positive")
            return
        assert minor_of(said.json()["amount"]) == minor <= left + paid
        signed = self.company.post(f"/interest-waivers/{said.json()['id']}:approve", {}, by=CHIEF)
        assert signed.status_code == 200, signed.text
        self.moved("let_go", self.move(debt.item, -min(minor, left), self.today))
        self._undo_paid(live, minor - left)

    @rule(when=lambda self: self.charged_on(kind="fee"), which=PICK, minor=AMOUNTS, whole=EITHER)
    def waive_fee(self, which: int, minor: int, whole: bool) -> None:
        debt = one_of(self.charged_on(kind="fee"), which)
        left, live = self.books.undisputed(debt.item), [one for one in self.books.live() if one.item == debt.item]
        paid = 0 if whole else sum(share.minor for share in live)
        minor = left if whole else minor % (left + paid + 2)
        part = {} if whole else {"amount": amount(minor, debt.currency)}
        said = self.company.post("/fee-waivers", {"item_id": debt.item, "reason": "goodwill", **part})
        if said.status_code != 201:
            assert not 0 < minor <= left + paid or self.today <= self.is_open, said.text
            self.refused("waive_fee", said, "nothing_open", "more_than_undisputed", "amount_not_positive",
                         "period_locked")
            return
        assert minor_of(said.json()["amount"]) == minor <= left + paid
        self.moved("waive_fee", self.move(debt.item, -min(minor, left), self.today))
        self._undo_paid(live, minor - left)

    def charged_on(self, claim: str | None = None, kind: str = "interest") -> dict[str, Debt]:
        """The interest (or fees) on a debt, or on all."""
        return {item: one for item, one in self.books.debts.items()
                if one.kind == kind and claim in (None, one.claim)}

    def _waits(self, debt: Debt) -> bool:
        """It is past due, and was not reckoned to today yet, or has moved or gone to another customer since."""
        held = self.reckoned.get(debt.item)
        if debt.kind != "invoice" or debt.due_on >= self.today:
            return False
        return (held is None or held.customer != debt.customer or held.moves < len(self.books.of_ref[debt.item])
                or (self.books.balance(debt.item) > 0 and held.to_on < self.today))

    def _waive(self, debt: Debt, held: Reckoned, total: int) -> None:
        """What was too much is waived of the newest interest on a debt first, as far as that is open."""
        for one in sorted(self.charged_on(debt.item).values(), key=lambda one: (one.issued_on, one.item), reverse=True):
            part = min(held.charged - total, self.books.undisputed(one.item))
            if part > 0:
                self.moved("waive_again", self.move(one.item, -part, self.today))
                held.charged -= part
        if held.charged > total:
            self._give_back(debt, held, total)

    def _give_back(self, debt: Debt, held: Reckoned, total: int) -> None:
        """What was paid of it is unapplied again; the rest of the allocation is made anew."""
        for one in sorted(self.charged_on(debt.item).values(), key=lambda one: (one.issued_on, one.item), reverse=True):
            live = [share for share in self.books.live() if share.item == one.item]
            held.charged -= self._undo_paid(live, held.charged - total)

    def _undo_paid(self, live: list[Share], most: int) -> int:
        """So much of these shares, the last first; returns how much that was."""
        left = most
        for share in sorted(live, key=lambda share: share.id, reverse=True):
            part = min(left, share.minor)
            if part > 0:
                left -= part
                self.ended(share, self.today, correction=False)
                self.moved("give_back", self.move(share.item, -part, self.today))
                self._paid_again(share, share.minor - part)
        return most - left

    def _paid_again(self, was: Share, minor: int) -> None:
        found = self.office.run(self.office.billing.database.read(
            self.company.tenant, lambda tx: live_of(tx, [UUID(was.credit)])))
        fresh = [(str(one.id), one.amount.minor) for one in found
                 if str(one.item_id) == was.item and str(one.id) not in self.books.shares][:1 if minor else 0]
        assert [left for _, left in fresh] == ([minor] if minor else [])
        for share_id, left in fresh:
            self.share("give_back", Share(share_id, was.credit, was.item, left, self.today))

    def _bearing(self, debt: Debt, day: date) -> int:
        """What bore interest on a day."""
        moved = sum(move.minor for move in self.books.of_ref[debt.item]
                    if move.side is Side.MOVED and move.value <= day)
        silent = sum(dispute.minor + sum(minor for until, minor in dispute.accepted if day < until)
                     for dispute in self.books.disputes.values()
                     if dispute.item == debt.item and dispute.opened_on <= day)
        return max(debt.minor + moved - silent, 0)

    def _days(self, debt: Debt) -> list[date]:
        return [debt.due_on + timedelta(days=n) for n in range((self.today - debt.due_on).days)]

    def _interest(self, debt: Debt) -> int:
        """Day by day, rounded once, half away from zero."""
        total = Fraction(PERCENT * sum(self._bearing(debt, day) for day in self._days(debt)), 100 * YEAR)
        return int(total + Fraction(1, 2))
