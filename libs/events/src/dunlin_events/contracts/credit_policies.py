"""What credit-svc tells of its policy: by which weights a customer's credit is used."""

from datetime import date
from typing import ClassVar

from pydantic import Field

from dunlin_events.contracts.base import Event
from dunlin_events.contracts.credit import OWNER


class CreditPolicyAdopted(Event):
    """A version of the credit policy counts from a day on; the last effective one is in force.

    Before the first, everything counts in full.
    """

    owner: ClassVar[str] = OWNER
    version: int = Field(ge=2)
    effective_from: date
    disputed_weight_bps: int = Field(ge=0, description="What a disputed amount counts in exposure; 10,000 is all.")
    delivered_weight_bps: int = Field(ge=0, description="What is delivered and not billed counts in exposure.")
    accrued_interest: bool = Field(default=False, description="Interest that is no item yet counts in exposure.")
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        {"version": 2, "effective_from": "2026-03-01", "disputed_weight_bps": 5000, "delivered_weight_bps": 10000,
         "accrued_interest": False},
        {"version": 3, "effective_from": "2026-04-01", "disputed_weight_bps": 0, "delivered_weight_bps": 8000,
         "accrued_interest": True},
    )
