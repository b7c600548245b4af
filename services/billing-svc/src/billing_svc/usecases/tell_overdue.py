"""Tell which items have fallen overdue, a slice at a time, each once per version of its due date."""

from datetime import date

from billing_svc.domain.overdue import Untold, to_tell
from billing_svc.store import accounts, overdue
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import InvoiceOverdue
from dunlin_kit.transaction import Transaction

SLICE = 500


async def tell_overdue(tx: Transaction, today: date) -> bool:
    """Tell of up to a slice of items; True when there may be more."""
    found = await overdue.fallen(tx, today, SLICE)
    if not found:
        return False
    await accounts.lock(tx, set(found.values()))
    fallen = [item for item in await overdue.again(tx, found) if to_tell(item, today)]
    overdue.told(tx, fallen)
    tx.emit(*(_told(item) for item in fallen))
    return len(found) == SLICE


def _told(item: Untold) -> InvoiceOverdue:
    return InvoiceOverdue(
        customer_id=item.customer_id, invoice_id=item.invoice_id, item_id=item.item_id, number=item.number,
        due_on=item.due_on, due_version=item.due_version, open=Amount.of(item.open))
