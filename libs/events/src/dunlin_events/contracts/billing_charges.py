"""What billing-svc tells of interest and fees: each is owed as an item of its own."""

from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from dunlin_events.contracts.base import Amount, Wire
from dunlin_events.contracts.billing import OWNER, InvoicedItem, ItemMove, MoneyFact
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


class InterestSegment(Wire):
    """`principal` bore `rate` percent a year from one day to the other; the days are those between."""

    from_on: date
    to_on: date
    principal: Amount
    rate: str


_SEGMENTS = [
    {"from_on": "2026-02-04", "to_on": "2026-03-01", "principal": cny("4520.00"), "rate": "12.0000"},
    {"from_on": "2026-03-01", "to_on": "2026-03-05", "principal": cny("3000.00"), "rate": "12.0000"}]


class InterestCharged(MoneyFact):
    """Interest is owed from now on: what the segments come to, `total`, less what was charged on the claim before."""

    owner: ClassVar[str] = OWNER
    charge_id: UUID
    number: str
    items: list[InvoicedItem]
    amount: Amount
    invoice_id: UUID | None
    claim_item_id: UUID
    charged_on: date
    to_on: date
    rule: str
    total: Amount
    segments: list[InterestSegment]
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        _charged(number, to_on="2026-03-05", rule="CN contract", total=cny(total), segments=_SEGMENTS)
        for number, total in (("INT-000001", "45.20"), ("INT-000002", "65.30")))


class InterestWaived(MoneyFact):
    """So much of an interest item is not owed: it was too much by money that came earlier, or was let go."""

    owner: ClassVar[str] = OWNER
    waiver_id: UUID
    number: str
    invoice_id: UUID | None
    claim_item_id: UUID | None
    amount: Amount
    items: list[ItemMove]
    waived_on: date
    reason: str
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "origin": "live", "account": account(left), "waiver_id": ID + "7",
         "number": "INT-000001", "invoice_id": ID + "2", "claim_item_id": ID + "3", "amount": cny("5.20"),
         "items": [{"item_id": ID + "9", "amount": cny("-5.20"), "open_after": cny("40.00"),
                    "disputed_after": cny("0.00")}], "waived_on": "2026-03-10", "reason": reason}
        for left, reason in (("4560.00", "recomputed"), ("40.00", "goodwill")))


class FeeWaived(MoneyFact):
    """So much of a fee is not owed: it was let go, above a threshold by two persons."""

    owner: ClassVar[str] = OWNER
    waiver_id: UUID
    number: str
    invoice_id: UUID | None
    claim_item_id: UUID | None
    amount: Amount
    items: list[ItemMove]
    waived_on: date
    reason: str
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "origin": "live", "account": account(left), "waiver_id": ID + "7",
         "number": "FEE-000001", "invoice_id": ID + "2", "claim_item_id": ID + "3", "amount": cny("5.20"),
         "items": [{"item_id": ID + "9", "amount": cny("-5.20"), "open_after": cny("40.00"),
                    "disputed_after": cny("0.00")}], "waived_on": "2026-03-10", "reason": reason}
        for left, reason in (("4560.00", "our_error"), ("40.00", "goodwill")))
