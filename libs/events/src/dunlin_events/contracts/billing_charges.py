"""What billing-svc tells of interest and fees: each is owed as an item of its own."""

from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import OWNER, InvoicedItem, MoneyFact
from dunlin_events.contracts.example_values import ID, account, cny


def _charged(number: str, **changes: Any) -> dict[str, object]:
    base: dict[str, object] = {
        "customer_id": ID + "1", "origin": "live", "account": account("4565.20"), "charge_id": ID + "8",
        "number": number, "items": [{"item_id": ID + "9", "due_on": "2026-03-05", "amount": cny("45.20")}],
        "amount": cny("45.20"), "invoice_id": ID + "2", "claim_item_id": ID + "3", "charged_on": "2026-03-05",
    }
    return base | changes


class FeeCharged(MoneyFact):
    """A fee is owed from now on; `invoice_id` and `claim_item_id` name the claim that it comes from, if any."""

    owner: ClassVar[str] = OWNER
    charge_id: UUID
    number: str
    items: list[InvoicedItem]
    amount: Amount
    invoice_id: UUID | None
    claim_item_id: UUID | None
    charged_on: date
    reason: str
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        _charged("FEE-000001", reason="late_payment_compensation"),
        _charged("FEE-000002", reason="returned_payment", invoice_id=None, claim_item_id=None))
