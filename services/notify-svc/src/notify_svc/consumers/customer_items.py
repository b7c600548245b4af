"""The items of one customer that a batch of billing's facts is about: what the facts fold into, loaded and saved."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
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
from notify_svc.store import customers, item_history, items, ladder_policies, left_items, notices
from notify_svc.store.customers import CustomerKept
from notify_svc.usecases.hear_deposit import hear_deposit
from notify_svc.usecases.hear_statement import hear_statement
from notify_svc.usecases.plan_carry_over import plan_carry_over
from notify_svc.usecases.plan_reminders import Change, plan_reminders
from notify_svc.usecases.watch_promises import Watched, watch_promises, watched_of


@dataclass(frozen=True, slots=True)
class CustomerItems:
    """The items of one customer as they stand now and as they were loaded, and what is new in their history.

    `items` are as this customer's own stream tells of them: of several that told of an item the one counts to whose
    customer it came last, whatever is heard first. `standing` are the items as they stood when loaded, at whatever
    customer; `gone` those that stand at another one at the end of this batch; `parted` what the streams of others had
    told of those that come here in it. `left` is what told that items went on at another customer.
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
    standing: Mapping[UUID, DunnedItem] = field(default_factory=dict)
    gone: frozenset[UUID] = frozenset()
    parted: tuple[DunnedItem, ...] = ()
    left: tuple[DebtTransferred, ...] = ()

    def item(self, item_id: UUID) -> DunnedItem:
        """Refuses: unknown_item."""
        if item_id not in self.items:
            raise RuleBroken("unknown_item", "Its invoice was never told.", item_id=item_id)
        return self.items[item_id]

    def having(self, item: DunnedItem) -> "CustomerItems":
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
        """Each item of its own that changed, and what was planned for it when it was loaded."""
        changed = [item for item in self.items.values()
                   if item.id not in self.gone and item != self.loaded.get(item.id)]
        return [
            Change(self._was_planned(item.id), item, self.ended_by.get(item.id, CancellationReason.SETTLED),
                   item.id not in self.standing)
            for item in changed
        ]

    @property
    def told_beside(self) -> list[DunnedItem]:
        """What is to be kept of items that stand at another customer: as their streams told of them."""
        own = [item for item in self.items.values() if item.id in self.gone and (
            item is not self.loaded.get(item.id) or self._stood_here(item.id))]
        return [*own, *self.parted]

    def _was_planned(self, item_id: UUID) -> Any:
        return self.loaded[item_id].planned(self.policy) if self._stood_here(item_id) else None

    def _stood_here(self, item_id: UUID) -> bool:
        return item_id in self.standing and self.standing[item_id].customer_id == self.customer_id


_PASSING = (DebtTransferred, SettledItemsPassed)


async def load(tx: Any, events: Sequence[Event]) -> Mapping[UUID, CustomerItems]:
    """The customers concerned, locked, also those from whom items come, and then the items that events are about."""
    ids = {event.concerns for event in events if event.concerns is not None}
    named: dict[UUID, set[UUID]] = {one: set() for one in ids}
    for event in events:
        if event.concerns is not None:
            named[event.concerns] |= set(items_of(event))
    came = _came_to(events)
    sources = {event.source_id for event in events if isinstance(event, _PASSING)}
    known, found = await _held(tx, ids | sources, {one for some in named.values() for one in some}, came)
    ladders = await ladder_policies.all_of(tx)
    watched = await watched_of(tx, ids)
    away = {item_id: found[item_id] for one in ids for item_id in named[one] & found.keys()
            if found[item_id].customer_id != one}
    beside = await left_items.told_of(tx, away.values())
    stands = {item.id: item.customer_id for item in found.values()} | {
        item_id: one for item_id, (rank, one) in came.items()
        if item_id not in found or rank > (found[item_id].came or ())}
    states = {}
    for one in ids:
        standing = {item_id: found[item_id] for item_id in named[one] & found.keys()}
        own = {item.id: item if item.customer_id == one else
               beside.get((one, item.id)) or replace(item, customer_id=one, came=None) for item in standing.values()}
        states[one] = CustomerItems(
            one, ladders.of(known[one].segment), own, own, {}, watched.get(one), standing=standing,
            gone=frozenset(item_id for item_id in named[one] if stands.get(item_id, one) != one),
            parted=tuple(item for item in standing.values() if item.customer_id != one == stands[item.id]
                         and item.id not in named.get(item.customer_id, ())))
    return states


async def _held(
    tx: Any, ids: Collection[UUID], item_ids: Collection[UUID], came: Collection[UUID],
) -> tuple[Mapping[UUID, CustomerKept], Mapping[UUID, DunnedItem]]:
    """Customers, locked, and items, read after that: with those at whom an item stands that comes to another one.

    Where one of them changes meanwhile, the new one is waited for as well.
    """
    held, beside = set(ids), {item.customer_id for item in (await items.by_id(tx, came)).values()} if came else set()
    while True:
        held |= beside
        known = await customers.hold(tx, held)
        found = await items.by_id(tx, item_ids)
        beside = {found[item_id].customer_id for item_id in came if item_id in found} - held
        if not beside:
            return known, found


def _came_to(events: Sequence[Event]) -> Mapping[UUID, tuple[tuple[datetime, UUID], UUID]]:
    """To which customer each item came last in a batch, and by which fact.

    Told before the fold, because customers of one batch may be kept one after the other: each must know which of them
    has an item at the end.
    """
    came: dict[UUID, tuple[tuple[datetime, UUID], UUID]] = {}
    for event in events:
        comes = isinstance(event, SettledItemsPassed) or (
            isinstance(event, DebtTransferred) and event.side is TransferSide.IN)
        if comes and event.concerns is not None:
            coming = (event.heard.recorded_at, event.heard.event_id), event.concerns
            came |= {item_id: max(coming, came.get(item_id, coming)) for item_id in items_of(event)}
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
        left_items.keep(tx, state.told_beside)
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
