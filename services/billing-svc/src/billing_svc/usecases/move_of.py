"""Item moves: what money facts and disputes tell of the items that they moved."""

from billing_svc.domain.item import Item
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import ItemMove
from dunlin_kernel.money import Money


def move_of(item: Item, by: Money) -> ItemMove:
    """What a fact did to an item that stands as it is right after it."""
    return ItemMove(
        item_id=item.id, amount=Amount.of(by), open_after=Amount.of(item.open),
        disputed_after=Amount.of(item.disputed))
