"""What billing-svc tells of exchange rates."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from dunlin_events.contracts.base import Event
from dunlin_events.contracts.billing import OWNER
from dunlin_events.contracts.example_values import ID


class ExchangeRateSet(Event):
    """A currency is worth so much of the tenant's base currency from a day on, until a rate of a later day counts."""

    owner: ClassVar[str] = OWNER
    rate_id: UUID
    currency: str = Field(examples=["USD"], pattern=r"^[A-Z]{3}$")
    base_currency: str = Field(examples=["CNY"], pattern=r"^[A-Z]{3}$")
    rate: str = Field(
        description="Base currency per unit of the currency, a decimal text above zero.", examples=["7.1000"],
        pattern=r"^[0-9]{1,9}(\.[0-9]{1,10})?$")
    valid_on: date
    source: str
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"rate_id": ID + "8", "currency": currency, "base_currency": "CNY", "rate": rate, "valid_on": "2026-03-02",
         "source": source} for currency, rate, source in (("USD", "7.1000", "pboc"), ("JPY", "0.048125", "by_hand")))
