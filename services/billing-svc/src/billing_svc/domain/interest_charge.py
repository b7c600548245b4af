"""Charging interest: what is due to a day less what was charged before; what was too much is waived again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from billing_svc.domain.interest import Segment
from billing_svc.domain.item import Item
from billing_svc.domain.journal import JournalAccount, journal_of_charge, reversed_journal
from billing_svc.domain.ledger import Entry, Fact, FactKind, LedgerSide
from dunlin_kernel.money import Money


@dataclass(frozen=True, slots=True)
class Reckoning:
    """Interest on one item to a day: `total` by the segments, `charged` before, net of what was waived again."""

    item: Item
    to_on: date
    segments: tuple[Segment, ...]
    total: Money
    charged: Money
    rule: str

    @property
    def to_charge(self) -> Money:
        return max(self.total - self.charged, Money.zero(self.total.currency))

    @property
    def too_much(self) -> Money:
        return max(self.charged - self.total, Money.zero(self.total.currency))


@dataclass(frozen=True, slots=True)
class InterestWaiver:
    """The fact that so much of an interest item is not owed."""

    id: UUID
    item_id: UUID
    customer_id: UUID
    amount: Money
    reason: str
    effective_on: date


def waived_of(items: Sequence[Item], too_much: Money) -> tuple[tuple[Item, Money], ...]:
    """What of the open interest on a claim is waived: the latest first, no more than is open and undisputed of each."""
    left, waived = too_much, []
    for item in sorted(items, key=lambda one: (one.effective_on, one.id), reverse=True):
        part = min(left, item.undisputed)
        if part.is_positive:
            waived.append((item, part))
            left -= part
    return tuple(waived)


def fact_of_interest_waiver(waiver: InterestWaiver) -> Fact:
    """It is not owed any more, nor was it earned."""
    return Fact(
        FactKind.INTEREST_WAIVED, waiver.id, waiver.customer_id, waiver.amount.currency, waiver.effective_on,
        (Entry(LedgerSide.RECEIVABLE, waiver.item_id, -waiver.amount),),
        reversed_journal(journal_of_charge(JournalAccount.INTEREST, waiver.amount)))
