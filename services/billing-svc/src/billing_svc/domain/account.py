"""A customer's account in one currency: two controls that are never netted, and how a fact moves them."""

from dataclasses import dataclass, replace
from uuid import UUID

from billing_svc.domain.ledger import Fact, LedgerSide
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import MAX_MINOR, Money, sum_money


@dataclass(frozen=True, slots=True)
class Account:
    """`open` is what is owed, `disputed` the part of it in dispute, `unapplied` credit not used yet; `entries` counts
    the ledger entries written so far."""

    customer_id: UUID
    open: Money
    disputed: Money
    unapplied: Money
    entries: int
    version: int

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

    def after(self, fact: Fact) -> "Account":
        """The account right after this fact. Refuses: amount_too_large."""
        assert (fact.customer_id, fact.currency) == (self.customer_id, self.currency), "a fact of this account"
        moved = replace(
            self, open=self.open + _sum(fact, LedgerSide.RECEIVABLE),
            unapplied=self.unapplied + _sum(fact, LedgerSide.CREDIT),
            entries=self.entries + len(fact.entries), version=self.version + 1)
        if max(moved.open.minor, moved.unapplied.minor) > MAX_MINOR:
            raise RuleBroken("amount_too_large", "An account holds at most as much as one amount can say.")
        assert moved.open >= moved.disputed, "what is owed covers what is disputed"
        assert not moved.unapplied.is_negative, "no credit is used twice"
        return moved


def _sum(fact: Fact, side: LedgerSide) -> Money:
    return sum_money(fact.currency, (entry.amount for entry in fact.entries if entry.side is side))
