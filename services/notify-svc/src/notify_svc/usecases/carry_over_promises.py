"""Carry over what a customer promised to pay, once what it was for went on at another one."""

from uuid import UUID

from dunlin_events.contracts.notify_promises import PromiseEnd, PromiseMade, PromiseWithdrawn
from dunlin_kernel.calendar import days_after
from dunlin_kernel.clock import start_of_day
from dunlin_kernel.errors import NotReady
from dunlin_kernel.ids import new_id
from dunlin_kit import jobs
from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction
from notify_svc.domain.promise import MERGED, Promise, carried_over, received_for
from notify_svc.store import customers, item_history, items, promises
from notify_svc.usecases.judge_promises import JUDGE_PROMISES, about


async def carry_over_promises(tx: Transaction, source_id: UUID, into_id: UUID, currency: str, moment: Tenant) -> None:
    """A running promise of which the customer owes nothing any more ends, and what is still to come of it is promised
    by the other customer, for the items that went there; one that is for items not gone yet waits for those.

    Refuses: customer_not_known_yet.
    """
    if into_id not in await customers.lock(tx, [source_id, into_id]):
        raise NotReady("customer_not_known_yet", "This service has not heard of the customer yet; try again.")
    running = [one for one in await promises.running_of(tx, [source_id]) if one.amount.currency == currency]
    owed = await items.open_of(tx, source_id)
    ended = [one for one in running if not any(one.covers(item) for item in owed)]
    moves = await item_history.moves_of(tx, [source_id]) if ended else []
    payments = await item_history.payments_of(tx, [source_id]) if ended else []
    gone = {move.item_id: -move.amount for move in moves
            if move.fact == "DebtTransferred" and move.amount.currency == currency}
    for was in ended:
        now = carried_over(was, into_id, new_id(), received=received_for(was, moves, payments), gone=gone)
        if now is not None:
            promises.keep(tx, was.withdrawn(moment.today, MERGED))
            tx.emit(PromiseWithdrawn(**about(was), reason=PromiseEnd.MERGED, withdrawn_on=moment.today))
            _make(tx, now, moment)


def _make(tx: Transaction, promise: Promise, moment: Tenant) -> None:
    promises.add(tx, promise)
    judged_on = days_after(max(promise.last_on, moment.today), 1)
    jobs.schedule(tx, JUDGE_PROMISES, f"{promise.customer_id}:{judged_on}", start_of_day(moment.zone, judged_on),
                  {"customer_id": str(promise.customer_id), "running": True})
    tx.emit(PromiseMade(**about(promise), made_on=promise.made_on))
