"""The items of one customer that a batch of billing's facts is about: what the facts fold into, loaded and saved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from dunlin_events.contracts.base import Event
from dunlin_events.contracts.billing_deposits import DepositRequested
from dunlin_events.contracts.billing_statements import StatementAnswered, StatementIssued
from dunlin_events.contracts.billing_transfers import DebtTransferred, SettledItemsPassed, TransferSide
from dunlin_events.contracts.notify import CancellationReason
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.frozen import replace
from notify_svc.domain.item import DunnedItem
from notify_svc.domain.item_history import ItemDated, ItemMoved, PaymentMoved, dates_of
from notify_svc.domain.ladder import LadderPolicy
from notify_svc.store import customers, item_history, items, ladder_policies, notices
from notify_svc.usecases.hear_deposit import hear_deposit
from notify_svc.usecases.hear_statement import hear_statement
from notify_svc.usecases.plan_carry_over import plan_carry_over
from notify_svc.usecases.plan_reminders import Change, plan_reminders
from notify_svc.usecases.watch_promises import Watched, watch_promises, watched_of


@dataclass(frozen=True, slots=True)
class CustomerItems:
    """The items of one customer as they stand now and as they were loaded, and what is new in their history.

    An item that went on at another customer is not this one's any more, whatever is told late of it here. `elsewhere`
    are those that another customer has at the end of this batch, `left` what told that items went on at another one.
    """

    customer_id: UUID
    policy: LadderPolicy
    items: Mapping[UUID, DunnedItem]
    loaded: Mapping[UUID, DunnedItem]
    ended_by: Mapping[UUID, CancellationReason]
    watched: Watched | None = None
    moves: tuple[ItemMoved, ...] = ()
    dates: tuple[ItemDated, ...] = ()
    payments: tuple[PaymentMoved, ...] = ()
    statements: tuple[StatementIssued, ...] = ()
    answered: tuple[StatementAnswered, ...] = ()
    deposits: tuple[DepositRequested, ...] = ()
    paid_ahead: tuple[UUID, ...] = ()
    elsewhere: frozenset[UUID] = frozenset()
    left: tuple[DebtTransferred, ...] = ()

    def item(self, item_id: UUID) -> DunnedItem:
        """Refuses: unknown_item."""
        if item_id not in self.items:
            raise RuleBroken("unknown_item", "Its invoice was never told.", item_id=item_id)
        return self.items[item_id]

    def having(self, item: DunnedItem) -> "CustomerItems":
        held = self.items.get(item.id)
        if held is not None and held.customer_id != self.customer_id:
            return self
        return replace(self, items={**self.items, item.id: item})

    def taking(self, item: DunnedItem) -> "CustomerItems":
        """With an item that is this customer's from now on."""
        return replace(self, items={**self.items, item.id: item})

    def leaving(self, event: DebtTransferred) -> "CustomerItems":
        """After items of this customer went on at another one."""
        return replace(self, left=(*self.left, event))

    def dated(self, item: DunnedItem, at: datetime) -> "CustomerItems":
        """With an item whose due date was changed by a fact recorded then."""
        told = dates_of(self.item(item.id), item, at)
        return replace(self.having(item), dates=(*self.dates, *told))

    def moved(
        self, item: DunnedItem, move: ItemMoved, *, ended_by: CancellationReason | None = None,
    ) -> "CustomerItems":
        """With an item as it is after a fact, and the fact in its history."""
        ends = {**self.ended_by, item.id: ended_by} if ended_by else self.ended_by
        return replace(self.having(item), moves=(*self.moves, move), ended_by=ends)

    def paid(self, payment: PaymentMoved) -> "CustomerItems":
        return replace(self, payments=(*self.payments, payment))

    @property
    def changes(self) -> list[Change]:
        """Each item that changed, and what was planned for it when it was loaded."""
        changed = [item for item in self.items.values()
                   if item.customer_id == self.customer_id and item.id not in self.elsewhere
                   and item != self.loaded.get(item.id)]
        return [
            Change(self._was_planned(item.id), item, self.ended_by.get(item.id, CancellationReason.SETTLED))
            for item in changed
        ]

    def _was_planned(self, item_id: UUID) -> Any:
        before = self.loaded.get(item_id)
        return before.planned(self.policy) if before and before.customer_id == self.customer_id else None


_PASSING = (DebtTransferred, SettledItemsPassed)


async def load(tx: Any, events: Sequence[Event]) -> Mapping[UUID, CustomerItems]:
    """The customers concerned, locked, also those from whom items come, and then the items that events are about."""
    ids = {event.concerns for event in events if event.concerns is not None}
    known = await customers.hold(tx, ids | {event.source_id for event in events if isinstance(event, _PASSING)})
    ladders = await ladder_policies.all_of(tx)
    found = await items.by_id(tx, {item_id for event in events for item_id in items_of(event)})
    watched = await watched_of(tx, ids)
    named: dict[UUID, set[UUID]] = {one: set() for one in ids}
    for event in events:
        if event.concerns is not None:
            named[event.concerns] |= set(items_of(event))
    came = _came_to(events)
    states = {}
    for one in ids:
        own = {item_id: found[item_id] for item_id in named[one] if item_id in found}
        elsewhere = frozenset(item_id for other, some in came.items() if other != one for item_id in some)
        states[one] = CustomerItems(
            one, ladders.of(known[one].segment), own, own, {}, watched.get(one), elsewhere=elsewhere)
    return states


def _came_to(events: Sequence[Event]) -> Mapping[UUID, set[UUID]]:
    """The items that came to each customer in a batch, and did not go on from there.

    Told before the fold, because customers of one batch may be kept one after the other: whoever is the last would
    have an item that the other one has.
    """
    came: dict[UUID, set[UUID]] = {}
    for event in events:
        if isinstance(event, _PASSING):
            some = came.setdefault(event.customer_id, set())
            is_gone = isinstance(event, DebtTransferred) and event.side is TransferSide.OUT
            (some.difference_update if is_gone else some.update)(items_of(event))
    return came


async def save(tx: Any, states: Mapping[UUID, CustomerItems]) -> None:
    """Keep what changed."""
    for state in states.values():
        for left in state.left:
            plan_carry_over(tx, left)
        item_history.add(tx, state.moves, state.payments)
        item_history.add_dates(tx, state.dates)
        told: list[ItemMoved | PaymentMoved] = [*state.moves, *state.payments]
        if state.watched and told:
            watch_promises(tx, state.customer_id, state.watched, event_id=told[-1].event_id, at=told[-1].recorded_at)
        plan_reminders(tx, state.policy, state.changes)
        for told_of in state.statements:
            hear_statement(tx, told_of)
        for answer in state.answered:
            notices.answered(tx, answer.statement_id, at=answer.heard.recorded_at, confirmed=answer.confirmed_items)
        for asked in state.deposits:
            hear_deposit(tx, asked)
        for request_id in state.paid_ahead:
            notices.deposit_waits_no_more(tx, request_id)


def items_of(event: Event) -> list[UUID]:
    """The items that a fact of billing-svc is about: those in its `items`, or the one in its `item_id`."""
    one = getattr(event, "item_id", None)
    return [one] if one is not None else [item.item_id for item in getattr(event, "items", ())]
