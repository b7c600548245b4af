"""Pass on to who paid a compensation their share of what the customer has paid since."""

from uuid import UUID

from billing_svc.domain.compensation import fact_of_share, shareable
from billing_svc.store import compensations, items
from billing_svc.usecases.posting import open_posting
from billing_svc.usecases.receive_compensation import in_base
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import Origin
from dunlin_events.contracts.billing_compensations import CompensationShared
from dunlin_kernel.frozen import replace
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction


async def share_compensation(tx: Transaction, compensation_id: UUID) -> Money:
    """All that is due, today; returns how much that is. Refuses: compensation_not_found, nothing_to_share,
    period_locked."""
    named = (await compensations.get(tx, compensation_id)).standing.compensation
    item = (await items.by_id(tx, [named.item_id]))[named.item_id]
    posting = await open_posting(tx, [(item.customer_id, item.amount.currency)])
    standing = (await compensations.get(tx, compensation_id)).standing
    amount, day = shareable(standing), posting.books.open_on(posting.tenant.today)
    one = replace(standing.compensation, customer_id=item.customer_id)
    share_id = new_id()
    figures = posting.post(fact_of_share(share_id, one, amount, in_base(posting, one, amount), day))
    compensations.add_share(tx, share_id, one, amount, on=(day, posting.tenant.now))
    tx.emit(CompensationShared(
        customer_id=one.customer_id, origin=Origin.LIVE, account=figures, share_id=share_id,
        compensation_id=one.id, item_id=one.item_id, amount=Amount.of(amount),
        recovered=Amount.of(standing.recovered), effective_on=day))
    posting.save()
    return amount
