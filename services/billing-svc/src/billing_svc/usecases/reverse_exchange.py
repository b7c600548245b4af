"""Undo an exchange of credit: its allocation first, then both its sides; the payment has again what it gave."""

from datetime import date
from uuid import UUID

from billing_svc.domain.credit_exchange import (
    ExchangeReversal,
    ExchangeUndoReason,
    facts_of_exchange_reversal,
    standing_exchange,
)
from billing_svc.domain.reversal import Undoing, undo_credit
from billing_svc.store import allocations, credit_exchanges, customer_credits, items, payments
from billing_svc.usecases.held_losses import HeldLosses
from billing_svc.usecases.posting import Posting, open_posting
from billing_svc.usecases.reverse_allocation import enter_reversal
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import Origin
from dunlin_events.contracts.billing_credit_exchanges import CreditExchangeReversed
from dunlin_kernel.ids import new_id
from dunlin_kit.transaction import Transaction


async def reverse_exchange(
    tx: Transaction, exchange_id: UUID, reason: ExchangeUndoReason, effective_on: date | None,
) -> ExchangeReversal:
    """Without a day: today when reassigned, the exchange's own for a correction.

    Refuses: exchange_not_found, exchange_reversed, effective_too_early, effective_in_future, period_locked.
    """
    exchange = await credit_exchanges.by_id(tx, exchange_id)
    posting = await open_posting(tx, [
        (exchange.customer_id, exchange.given.currency), (exchange.customer_id, exchange.taken.currency)])
    standing_exchange(exchange, await credit_exchanges.undone_of(tx, [exchange_id]))
    posting.credits |= await payments.by_id(tx, [exchange.payment_id])
    posting.credits |= await customer_credits.by_id(tx, [exchange_id])
    live = await allocations.live_of(tx, [exchange_id])
    posting.items |= await items.by_id(tx, {one.item_id for one in live})
    await posting.remember_steps([exchange_id])
    await posting.carrying.remember(tx, [*(one.id for one in live), exchange.id, exchange.leg_id])
    held = HeldLosses(posting)
    await held.remember(live)
    undone = undo_credit(
        Undoing(posting.credits[exchange_id], live, posting.steps_of(exchange_id) or [], posting.books), new_id,
        wanted=effective_on, correction=reason is ExchangeUndoReason.RECORDED_IN_ERROR)
    for one in undone.allocations:
        enter_reversal(posting, one, reason.value)
        held.after(one)
    reversal = ExchangeReversal(undone.credit.id, new_id(), exchange, undone.credit.effective_on)
    _enter(posting, reversal, reason)
    posting.save()
    credit_exchanges.add_reversal(tx, reversal, reason=reason.value, recorded_at=posting.tenant.now)
    return reversal


def _enter(posting: Posting, reversal: ExchangeReversal, reason: ExchangeUndoReason) -> None:
    for fact in facts_of_exchange_reversal(reversal):
        figures, entry = posting.post(fact), fact.entries[0]
        posting.tx.emit(CreditExchangeReversed(
            customer_id=fact.customer_id, origin=Origin.LIVE, account=figures, exchange_id=reversal.exchange.id,
            credit_id=entry.ref_id, amount=Amount.of(entry.amount), effective_on=reversal.effective_on,
            reason=reason.value))
