"""Charging interest: what is due to a day less what was charged before. What was too much is waived again, the open
part first; what was paid of it is the customer's credit again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from billing_svc.domain.allocation import Allocation
from billing_svc.domain.interest import Segment
from billing_svc.domain.item import Item
from billing_svc.domain.journal import JournalAccount, journal_of_charge, reversed_journal
from billing_svc.domain.ledger import Entry, Fact, FactKind, LedgerSide
from dunlin_kernel.money import Money, sum_money


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
    def is_nothing(self) -> bool:
        """Nothing was late, and nothing was charged for it."""
        return not self.segments and self.charged.is_zero

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


@dataclass(frozen=True, slots=True)
class GivenBack:
    """An allocation that is undone because of what it paid so much was not due; the rest of it is paid again."""

    allocation: Allocation
    amount: Money

    @property
    def paid_again(self) -> Money:
        return self.allocation.amount - self.amount


def waived_of(
    items: Sequence[Item], too_much: Money, paid: Mapping[UUID, Sequence[Allocation]],
) -> tuple[tuple[Item, Money, tuple[GivenBack, ...]], ...]:
    """What of the interest on a claim is waived, and what of its allocations (`paid`, by item) is given back for that.

    The latest interest first: what is open and undisputed of all, then what was paid.
    """
    latest, left = sorted(items, key=lambda one: (one.effective_on, one.id), reverse=True), too_much
    opened, back = dict[UUID, Money](), dict[UUID, tuple[GivenBack, ...]]()
    for item in latest:
        opened[item.id] = min(left, item.undisputed)
        left -= opened[item.id]
    for item in latest:
        back[item.id] = given_back_of(paid.get(item.id, ()), left)
        left -= sum_money(left.currency, (one.amount for one in back[item.id]))
    waived = ((item, opened[item.id] + sum_money(left.currency, (one.amount for one in back[item.id])), back[item.id])
              for item in latest)
    return tuple(one for one in waived if one[1].is_positive)


def given_back_of(paid: Sequence[Allocation], too_much: Money) -> tuple[GivenBack, ...]:
    """Of what was paid the last allocations first, as far as that goes."""
    left, back = too_much, []
    for one in sorted(paid, key=lambda one: one.id, reverse=True):
        part = min(left, one.amount)
        if part.is_positive:
            back.append(GivenBack(one, part))
            left -= part
    return tuple(back)


def fact_of_interest_waiver(waiver: InterestWaiver) -> Fact:
    """It is not owed any more, nor was it earned."""
    return Fact(
        FactKind.INTEREST_WAIVED, waiver.id, waiver.customer_id, waiver.amount.currency, waiver.effective_on,
        (Entry(LedgerSide.RECEIVABLE, waiver.item_id, -waiver.amount),),
        reversed_journal(journal_of_charge(JournalAccount.INTEREST, waiver.amount)))
