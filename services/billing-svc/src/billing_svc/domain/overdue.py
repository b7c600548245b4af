"""Overdue: computed from dates, never stored; told once per item and version of its due date."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from billing_svc.domain.ledger import Origin
from dunlin_kernel.money import Money


@dataclass(frozen=True, slots=True)
class Untold:
    """An item that may have to be told of as overdue: `told_version` is the due-date version told last, 0 for none."""

    item_id: UUID
    invoice_id: UUID | None
    customer_id: UUID
    number: str
    open: Money
    due_on: date
    due_version: int
    told_version: int


def is_overdue(opened: Money, due_on: date, today: date) -> bool:
    """Something is open on the day after the due date, or later."""
    return opened.is_positive and due_on < today


def told_before(origin: Origin, due_on: date, due_version: int, today: date) -> int:
    """The due-date version that counts as told of when an item is made: one taken over past due is not told again."""
    return due_version if origin is Origin.IMPORT and due_on < today else 0


def to_tell(item: Untold, today: date) -> bool:
    """Whether this item falls to be told of at the turn to `today`."""
    return is_overdue(item.open, item.due_on, today) and item.told_version < item.due_version
