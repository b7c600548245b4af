"""Receive a bill of exchange: what it was given for is settled, and the bill is owed on its own day."""

from collections.abc import Mapping
from uuid import UUID

from billing_svc.domain.bill import (
    Bill,
    ReceiveBill,
    charge_of_bill,
    check_bill,
    fact_of_bill,
    fact_of_holding,
    parts_of,
    received_on,
)
from billing_svc.domain.charge import Charge
from billing_svc.domain.item import ItemKind
from billing_svc.domain.posting_dates import Step
from billing_svc.store import bills
from billing_svc.usecases.charging import Charging
from billing_svc.usecases.move_of import move_of
from billing_svc.usecases.posting import Posting, open_posting
from billing_svc.usecases.tell_settled import load_siblings, tell_settled
from dunlin_events.contracts.base import AccountFigures, Amount
from dunlin_events.contracts.billing import InvoicedItem, Origin
from dunlin_events.contracts.billing_bills import BillHeld, BillReceived
from dunlin_kernel.ids import new_id
from dunlin_kit.transaction import Transaction


async def receive_bill(tx: Transaction, wish: ReceiveBill) -> Bill:
    """Refuses: customer_not_known_yet, customer_merged, what `check_bill`, `parts_of` and `received_on` refuse,
    due_before_issue."""
    posting = await open_posting(tx, [(wish.customer_id, wish.amount.currency)])
    check_bill(wish, posting.tenant.today, posting.tenant.currency)
    await posting.load_items([(wish.customer_id, wish.choice)])
    parts = parts_of(wish, posting.items_of(wish.customer_id, wish.choice))
    ids = [part.item_id for part in parts]
    await load_siblings(posting, ids)
    await posting.remember_steps(ids)
    day = received_on(wish, parts, _steps(posting, ids), posting.books)
    charging = await Charging.begin(posting, [ItemKind.BILL])
    bill = Bill(wish.id, new_id(), wish, day, parts)
    _settle(posting, bill)
    item = charging.charge(charge_of_bill(wish, day), lambda charge, after: _held(bill, charge, after), fact_of_holding)
    bill = Bill(bill.id, item.id, wish, day, parts)
    posting.save(fresh=charging.save())
    bills.add(tx, bill, recorded_at=posting.tenant.now)
    return bill


def _steps(posting: Posting, ids: list[UUID]) -> Mapping[UUID, list[Step]]:
    return {one: posting.steps_of(one) or [] for one in ids}


def _settle(posting: Posting, bill: Bill) -> None:
    wish, figures = bill.wish, posting.post(fact_of_bill(bill))
    posting.tx.emit(BillReceived(
        customer_id=wish.customer_id, origin=Origin.LIVE, account=figures, bill_id=bill.id,
        amount=Amount.of(wish.amount), risk_class=wish.risk_class.value, due_on=wish.due_on,
        items=[move_of(posting.items[part.item_id], -part.amount) for part in bill.parts],
        effective_on=bill.effective_on))
    for part in bill.parts:
        tell_settled(posting, posting.items[part.item_id], settled_on=bill.effective_on, origin=Origin.LIVE)


def _held(bill: Bill, charge: Charge, figures: AccountFigures) -> BillHeld:
    wish = charge.wish
    return BillHeld(
        customer_id=wish.customer_id, origin=Origin.LIVE, account=figures, charge_id=charge.id, bill_id=bill.id,
        number=charge.number, amount=Amount.of(wish.amount), charged_on=wish.effective_on,
        items=[InvoicedItem(item_id=charge.item_id, due_on=wish.due_on, amount=Amount.of(wish.amount))])
