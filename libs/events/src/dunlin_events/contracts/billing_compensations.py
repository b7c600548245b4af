"""What billing-svc tells of third parties' money for debts: the claim is theirs as far as they paid, the debt stays."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import OWNER, MoneyFact
from dunlin_events.contracts.example_values import ID, account, cny


class CompensationReceived(MoneyFact):
    """An insurer or a guarantor paid for an item; the customer owes it as before, and nothing of its account moves."""

    owner: ClassVar[str] = OWNER
    compensation_id: UUID
    item_id: UUID
    number: str
    amount: Amount
    claimed: Amount = Field(description="What was open of the item right then: later receipts are shared pro rata.")
    claim_id: UUID | None = Field(description="The claim on a cover, where one was filed.")
    effective_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "origin": "live", "account": account("40000.00"), "compensation_id": ID + "c",
         "item_id": ID + "3", "number": "INV-000001", "amount": cny("30000.00"), "claimed": cny("40000.00"),
         "claim_id": claim, "effective_on": "2026-04-01"} for claim in (ID + "d", None))


class CompensationShared(MoneyFact):
    """Their share of what the customer has paid since was passed on; nothing of its account moves."""

    owner: ClassVar[str] = OWNER
    share_id: UUID
    compensation_id: UUID
    item_id: UUID
    amount: Amount
    recovered: Amount = Field(description="What the customer has paid of the item since the compensation.")
    effective_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "origin": "live", "account": account(left), "share_id": ID + "e",
         "compensation_id": ID + "c", "item_id": ID + "3", "amount": cny(amount), "recovered": cny(recovered),
         "effective_on": "2026-05-01"}
        for left, amount, recovered in (("36000.00", "3000.00", "4000.00"), ("0.00", "27000.00", "40000.00")))


class CompensationReversed(MoneyFact):
    """A compensation was taken back: what was not passed on of it went back, and nothing of its account moves."""

    owner: ClassVar[str] = OWNER
    reversal_id: UUID
    compensation_id: UUID
    item_id: UUID
    number: str
    amount: Amount
    claim_id: UUID | None = Field(description="The claim on a cover, where one was filed.")
    effective_on: date
    reason: str
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "origin": "live", "account": account("40000.00"), "reversal_id": ID + "f",
         "compensation_id": ID + "c", "item_id": ID + "3", "number": "INV-000001", "amount": cny("30000.00"),
         "claim_id": claim, "effective_on": "2026-05-01", "reason": reason}
        for claim, reason in ((ID + "d", "reclaimed"), (None, "recorded_in_error")))
