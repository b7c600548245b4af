"""Propose to let interest go: nothing moves before another person approves it."""

from uuid import UUID

from billing_svc.domain.interest_waiver import InterestWaiverReason, InterestWaiverState, WaiverProposal, waivable
from billing_svc.store import accounts, allocations, audit, interest_waivers, items
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money, sum_money
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def propose_interest_waiver(
    tx: Transaction, item_id: UUID, amount: Money | None, reason: InterestWaiverReason,
) -> WaiverProposal:
    """`amount` None means all that is open and not disputed; what was paid must be named.

    Refuses: item_not_found, and what `waivable` refuses.
    """
    named = (await items.by_id(tx, [item_id])).get(item_id)
    if named is None:
        raise NotFound("item_not_found", "There is no such item.", item_id=item_id)
    await accounts.lock(tx, [(named.customer_id, named.amount.currency)])
    tenant = await present(tx)
    item = (await items.by_id(tx, [item_id]))[item_id]
    live = (await allocations.live_on(tx, [item_id])).get(item_id, ())
    wanted = waivable(item, amount, sum_money(item.amount.currency, (one.amount for one in live)))
    one = WaiverProposal(
        new_id(), item.id, item.customer_id, wanted, reason, InterestWaiverState.PROPOSED, tx.actor)
    interest_waivers.add(tx, one, recorded_at=tenant.now)
    audit.add(tx, "interest_waiver_proposed", one.id, customer_id=one.customer_id, recorded_at=tenant.now,
              after={"amount": str(one.amount), "reason": reason.value})
    return one
