"""A customer's account in one currency: two controls that are never netted, and how a fact moves them."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from billing_svc.domain.journal import RECEIVABLES, JournalAccount
from billing_svc.domain.kept_ageing import UNOWED, KeptAgeing
from billing_svc.domain.ledger import Fact
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.frozen import replace
from dunlin_kernel.money import MAX_MINOR, Money


@dataclass(frozen=True, slots=True)
class Account:
    """`open` is what is owed, `disputed` the part of it in dispute, `unapplied` credit not used yet; `entries` counts
    the ledger entries written so far.

    `base_open` and `base_unapplied` are both controls in the tenant's own currency, in minor units; None where the
    account is in that. `aged` is what is open by age: kept by items, where `open` is kept by the journal.
    """

    customer_id: UUID
    open: Money
    disputed: Money
    unapplied: Money
    entries: int
    version: int
    base_open: int | None = None
    base_unapplied: int | None = None
    aged: KeptAgeing = UNOWED

    @classmethod
    def empty(cls, customer_id: UUID, currency: str) -> "Account":
        zero = Money.zero(currency)
        return cls(customer_id, zero, zero, zero, 0, 0)

    @property
    def currency(self) -> str:
        return self.open.currency

    @property
    def net(self) -> Money:
        return self.open - self.unapplied

    def disputing(self, by: Money) -> "Account":
        """The account after so much more of it (or less, where negative) is disputed."""
        moved = replace(self, disputed=self.disputed + by, version=self.version + 1)
        assert not moved.disputed.is_negative, "what is disputed is never below zero"
        assert moved.open >= moved.disputed, "what is owed covers what is disputed"
        return moved

    def ageing(self, due_on: date, moved: tuple[int, int], today: date) -> "Account":
        """The account after what is open of an item went from one amount to another, in minor units."""
        return replace(self, aged=self.aged.moved(due_on, *moved, today))

    def after(self, fact: Fact) -> "Account":
        """The account right after this fact. Refuses: amount_too_large."""
        assert (fact.customer_id, fact.currency) == (self.customer_id, self.currency), "a fact of this account"
        owed, base_owed = _booked(fact, RECEIVABLES)
        credit, base_credit = _booked(fact, (JournalAccount.CUSTOMER_CREDIT,))
        moved = replace(
            self, open=Money(self.open.minor + owed, self.currency),
            unapplied=Money(self.unapplied.minor - credit, self.currency),
            entries=self.entries + len(fact.entries), version=self.version + 1)
        if any(line.base is not None for line in fact.journal):
            moved = replace(moved, base_open=(self.base_open or 0) + base_owed,
                            base_unapplied=(self.base_unapplied or 0) - base_credit)
        if max(moved.open.minor, moved.unapplied.minor) > MAX_MINOR:
            raise RuleBroken("amount_too_large", "An account holds at most as much as one amount can say.")
        assert moved.open >= moved.disputed, "what is owed covers what is disputed"
        assert not moved.unapplied.is_negative, "no credit is used twice"
        return moved


def _booked(fact: Fact, control: tuple[JournalAccount, ...]) -> tuple[int, int]:
    """What a fact books on the accounts of a control, in its own currency and in base currency, in minor units."""
    amount = base = 0
    for line in fact.journal:
        if line.account in control:
            amount += line.amount.minor
            base += line.base.minor if line.base is not None else 0
    return amount, base
