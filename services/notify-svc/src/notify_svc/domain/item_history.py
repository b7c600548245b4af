"""What happened to an item and when it was told: the ground on which promises are judged and ladders tried out."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from dunlin_kernel.money import Money
from notify_svc.domain.item import DunnedItem

LOST = frozenset({"DebtWrittenOff", "RecoveryReversed", "InvoiceVoided"})
"""Facts after which nothing is open, and nothing was settled."""


@dataclass(frozen=True, slots=True)
class ItemMoved:
    """One fact about one item: `amount` is signed, what is open and disputed stands as it is right after it.

    `sequence` is its place in billing's stream of the customer. `cash`: money of the customer's own was set against the
    item, of worth from `business_on` on, by the allocation `allocation_id`; a reversal names the allocation it undoes.
    """

    event_id: UUID
    customer_id: UUID
    sequence: int
    recorded_at: datetime
    fact: str
    item_id: UUID
    amount: Money
    open_after: Money
    disputed_after: Money
    cash: bool = False
    allocation_id: UUID | None = None
    business_on: date | None = None


@dataclass(frozen=True, slots=True)
class ItemDated:
    """A due date that stood for an item from `recorded_at` on; None: from its issue on."""

    item_id: UUID
    customer_id: UUID
    due_version: int
    due_on: date
    recorded_at: datetime | None


def dates_of(before: DunnedItem, after: DunnedItem, recorded_at: datetime) -> tuple[ItemDated, ...]:
    """What a fact adds to the due dates that stood: the new one, and, the first time, the one before it."""
    if after.due_version == before.due_version:
        return ()
    first = () if before.due_version > 1 else (
        ItemDated(before.id, before.customer_id, before.due_version, before.due_on, None),)
    return (*first, ItemDated(after.id, after.customer_id, after.due_version, after.due_on, recorded_at))


@dataclass(frozen=True, slots=True)
class PaymentMoved:
    """A payment came, or turned out not to have come: then `amount` is negative, `received_on` none, and `reason` why.

    `unmatched`: so many references of its payer named nothing that was open.
    """

    event_id: UUID
    customer_id: UUID
    sequence: int
    recorded_at: datetime
    payment_id: UUID
    amount: Money
    received_on: date | None
    reason: str | None = None
    unmatched: int = 0
