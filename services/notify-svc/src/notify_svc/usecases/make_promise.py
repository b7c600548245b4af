"""Take down what a customer promised to pay, and by when."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from dunlin_events.contracts.notify_promises import PromiseMade
from dunlin_kernel.calendar import days_after
from dunlin_kernel.clock import start_of_day
from dunlin_kernel.errors import NotFound, NotReady
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money, sum_money
from dunlin_kit import jobs
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from notify_svc.domain.item import DunnedItem
from notify_svc.domain.promise import Promise, check_promise
from notify_svc.store import customers, items, promises
from notify_svc.usecases.judge_promises import JUDGE_PROMISES, about


@dataclass(frozen=True, slots=True)
class MakePromise:
    """What was promised; without items it is for all that the customer owes in the currency."""

    customer_id: UUID
    amount: Money
    promised_on: date
    grace_days: int
    item_ids: frozenset[UUID]
    note: str | None


async def make_promise(tx: Transaction, command: MakePromise) -> Promise:
    """Pause the ladders of what it is for, and judge it on the day after its last one.

    Refuses: customer_not_known_yet, item_not_found, and all that `check_promise` refuses.
    """
    tenant = await present(tx)
    if command.customer_id not in await customers.lock(tx, [command.customer_id]):
        raise NotReady("customer_not_known_yet", "This service has not heard of the customer yet; try again.")
    owed = _meant(await items.open_of(tx, command.customer_id), command)
    currency = command.amount.currency
    heard = await promises.heard_sequence(tx, command.customer_id)
    promise = Promise(
        new_id(), command.customer_id, command.amount, command.promised_on, command.grace_days, command.item_ids,
        tenant.today, tx.actor, command.note, sum_money(currency, (item.open for item in owed)), heard,
        command.amount, Money.zero(currency))
    check_promise(promise, owed, await promises.running_of(tx, [command.customer_id]))
    promises.add(tx, promise)
    judged_on = days_after(promise.last_on, 1)
    jobs.schedule(tx, JUDGE_PROMISES, f"{promise.customer_id}:{judged_on}", start_of_day(tenant.zone, judged_on),
                  {"customer_id": str(promise.customer_id), "running": True})
    tx.emit(PromiseMade(**about(promise), made_on=promise.made_on))
    return promise


def _meant(owed: list[DunnedItem], command: MakePromise) -> list[DunnedItem]:
    """The open items that a promise is for. Refuses: item_not_found for one that is not open in its currency."""
    meant = [item for item in owed if item.open.currency == command.amount.currency
             and (not command.item_ids or item.id in command.item_ids)]
    missing = command.item_ids - {item.id for item in meant}
    if missing:
        raise NotFound("item_not_found", "The customer owes nothing of this item in this currency.",
                       item_id=min(missing))
    return meant
