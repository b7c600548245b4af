"""Pay an item in another currency than the payment's: what is given, what is taken, and the item that it pays."""

from dataclasses import dataclass

from billing_svc.domain.allocation import Allocation, AllocationRule, Choice, Part, allocate
from billing_svc.domain.credit_exchange import CreditExchange, ExchangeWish, exchangeable, facts_of_exchange
from billing_svc.domain.deposit_request import check_not_kept
from billing_svc.domain.posting_dates import earliest_day
from billing_svc.store import credit_exchanges, deposits, items, payments
from billing_svc.usecases.allocate_credit import AllocationDay, allocate_credit
from billing_svc.usecases.posting import Posting, open_posting
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import Origin
from dunlin_events.contracts.billing_credit_exchanges import CreditExchanged
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import new_id
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class ExchangedCredit:
    exchange: CreditExchange
    allocation: Allocation


async def exchange_credit(tx: Transaction, wish: ExchangeWish) -> ExchangedCredit:
    """Refuses: payment_not_found, credit_kept_for_order, exchange_rate_missing, effective_too_early,
    effective_in_future, period_locked, and what `exchangeable` refuses."""
    named = (await payments.by_id(tx, [wish.payment_id]))[wish.payment_id]
    owed = (await items.by_id(tx, [wish.item_id])).get(wish.item_id)
    if owed is None:
        raise NotFound("item_not_found", "There is no such item of this customer.", item_id=wish.item_id)
    posting = await open_posting(tx, [
        (named.customer_id, named.amount.currency), (named.customer_id, owed.amount.currency)])
    posting.credits |= await payments.by_id(tx, [wish.payment_id])
    check_not_kept([wish.payment_id], await deposits.kept(tx, [wish.payment_id]))
    posting.items |= await items.by_id(tx, [wish.item_id])
    await posting.remember_steps([wish.payment_id])
    item = exchangeable(wish, posting.payment(wish.payment_id), posting.items)
    exchange = _entered(posting, wish)
    choice = Choice(AllocationRule.ITEMS, (Part(item.id, wish.taken),))
    credit = posting.credits[exchange.id]
    (made,) = await allocate_credit(
        posting, credit, allocate(credit.unapplied, choice, {item.id: item}),
        AllocationDay(None, exchange.effective_on), reason=choice.rule.value, origin=Origin.LIVE)
    credit_exchanges.add(tx, exchange, posting.credits[exchange.id], recorded_at=posting.tenant.now)
    posting.save(fresh=[exchange.id])
    return ExchangedCredit(exchange, made)


def _entered(posting: Posting, wish: ExchangeWish) -> CreditExchange:
    payment = posting.payment(wish.payment_id)
    able = earliest_day(posting.steps_of(payment.id) or [], wish.given.minor)
    day = posting.books.day_of(wish.effective_on, default=posting.tenant.today, not_before=able)
    exchange = CreditExchange(
        wish.id, new_id(), payment.customer_id, payment.id, wish.given, wish.taken, day, payment.business_on)
    posting.credits[exchange.id] = exchange.credit
    for fact in facts_of_exchange(exchange, posting.carrying.rates):
        figures, entry = posting.post(fact), fact.entries[0]
        posting.tx.emit(CreditExchanged(
            customer_id=exchange.customer_id, origin=Origin.LIVE, account=figures, exchange_id=exchange.id,
            credit_id=entry.ref_id, amount=Amount.of(entry.amount), effective_on=day))
    return exchange
