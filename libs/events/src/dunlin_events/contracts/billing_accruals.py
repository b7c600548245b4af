"""What billing-svc tells of interest before it is charged."""

from datetime import date
from typing import ClassVar

from pydantic import Field

from dunlin_events.contracts.base import Amount, CustomerEvent
from dunlin_events.contracts.billing import OWNER
from dunlin_events.contracts.example_values import ID, cny


class InterestAccrued(CustomerEvent):
    """So much interest has accrued on an account and is no item yet; told at the turn of the day and after a run."""

    owner: ClassVar[str] = OWNER
    amount: Amount = Field(description="All of it, in the account's currency; zero when it was charged or is not due.")
    to_on: date = Field(description="Up to this day.")
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "amount": cny(amount), "to_on": "2026-03-06"} for amount in ("45.20", "0.00"))
