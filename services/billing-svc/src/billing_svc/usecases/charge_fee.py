"""Charge a customer a fee, on a claim or by itself."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from billing_svc.domain.charge import ChargeReason, ChargeWish
from billing_svc.domain.item import Item, ItemKind
from billing_svc.store import items
from billing_svc.usecases.charging import Charging
from billing_svc.usecases.posting import open_posting
from dunlin_kernel.errors import NotFound
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class ChargeFee:
    """`due_on` None means at once; `claim_item_id` names the item that it is charged on."""

    customer_id: UUID
    amount: Money
    reason: ChargeReason
    due_on: date | None = None
    claim_item_id: UUID | None = None


async def charge_fee(tx: Transaction, wish: ChargeFee) -> Item:
    """Charge it today.

    Refuses: customer_not_known_yet, item_not_found, amount_not_positive, due_before_issue, period_locked.
    """
    posting = await open_posting(tx, [(wish.customer_id, wish.amount.currency)])
    claim = await _claim(posting.tx, wish)
    charging, today = await Charging.begin(posting, [ItemKind.FEE]), posting.tenant.today
    item = charging.charge(ChargeWish(
        ItemKind.FEE, wish.customer_id, wish.amount, today, wish.due_on or today, wish.reason,
        claim.invoice_id if claim else None, claim.id if claim else None))
    posting.save(fresh=charging.save())
    return item


async def _claim(tx: Transaction, wish: ChargeFee) -> Item | None:
    if wish.claim_item_id is None:
        return None
    claim = (await items.by_id(tx, [wish.claim_item_id])).get(wish.claim_item_id)
    if claim is None or claim.customer_id != wish.customer_id:
        raise NotFound("item_not_found", "There is no such item of this customer.", item_id=wish.claim_item_id)
    return claim
