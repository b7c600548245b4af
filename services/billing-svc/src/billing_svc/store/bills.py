"""Bills of exchange with what they settled and what became of them; written under the lock of their account."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, text

from billing_svc.domain.allocation import AllocationRule, Choice
from billing_svc.domain.bill import Bill, BillClass, BillPart, BillState, ReceiveBill, state_of
from billing_svc.domain.bill_dishonour import Dishonour, DishonourReason
from billing_svc.store.bill_tables import BillDishonourRow, BillPartRow, BillRow
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_VIEW = """
SELECT b.*, i.number AS item_number, i.customer_id, i.open, u.number AS customer_number, u.name, u.owner_code,
       d.effective_on AS dishonoured_on, d.reason AS dishonoured_for, (
         SELECT jsonb_agg(jsonb_build_array(p.item_id, p.amount, s.number) ORDER BY p.item_id)
         FROM bill_part p JOIN item s ON s.id = p.item_id WHERE p.bill_id = b.id) AS parts
FROM bill b JOIN item i ON i.id = b.item_id JOIN customer u ON u.customer_id = i.customer_id
LEFT JOIN bill_dishonour d ON d.bill_id = b.id"""
FIND = text(f"{_VIEW} WHERE b.id = :id").bindparams(bindparam("id", type_=Uuid))
_after = (bindparam("after", type_=Uuid), bindparam("most", type_=Integer))
ALL = text(f"{_VIEW} WHERE b.id > :after ORDER BY b.id LIMIT :most").bindparams(*_after)
OF_CUSTOMER = text(
    f"{_VIEW} WHERE i.customer_id = :customer_id AND i.kind = 'bill' AND b.id > :after ORDER BY b.id LIMIT :most",
).bindparams(bindparam("customer_id", type_=Uuid), *_after)


@dataclass(frozen=True, slots=True)
class BillView:
    """A bill as people read it: whose it is now, what it settled by which numbers, and what became of it."""

    bill: Bill
    item_number: str
    customer_id: UUID
    customer_number: str
    customer_name: str | None
    owner_code: str | None
    open: Money
    numbers: tuple[str, ...]
    dishonoured_on: date | None
    dishonoured_for: DishonourReason | None

    @property
    def state(self) -> BillState:
        return state_of(self.open, dishonoured=self.dishonoured_on is not None)


async def get(tx: Transaction, bill_id: UUID) -> BillView:
    """Refuses: bill_not_found."""
    row = await tx.row(FIND, id=bill_id)
    if row is None:
        raise NotFound("bill_not_found", "There is no such bill of exchange.", bill_id=bill_id)
    return _view(row)


async def some(tx: Transaction, customer_id: UUID | None, after: UUID | None, limit: int) -> list[BillView]:
    """Up to `limit` + 1 after this one, in the order in which they were recorded."""
    bound: dict[str, Any] = {"after": after or NIL, "most": limit + 1}
    rows = await (tx.rows(ALL, **bound) if customer_id is None else
                  tx.rows(OF_CUSTOMER, customer_id=customer_id, **bound))
    return [_view(row) for row in rows]


def add(tx: Transaction, bill: Bill, *, recorded_at: datetime) -> None:
    wish = bill.wish
    tx.insert(BillRow, {
        "id": bill.id, "item_id": bill.item_id, "currency": wish.amount.currency, "amount": wish.amount.minor,
        "number": wish.number, "risk_class": wish.risk_class.value, "drawer": wish.drawer, "acceptor": wish.acceptor,
        "received_on": wish.received_on, "effective_on": bill.effective_on, "due_on": wish.due_on, "actor": tx.actor,
        "recorded_at": recorded_at})
    tx.insert(BillPartRow, *(
        {"bill_id": bill.id, "item_id": part.item_id, "amount": part.amount.minor} for part in bill.parts))


def add_dishonour(tx: Transaction, one: Dishonour, *, recorded_at: datetime) -> None:
    tx.insert(BillDishonourRow, {
        "id": one.id, "bill_id": one.bill.id, "reason": one.reason.value, "effective_on": one.effective_on,
        "actor": tx.actor, "recorded_at": recorded_at})


def _view(row: Any) -> BillView:
    currency = row["currency"]
    parts = tuple(BillPart(UUID(item_id), Money(minor, currency)) for item_id, minor, _ in row["parts"])
    wish = ReceiveBill(
        row["id"], row["customer_id"], Money(row["amount"], currency), row["number"], BillClass(row["risk_class"]),
        row["drawer"], row["acceptor"], row["received_on"], row["due_on"], Choice(AllocationRule.ITEMS))
    return BillView(
        Bill(row["id"], row["item_id"], wish, row["effective_on"], parts), row["item_number"], row["customer_id"],
        row["customer_number"], row["name"], row["owner_code"], Money(row["open"], currency),
        tuple(number for *_, number in row["parts"]), row["dishonoured_on"],
        DishonourReason(row["dishonoured_for"]) if row["dishonoured_for"] else None)
