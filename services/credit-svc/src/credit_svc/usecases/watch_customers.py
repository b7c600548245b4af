"""Look at customers by the rules of holds, without a fact of billing: time passed, a limit or the policy changed."""

from collections.abc import Sequence
from uuid import UUID

from credit_svc.domain.position import CreditPosition
from credit_svc.store import exposures, policies, watching
from credit_svc.store.watching import Moment
from credit_svc.usecases.keep_holds import keep_holds
from dunlin_events.consuming import Tx


async def watch_customers(tx: Tx, customer_ids: Sequence[UUID], moment: Moment) -> None:
    """What was gathered is written before it is looked at.

    Exposures first, then holds: each locked in one order, after the heads of whoever holds some.
    """
    policy, _ = await policies.in_force(tx)
    if not policy.holds.are_on or not customer_ids:
        return
    await tx.flush()
    held = await exposures.lock_all(tx, customer_ids)
    beside = await watching.beside(
        tx, customer_ids, moment=moment, grace_days=policy.holds.overdue_grace_days or 0)
    for customer in customer_ids:
        keep_holds(tx, CreditPosition(
            customer, policy.numbers, held.get(customer, {}), {}, {}, rules=policy.holds, beside=beside[customer]))
