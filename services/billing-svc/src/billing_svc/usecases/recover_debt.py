"""Recover a debt that was written off: what came in is owed again, and settled by it; the rest stays written off."""

from dataclasses import replace
from uuid import UUID

from billing_svc.domain.allocation import Part, allocate_explicitly
from billing_svc.domain.deposit_request import check_not_kept
from billing_svc.domain.write_off import (
    Recovery,
    RecoveryReversal,
    WriteOff,
    fact_of_recovery,
    fact_of_recovery_reversal,
    recoverable,
    recovery_of,
)
from billing_svc.store import customer_credits, deposits, items, losses, write_offs
from billing_svc.usecases.allocate_credit import AllocationDay, allocate_credit
from billing_svc.usecases.move_of import move_of
from billing_svc.usecases.posting import Posting, open_posting
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import Origin
from dunlin_events.contracts.billing_write_offs import DebtRecovered, RecoveryReversed
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

REASON = "recovery"


async def recover_debt(tx: Transaction, write_off_id: UUID, credit_id: UUID, amount: Money | None) -> WriteOff:
    """Use what a credit of the same customer has left; `amount` None means as much of it as there is.

    Refuses: write_off_not_found, credit_not_found, credit_kept_for_order, credit_of_another, period_locked, and what
    `recoverable` refuses.
    """
    named = (await write_offs.by_id(tx, [write_off_id]))[write_off_id]
    credit = (await customer_credits.named(tx, [credit_id]))[credit_id]
    if (credit.customer_id, credit.amount.currency) != (named.customer_id, named.amount.currency):
        raise RuleBroken("credit_of_another", "A debt is recovered by a credit of its own customer and currency.")
    posting = await open_posting(tx, [(named.customer_id, named.amount.currency)])
    posting.credits |= await customer_credits.named(tx, [credit_id])
    check_not_kept([credit_id], await deposits.kept(tx, [credit_id]))
    held = (await write_offs.by_id(tx, [write_off_id]))[write_off_id]
    wanted = recoverable(held, posting.credits[credit_id].unapplied, amount)
    posting.items |= await items.by_id(tx, [held.item_id])
    day = posting.books.open_on(posting.tenant.today)
    recovery = recovery_of(held, wanted, new_id(), credit_id, day)
    after = enter_recovery(posting, held, recovery)
    part = allocate_explicitly(
        posting.credits[credit_id].unapplied, [Part(held.item_id, wanted)], posting.items)
    (made,) = await allocate_credit(
        posting, posting.credits[credit_id], part, AllocationDay(None, day), reason=REASON, origin=Origin.LIVE)
    losses.add(tx, made.id, recovery)
    posting.save()
    return after


def enter_recovery(posting: Posting, held: WriteOff, recovery: Recovery) -> WriteOff:
    """The write-off after it; its item, which must be in the posting, owes so much again."""
    figures = posting.post(fact_of_recovery(held, recovery))
    item = posting.items[held.item_id] = posting.items[held.item_id].losing(-recovery.amount)
    after = replace(held, recovered=held.recovered + recovery.amount)
    write_offs.recover(posting.tx, after, recovery, recorded_at=posting.tenant.now)
    posting.tx.emit(DebtRecovered(
        customer_id=held.customer_id, origin=Origin.LIVE, account=figures, write_off_id=held.id,
        recovery_id=recovery.id, credit_id=recovery.credit_id, invoice_id=item.invoice_id, number=item.number,
        amount=Amount.of(recovery.amount), tax=Amount.of(recovery.tax), effective_on=recovery.effective_on,
        items=[move_of(item, recovery.amount)]))
    return after


def enter_recovery_reversal(posting: Posting, after: WriteOff, reversal: RecoveryReversal) -> None:
    """`after` is the write-off as it then stands; its item must be in the posting."""
    figures = posting.post(fact_of_recovery_reversal(after, reversal))
    item = posting.items[after.item_id] = posting.items[after.item_id].losing(reversal.amount)
    write_offs.undo_recovery(posting.tx, after, reversal, recorded_at=posting.tenant.now)
    posting.tx.emit(RecoveryReversed(
        customer_id=after.customer_id, origin=Origin.LIVE, account=figures, write_off_id=after.id,
        recovery_id=reversal.recovery_id, reversal_id=reversal.id, invoice_id=item.invoice_id, number=item.number,
        amount=Amount.of(reversal.amount), tax=Amount.of(reversal.tax), effective_on=reversal.effective_on,
        items=[move_of(item, -reversal.amount)]))
