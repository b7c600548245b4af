"""Set an exchange rate: a fact by which what is posted from now on is valued; what was posted keeps its own."""

from billing_svc.domain.exchange_rate import ExchangeRate, RateWish, rate_set
from billing_svc.store import audit, exchange
from dunlin_events.contracts.billing_exchange import ExchangeRateSet
from dunlin_kernel.ids import new_id
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def set_exchange_rate(tx: Transaction, wish: RateWish) -> ExchangeRate:
    """Record the rate and tell it.

    Refuses: unknown_currency, rate_of_base_currency, bad_exchange_rate, rate_in_future, tenant_not_known_yet.
    """
    tenant = await present(tx)
    made = rate_set(wish, base_currency=tenant.currency, today=tenant.today, rate_id=new_id())
    exchange.add(tx, made, recorded_at=tenant.now)
    audit.add(tx, "exchange_rate_set", made.id, customer_id=None, recorded_at=tenant.now,
              after={"currency": wish.currency, "rate": f"{wish.rate:f}", "valid_on": str(wish.valid_on)})
    tx.emit(ExchangeRateSet(
        rate_id=made.id, currency=wish.currency, base_currency=made.base_currency, rate=f"{wish.rate:f}",
        valid_on=wish.valid_on, source=wish.source))
    return made
