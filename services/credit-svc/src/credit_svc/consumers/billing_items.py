"""Items as billing's facts tell of them, whatever the fact: what it names, and how each stands after it."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any
from uuid import UUID

from credit_svc.domain.owed_item import OwedItem
from dunlin_events.contracts.base import Event
from dunlin_events.contracts.billing import AllocationReversed, CreditAllocated, InvoicedItem, ItemMove, VoidedItem
from dunlin_events.contracts.billing_transfers import PassedItem
from dunlin_kernel.money import Money


def items_named(events: Iterable[Event]) -> set[UUID]:
    """The items that these facts name."""
    found = [(event, *_named_by(type(event))) for event in events]
    named = {item_id for event, one, _ in found if one and (item_id := _of(event).item_id) is not None}
    return named | {item.item_id for event, _, many in found if many for item in _of(event).items}


def items_after(event: Event, known: Mapping[UUID, OwedItem]) -> Iterator[OwedItem]:
    """Each item that a fact names as it stands after it; one whose issue was not heard of is not kept."""
    for told in _of(event).items if _named_by(type(event))[1] else ():
        item = known.get(told.item_id)
        if isinstance(told, InvoicedItem):
            yield OwedItem(told.item_id, told.due_on, told.amount.money, Money.zero(told.amount.currency))
        elif isinstance(told, PassedItem):
            yield OwedItem(told.item_id, told.due_on, told.open_after.money, told.disputed_after.money)
        elif isinstance(told, ItemMove) and item is not None:
            yield item.owing(told.open_after.money, told.disputed_after.money)
        elif isinstance(told, VoidedItem) and item is not None:
            yield item.owing(Money.zero(item.open.currency))
    if isinstance(event, CreditAllocated | AllocationReversed):
        opened = event.open_after.money
        item = known.get(event.item_id) or OwedItem(event.item_id, event.due_on, opened, Money.zero(opened.currency))
        yield item.owing(opened)


@cache
def _named_by(fact: type[Event]) -> tuple[bool, bool]:
    """Whether facts of this type name one item, and whether they name a list of them."""
    return "item_id" in fact.model_fields, "items" in fact.model_fields


def _of(event: Event) -> Any:
    return event
