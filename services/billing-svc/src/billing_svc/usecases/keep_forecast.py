"""Keep the forecast that is made on a Monday, to be compared to what comes."""

from collections.abc import Iterable

from billing_svc.domain.cash_forecast import CashForecast
from billing_svc.store import kept_forecasts
from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction


async def keep_forecast(tx: Transaction, tenant: Tenant, forecasts: Iterable[CashForecast]) -> None:
    """Once for each Monday, however often its turn runs."""
    kept_forecasts.keep(tx, tenant.today, forecasts, tenant.now)
