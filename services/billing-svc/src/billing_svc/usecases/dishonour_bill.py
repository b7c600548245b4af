"""Dishonour a bill of exchange: what it had settled is owed again, and its protest may cost a fee."""

from billing_svc.domain.bill_dishonour import (
    Dishonour,
    DishonourBill,
    dishonour_of,
    fact_of_dishonour,
    fee_of_protest,
)
from billing_svc.domain.item import ItemKind
from billing_svc.store import bills, items
from billing_svc.usecases.charging import Charging
from billing_svc.usecases.move_of import move_of
from billing_svc.usecases.posting import Posting, open_posting
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import Origin
from dunlin_events.contracts.billing_bills import BillDishonoured
from dunlin_kernel.errors import Conflict
from dunlin_kit.transaction import Transaction


async def dishonour_bill(tx: Transaction, wish: DishonourBill) -> Dishonour:
    """Refuses: bill_not_found, bill_dishonoured, and what `dishonour_of` refuses."""
    named = await bills.get(tx, wish.bill_id)
    posting = await open_posting(tx, [(named.customer_id, named.open.currency)])
    found = await bills.get(tx, wish.bill_id)
    if found.dishonoured_on is not None:
        raise Conflict("bill_dishonoured", "This bill was dishonoured already.", bill_id=wish.bill_id)
    bill = found.bill
    posting.items |= await items.by_id(tx, [bill.item_id, *(part.item_id for part in bill.parts)])
    await posting.remember_steps([bill.item_id])
    one = dishonour_of(wish, bill, posting.items[bill.item_id], posting.steps_of(bill.item_id) or [], posting.books)
    charging = await Charging.begin(posting, [ItemKind.FEE] if wish.fee else [])
    _enter(posting, one)
    if wish.fee:
        charging.charge(fee_of_protest(one, wish.fee, posting.items))
    posting.save(fresh=charging.save())
    bills.add_dishonour(tx, one, recorded_at=posting.tenant.now)
    return one


def _enter(posting: Posting, one: Dishonour) -> None:
    bill, was = one.bill, posting.items[one.bill.item_id]
    figures = posting.post(fact_of_dishonour(one, was))
    posting.tx.emit(BillDishonoured(
        customer_id=was.customer_id, origin=Origin.LIVE, account=figures, dishonour_id=one.id, bill_id=bill.id,
        number=was.number, amount=Amount.of(was.amount), effective_on=one.effective_on, reason=one.reason.value,
        items=[*(move_of(posting.items[part.item_id], part.amount) for part in bill.parts),
               move_of(posting.items[was.id], -was.amount)]))
