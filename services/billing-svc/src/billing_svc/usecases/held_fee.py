"""A fee that is to be let go, held with its account: what was paid of it, and how much may be waived."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from billing_svc.domain.allocation import Allocation
from billing_svc.domain.fee_waiver import WaiveFee, waivable_fee
from billing_svc.domain.item import Item
from billing_svc.store import items, pending_payments
from billing_svc.usecases.charging_interest import paid_on
from billing_svc.usecases.posting import Posting, open_posting
from dunlin_kernel.errors import NotFound
from dunlin_kernel.money import Money, sum_money
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class HeldFee:
    """`amount` is what is waived of it by the wish."""

    posting: Posting
    item: Item
    paid: Sequence[Allocation]
    amount: Money


async def hold_fee(tx: Transaction, wish: WaiveFee) -> HeldFee:
    """With the policy beside. Refuses: item_not_found, and what `waivable_fee` refuses."""
    named = await _item(tx, wish.item_id)
    posting = await open_posting(tx, [(named.customer_id, named.amount.currency)], pending_payments.POLICY)
    item = posting.items[wish.item_id] = await _item(tx, wish.item_id)
    paid = (await paid_on(posting, [item.id])).get(item.id, ())
    amount = waivable_fee(item, wish.amount, sum_money(item.amount.currency, (one.amount for one in paid)))
    return HeldFee(posting, item, paid, amount)


async def _item(tx: Transaction, item_id: UUID) -> Item:
    found = (await items.by_id(tx, [item_id])).get(item_id)
    if found is None:
        raise NotFound("item_not_found", "There is no such item.", item_id=item_id)
    return found
