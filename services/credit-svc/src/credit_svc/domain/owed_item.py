"""What a customer owes item by item, as billing tells of it: the oldest that is overdue, and how much is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Self
from uuid import UUID

from dunlin_kernel.calendar import days_between
from dunlin_kernel.frozen import replace
from dunlin_kernel.money import Money


@dataclass(frozen=True, slots=True)
class OwedItem:
    """One amount owed on a due date, the arranged one where there is one; `disputed` is a part of `open`."""

    id: UUID
    due_on: date
    open: Money
    disputed: Money

    @property
    def undisputed(self) -> Money:
        return self.open - self.disputed

    def owing(self, opened: Money, disputed: Money | None = None) -> Self:
        """As it stands after a fact; what the fact does not say of the dispute stays, as far as it is open."""
        return replace(self, open=opened, disputed=min(self.disputed, opened) if disputed is None else disputed)


@dataclass(frozen=True, slots=True)
class Overdue:
    """What is undisputed and past due by more than the grace in one currency: since when, and how much."""

    oldest_due_on: date
    amount: Money

    def days(self, today: date) -> int:
        return days_between(self.oldest_due_on, today)

    def with_more(self, other: "Overdue") -> "Overdue":
        return Overdue(min(self.oldest_due_on, other.oldest_due_on), self.amount + other.amount)


def overdue_of(
    items: Iterable[OwedItem], rest: Mapping[str, Overdue], *, today: date, grace_days: int,
) -> Mapping[str, Overdue]:
    """By currency, these items and the `rest` that is already summed; an item in its grace days is not in it."""
    found = dict(rest)
    for item in items:
        if item.undisputed.is_positive and days_between(item.due_on, today) > grace_days:
            one, currency = Overdue(item.due_on, item.undisputed), item.open.currency
            found[currency] = found[currency].with_more(one) if currency in found else one
    return found
