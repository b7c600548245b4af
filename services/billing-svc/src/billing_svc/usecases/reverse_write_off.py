"""Reverse a write-off: what was not recovered of it is owed again, under its old due date."""

from uuid import UUID

from billing_svc.domain.write_off import WriteOff, fact_of_write_off_reversal, reversal_of
from billing_svc.store import items, write_offs
from billing_svc.usecases.move_of import move_of
from billing_svc.usecases.posting import open_posting
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import Origin
from dunlin_events.contracts.billing_write_offs import WriteOffReversed
from dunlin_kernel.ids import new_id
from dunlin_kit.transaction import Transaction


async def reverse_write_off(tx: Transaction, write_off_id: UUID, reason: str) -> WriteOff:
    """From today on. Refuses: write_off_not_found, illegal_transition, not_written_off, period_locked."""
    named = (await write_offs.by_id(tx, [write_off_id]))[write_off_id]
    posting = await open_posting(tx, [(named.customer_id, named.amount.currency)])
    held = (await write_offs.by_id(tx, [write_off_id]))[write_off_id]
    posting.items |= await items.by_id(tx, [held.item_id])
    day = posting.books.open_on(posting.tenant.today)
    after, reversal = reversal_of(held, new_id(), day)
    figures = posting.post(fact_of_write_off_reversal(held, reversal))
    item = posting.items[held.item_id] = posting.items[held.item_id].losing(-reversal.amount)
    write_offs.reverse(tx, after, reversal, reason, recorded_at=posting.tenant.now)
    tx.emit(WriteOffReversed(
        customer_id=held.customer_id, origin=Origin.LIVE, account=figures, write_off_id=held.id,
        reversal_id=reversal.id, invoice_id=item.invoice_id, number=item.number, amount=Amount.of(reversal.amount),
        tax=Amount.of(reversal.tax), effective_on=day, reason=reason, items=[
            move_of(item, reversal.amount)]))
    posting.save()
    return after
