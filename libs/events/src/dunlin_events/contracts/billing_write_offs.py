"""What billing-svc tells of bad debts: written off, recovered after all, or owed again."""

from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import OWNER, ItemMove, MoneyFact
from dunlin_events.contracts.example_values import ID, account, cny


class WriteOffFact(MoneyFact):
    """A fact about a write-off: `amount` moved, `tax` of it corrects output tax."""

    write_off_id: UUID
    invoice_id: UUID | None
    number: str
    amount: Amount
    tax: Amount
    items: list[ItemMove]
    effective_on: date


def _told(amount: str, open_after: str, **changes: Any) -> dict[str, object]:
    move = {"item_id": ID + "3", "amount": cny(amount), "open_after": cny(open_after), "disputed_after": cny("0.00")}
    base: dict[str, object] = {
        "customer_id": ID + "1", "origin": "live", "account": account(open_after), "write_off_id": ID + "7",
        "invoice_id": ID + "2", "number": "INV-000001", "amount": cny(amount.removeprefix("-")), "tax": cny("0.00"),
        "items": [move], "effective_on": "2026-06-30",
    }
    return base | changes


class DebtWrittenOff(WriteOffFact):
    """A debt left the books as lost; the claim is not waived."""

    owner: ClassVar[str] = OWNER
    reason: str
    examples: ClassVar[tuple[dict[str, object], ...]] = (
        _told("-4520.00", "0.00", reason="insolvency"),
        _told("-1130.00", "3390.00", reason="uneconomical", tax=cny("130.00")))


class DebtRecovered(WriteOffFact):
    """Money came for a debt that was written off: so much is owed again, for the allocation that follows."""

    owner: ClassVar[str] = OWNER
    recovery_id: UUID
    credit_id: UUID
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        _told(amount, amount, recovery_id=ID + "8", credit_id=ID + "4") for amount in ("1000.00", "4520.00"))


class RecoveryReversed(WriteOffFact):
    """What had come for a debt that was written off is gone: so much is lost again."""

    owner: ClassVar[str] = OWNER
    recovery_id: UUID
    reversal_id: UUID
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        _told("-" + amount, "0.00", recovery_id=ID + "8", reversal_id=ID + "9") for amount in ("1000.00", "4520.00"))


class WriteOffReversed(WriteOffFact):
    """What was still written off is owed again."""

    owner: ClassVar[str] = OWNER
    reversal_id: UUID
    reason: str
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        _told(amount, amount, reversal_id=ID + "8", reason="recorded_in_error") for amount in ("3520.00", "4520.00"))
