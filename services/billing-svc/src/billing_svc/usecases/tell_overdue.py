"""Tell which items have fallen overdue, a slice at a time, each once per version of its due date."""

from datetime import date

from billing_svc.domain.overdue import Untold, to_tell
from billing_svc.store import account_turns, overdue
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import InvoiceOverdue
from dunlin_kit.transaction import Transaction


async def tell_overdue(tx: Transaction, today: date, most: int = 100) -> bool:
    """Tell of up to `most` items, of accounts that nobody else holds; True when there may be more."""
    found = await overdue.fallen(tx, today, most)
    if not found:
        return False
    held = set(await account_turns.hold_free(tx, set(found.values())))
    mine = [item_id for item_id, account in found.items() if account in held]
    fallen = [item for item in await overdue.again(tx, mine) if to_tell(item, today)]
    overdue.told(tx, fallen)
    tx.emit(*(_told(item) for item in fallen))
    return len(found) == most or len(mine) < len(found)


def _told(item: Untold) -> InvoiceOverdue:
    return InvoiceOverdue(
        customer_id=item.customer_id, invoice_id=item.invoice_id, item_id=item.item_id, number=item.number,
        due_on=item.due_on, due_version=item.due_version, open=Amount.of(item.open))
