"""Record what an insurer or a guarantor paid for an item: the customer owes it as before."""

from billing_svc.domain.compensation import (
    Compensation,
    ReceiveCompensation,
    compensation_of,
    fact_of_compensation,
    within_claim,
)
from billing_svc.store import compensations, items
from billing_svc.usecases.posting import Posting, open_posting
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import Origin
from dunlin_events.contracts.billing_compensations import CompensationReceived
from dunlin_kernel.errors import NotFound
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction


async def receive_compensation(tx: Transaction, wish: ReceiveCompensation) -> Compensation:
    """Refuses: item_not_found, period_locked, exchange_rate_missing, and what `compensation_of` and `within_claim`
    refuse."""
    named = (await items.by_id(tx, [wish.item_id])).get(wish.item_id)
    if named is None:
        raise NotFound("item_not_found", "There is no such item.", item_id=wish.item_id)
    posting = await open_posting(tx, [(named.customer_id, named.amount.currency)])
    item = (await items.by_id(tx, [wish.item_id]))[wish.item_id]
    within_claim(wish, await compensations.paid_on(tx, wish.claim_id))
    before = await compensations.before(tx, item.id, item.amount.currency)
    one = compensation_of(
        wish, item, before, day=posting.books.open_on(wish.received_on), today=posting.tenant.today)
    figures = posting.post(fact_of_compensation(one, in_base(posting, one, one.amount)))
    compensations.add(tx, one, recorded_at=posting.tenant.now)
    tx.emit(CompensationReceived(
        customer_id=one.customer_id, origin=Origin.LIVE, account=figures, compensation_id=one.id, item_id=one.item_id,
        number=item.number, amount=Amount.of(one.amount), claimed=Amount.of(one.claimed), claim_id=one.claim_id,
        effective_on=one.effective_on))
    posting.save()
    return one


def in_base(posting: Posting, one: Compensation, amount: Money) -> Money | None:
    """In the tenant's own currency at the rate of its day; None where it is in that. Refuses: exchange_rate_missing."""
    rates = posting.carrying.rates
    return None if amount.currency == rates.base_currency else rates.based(amount, one.effective_on)
