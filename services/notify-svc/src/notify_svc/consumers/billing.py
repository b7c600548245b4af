"""What billing-svc tells: items that are owed, and every change of what is open on them, folded into their ladders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from dunlin_events.consuming import Subscription
from dunlin_events.contracts.base import Event
from dunlin_events.contracts.billing import (
    AllocationReversed,
    CreditAllocated,
    InvoiceIssued,
    InvoiceOverdue,
    InvoiceVoided,
    Origin,
)
from dunlin_events.contracts.notify import CancellationReason
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import Money
from notify_svc.domain.item import DunnedItem
from notify_svc.domain.ladder import NOT_BEGUN, LadderPolicy
from notify_svc.store import customers, items, ladder_policies
from notify_svc.usecases.plan_reminders import Change, plan_reminders


@dataclass(frozen=True, slots=True)
class CustomerItems:
    """The items of one customer that a batch is about: as they stand now, and as they were loaded."""

    customer_id: UUID
    known: bool
    policy: LadderPolicy
    items: Mapping[UUID, DunnedItem]
    loaded: Mapping[UUID, DunnedItem]
    voided: frozenset[UUID] = frozenset()

    def item(self, item_id: UUID) -> DunnedItem:
        """Refuses: unknown_item."""
        if item_id not in self.items:
            raise RuleBroken("unknown_item", "Its invoice was never told.", item_id=item_id)
        return self.items[item_id]

    def having(self, item: DunnedItem) -> "CustomerItems":
        return replace(self, items={**self.items, item.id: item})

    @property
    def changes(self) -> list[Change]:
        """Each item that changed, and what was planned for it when it was loaded."""
        changed = [item for item in self.items.values() if item != self.loaded.get(item.id)]
        return [Change(self._was_planned(item.id), item, self._reason_of(item.id)) for item in changed]

    def _reason_of(self, item_id: UUID) -> CancellationReason:
        return CancellationReason.VOIDED if item_id in self.voided else CancellationReason.SETTLED

    def _was_planned(self, item_id: UUID) -> Any:
        before = self.loaded.get(item_id)
        return before.planned(self.policy) if before else None


async def load(tx: Any, events: Sequence[Event]) -> Mapping[UUID, CustomerItems]:
    """The customers concerned, locked, and then the items that the events are about."""
    ids = {event.concerns for event in events if event.concerns is not None}
    known = await customers.lock(tx, ids)
    policy = (await ladder_policies.in_force(tx)).policy
    found = await items.by_id(tx, {item_id for event in events for item_id in _items_of(event)})
    states = {}
    for one in ids:
        own = {item.id: item for item in found.values() if item.customer_id == one}
        states[one] = CustomerItems(one, one in known, policy, own, own)
    return states


async def save(tx: Any, states: Mapping[UUID, CustomerItems]) -> None:
    """Keep what changed; a customer that was not heard of yet becomes a stub."""
    customers.add_stubs(tx, [one.customer_id for one in states.values() if not one.known])
    for state in states.values():
        plan_reminders(tx, state.policy, state.changes)


def _items_of(event: Event) -> list[UUID]:
    if isinstance(event, InvoiceIssued | InvoiceVoided):
        return [item.item_id for item in event.items]
    assert isinstance(event, CreditAllocated | AllocationReversed | InvoiceOverdue)
    return [event.item_id]


billing: Subscription[CustomerItems] = Subscription(consumer="notify", owner="billing", load=load, save=save)


@billing.on(InvoiceIssued)
def invoice_issued(event: InvoiceIssued, state: CustomerItems) -> CustomerItems:
    """Each item begins a ladder; an imported one's stays off until a person switches it on."""
    for item in event.items:
        state = state.having(DunnedItem(
            item.item_id, event.customer_id, event.invoice_id, event.number, event.issued_on, item.due_on, 1,
            item.amount.money, active=event.origin is Origin.LIVE, progress=NOT_BEGUN))
    return state


@billing.on(CreditAllocated, AllocationReversed)
def open_changed(event: CreditAllocated | AllocationReversed, state: CustomerItems) -> CustomerItems:
    """Money lowers what is open, and ends the ladder when nothing is; a reversal resumes it where it was."""
    return state.having(state.item(event.item_id).owing(event.open_after.money))


@billing.on(InvoiceVoided)
def invoice_voided(event: InvoiceVoided, state: CustomerItems) -> CustomerItems:
    """Nothing of it is owed any more, and its ladder ends for good."""
    for voided in event.items:
        state = state.having(state.item(voided.item_id).owing(Money.zero(voided.amount.currency)))
    return replace(state, voided=state.voided | {voided.item_id for voided in event.items})


@billing.on(InvoiceOverdue)
def invoice_overdue(event: InvoiceOverdue, state: CustomerItems) -> CustomerItems:
    """The due date that stands; a newer version of it begins the ladder anew."""
    return state.having(state.item(event.item_id).dated(event.due_on, event.due_version))
