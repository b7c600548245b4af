"""Items: one amount owed by one customer on one due date, and how an entry moves what is open of it."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from billing_svc.domain.ledger import Entry
from dunlin_kernel.money import Money


class ItemKind(StrEnum):
    INVOICE = "invoice"


@dataclass(frozen=True, slots=True)
class Item:
    """`raised_on` is the last effective day on which `open` rose; from then on it has only fallen."""

    id: UUID
    invoice_id: UUID
    number: str
    customer_id: UUID
    amount: Money
    open: Money
    disputed: Money
    effective_on: date
    raised_on: date
    due_on: date
    due_version: int

    @property
    def is_settled(self) -> bool:
        return self.open.is_zero

    def after(self, entry: Entry, effective_on: date) -> "Item":
        """The item right after this entry."""
        moved = replace(
            self, open=self.open + entry.amount,
            raised_on=max(self.raised_on, effective_on) if entry.amount.is_positive else self.raised_on)
        assert not moved.open.is_negative, "never paid beyond what is owed"
        assert moved.open <= self.amount, "never open beyond what was owed"
        return moved
