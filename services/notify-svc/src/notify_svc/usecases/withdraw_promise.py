"""A person takes a running promise back: the ladder goes on."""

from uuid import UUID

from dunlin_events.contracts.notify_promises import PromiseEnd, PromiseWithdrawn
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from notify_svc.domain.promise import WITHDRAWN, Promise
from notify_svc.store import customers, promises
from notify_svc.usecases.judge_promises import about


async def withdraw_promise(tx: Transaction, promise_id: UUID) -> Promise:
    """Refuses: promise_not_found, illegal_transition."""
    tenant = await present(tx)
    found = await promises.find(tx, promise_id)
    await customers.lock(tx, [found.customer_id])
    ended = (await promises.find(tx, promise_id)).withdrawn(tenant.today, WITHDRAWN)
    promises.keep(tx, ended)
    tx.emit(PromiseWithdrawn(**about(ended), reason=PromiseEnd.WITHDRAWN, withdrawn_on=tenant.today))
    return ended
