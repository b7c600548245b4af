"""Judge a customer's promises by what billing-svc has told so far."""

from typing import Any
from uuid import UUID

from dunlin_events.contracts.base import Amount, Event
from dunlin_events.contracts.notify_promises import (
    PromiseBroken,
    PromiseCorrected,
    PromiseEnd,
    PromiseKept,
    PromiseOutcome,
    PromiseWithdrawn,
)
from dunlin_kernel.money import sum_money
from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction
from notify_svc.domain.promise import Promise, PromiseStatus, corrected, judged, received_for
from notify_svc.store import customers, item_history, items, promises

JUDGE_PROMISES = "judge_promises"


async def judge_promises(tx: Transaction, customer_id: UUID, moment: Tenant, *, running: bool) -> None:
    """Correct what was judged; at the turn of the day, `running`, judge those that run as well. Tells what changes."""
    await customers.lock(tx, [customer_id])
    found = await promises.judgeable_of(tx, customer_id)
    if not found:
        return
    moves = await item_history.moves_of(tx, [customer_id])
    payments = await item_history.payments_of(tx, [customer_id])
    owed = await items.open_of(tx, customer_id)
    for was in found:
        received = received_for(was, moves, payments)
        if was.status is not PromiseStatus.RUNNING:
            now = corrected(was, received=received, today=moment.today)
        elif running:
            open_now = sum_money(was.amount.currency, (item.open for item in owed if was.covers(item)))
            now = judged(was, received=received, open_now=open_now, today=moment.today)
        else:
            continue
        if now != was:
            promises.keep(tx, now)
            tx.emit(*_told(was, now, moment))


def _told(was: Promise, now: Promise, moment: Tenant) -> list[Event]:
    """The fact of a new judgement; none where only what was received has changed."""
    if now.status is was.status:
        return []
    told, received, today = about(now), Amount.of(now.received), moment.today
    if was.status is not PromiseStatus.RUNNING:
        return [PromiseCorrected(**told, was=PromiseOutcome(was.status.value), received=received,
                                 outcome=PromiseOutcome(now.status.value), corrected_on=today)]
    if now.status is PromiseStatus.WITHDRAWN:
        return [PromiseWithdrawn(**told, reason=PromiseEnd(now.end_reason or ""), withdrawn_on=today)]
    fact = PromiseKept if now.status is PromiseStatus.KEPT else PromiseBroken
    return [fact(**told, received=received, judged_on=today)]


def about(promise: Promise) -> dict[str, Any]:
    """What every fact of a promise says of it."""
    return {
        "customer_id": promise.customer_id, "promise_id": promise.id, "amount": Amount.of(promise.amount),
        "promised_on": promise.promised_on, "grace_days": promise.grace_days, "items": sorted(promise.items)}
