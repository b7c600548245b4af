"""Credits: money or value received, of any kind. What is not allocated of one is the customer's unapplied credit."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Self
from uuid import UUID

from billing_svc.domain.ledger import Entry
from dunlin_kernel.frozen import replace
from dunlin_kernel.money import Money


class CreditKind(StrEnum):
    PAYMENT = "payment"
    CREDIT_NOTE = "credit_note"
    EXCHANGE = "exchange"


@dataclass(frozen=True, slots=True)
class Credit:
    """What the ledger knows of a credit. `business_on` is its value date, whatever day the books gave it; `raised_on`
    is the last effective day on which `unapplied` rose, `kept_for` the deposit request for whose order it is kept."""

    id: UUID
    customer_id: UUID
    amount: Money
    unapplied: Money
    business_on: date
    effective_on: date
    raised_on: date
    version: int
    kind: CreditKind
    kept_for: UUID | None = None

    def after(self, entry: Entry, effective_on: date) -> Self:
        """The credit right after this entry."""
        moved = replace(
            self, unapplied=self.unapplied + entry.amount, version=self.version + 1,
            raised_on=max(self.raised_on, effective_on) if entry.amount.is_positive else self.raised_on)
        assert not moved.unapplied.is_negative, "never more used than was received"
        assert moved.unapplied <= self.amount, "never more given back than was used"
        return moved
