"""Exchange rates as billing-svc declared them: the ones that count on a day."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from dunlin_events.consuming import Tx
from dunlin_kit.tenants import Tenant
from notify_svc.domain.worth import Rates
from notify_svc.store.history_tables import ExchangeRateRow

_OF_DAY = text("""
SELECT DISTINCT ON (currency) currency, rate FROM exchange_rate WHERE valid_on <= CAST(:today AS date)
ORDER BY currency, valid_on DESC""")


async def of_today(tx: Any, tenant: Tenant) -> Rates:
    """The tenant's currency with the newest rate of each other one that counts today."""
    return Rates(tenant.currency, {row["currency"]: row["rate"] for row in await tx.rows(_OF_DAY, today=tenant.today)})


def declare(tx: Tx, currency: str, valid_on: date, rate: Decimal) -> None:
    """Gather a rate; a later word for the same day counts."""
    tx.put(ExchangeRateRow, {"currency": currency, "valid_on": valid_on, "rate": rate}, key=("currency", "valid_on"))
