"""Discounting: a payment in time that covers an item less its discount settles it, and the discount is part of that
allocation. Who names a larger amount has chosen to pay it; a smaller part earns nothing."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from billing_svc.domain.allocation import Allocated, Choice, Share, allocate
from billing_svc.domain.credit import Credit, CreditKind
from billing_svc.domain.discount import Discount
from billing_svc.domain.item import Item
from dunlin_kernel.frozen import replace
from dunlin_kernel.money import Money


def allocate_discounted(credit: Credit, choice: Choice, items: Mapping[UUID, Item]) -> Allocated:
    """As `allocate`, of what the credit has left; only money earns a discount. Refuses: what `allocate` refuses."""
    offers = offers_on(choice, items, credit.business_on) if credit.kind is CreditKind.PAYMENT else {}
    if not offers:
        return allocate(credit.unapplied, choice, items)
    asked = {item.id: _asked(item, offers.get(item.id)) for item in items.values()}
    made = allocate(credit.unapplied, choice, asked)
    return replace(made, shares=tuple(
        _granted(share, asked[share.item_id], offers.get(share.item_id)) for share in made.shares))


def offers_on(choice: Choice, items: Mapping[UUID, Item], paid_on: date) -> dict[UUID, Discount]:
    """What each item would be let off if the rest of it were paid on that day: all but those that somebody disputes
    or pays a larger amount for."""
    named: dict[UUID, Money | None] = {part.item_id: part.amount for part in choice.parts}
    found = {item.id: item.discount_on(paid_on) for item in items.values()}
    return {item_id: discount for item_id, discount in found.items() if discount is not None
            and not _meant_more(named.get(item_id), items[item_id].open - discount.total)}


def _meant_more(amount: Money | None, asked: Money) -> bool:
    return amount is not None and (amount.currency != asked.currency or amount > asked)


def _asked(item: Item, discount: Discount | None) -> Item:
    return item if discount is None else replace(item, open=item.open - discount.total)


def _granted(share: Share, asked: Item, discount: Discount | None) -> Share:
    return replace(share, discount=discount) if share.amount == asked.open else share
