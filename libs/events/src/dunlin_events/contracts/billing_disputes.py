"""What billing-svc tells of disputes: an amount of an item is contested, and how that ended."""

from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import OWNER, ItemMove, MoneyFact
from dunlin_events.contracts.example_values import ID, account, cny


def _told(disputed: str, **changes: Any) -> dict[str, object]:
    moved = {"item_id": ID + "3", "amount": cny("0.00"), "open_after": cny("4520.00"), "disputed_after": cny(disputed)}
    base: dict[str, object] = {
        "customer_id": ID + "1", "origin": "live", "account": account("4520.00", disputed=disputed),
        "dispute_id": ID + "7", "invoice_id": ID + "2", "number": "INV-000001", "items": [moved],
    }
    return base | changes


class DisputeOpened(MoneyFact):
    """The customer contests an amount of an item; it stays owed, and nobody is reminded of it."""

    owner: ClassVar[str] = OWNER
    dispute_id: UUID
    invoice_id: UUID | None
    number: str
    amount: Amount
    items: list[ItemMove]
    reason: str
    opened_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        _told("1000.00", amount=cny("1000.00"), reason="quantity", opened_on="2026-02-10"),
        _told("4520.00", amount=cny("4520.00"), reason="not_ordered", opened_on="2026-02-10"))


class DisputeSettled(MoneyFact):
    """So much of a dispute ended: `accepted` (it is credited), `rejected`, `withdrawn` or `paid`."""

    owner: ClassVar[str] = OWNER
    dispute_id: UUID
    invoice_id: UUID | None
    number: str
    amount: Amount
    rest: Amount
    items: list[ItemMove]
    outcome: str
    settled_on: date
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        _told("0.00", amount=cny("1000.00"), rest=cny("0.00"), outcome="rejected", settled_on="2026-02-20"),
        _told("600.00", amount=cny("400.00"), rest=cny("600.00"), outcome="accepted", settled_on="2026-02-20"))
