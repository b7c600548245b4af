"""A promise to pay: what may be promised, and whether it was kept, judged by the days on which money came."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from dunlin_kernel.calendar import days_after
from dunlin_kernel.errors import Conflict, RuleBroken
from dunlin_kernel.lifecycle import IllegalTransition
from dunlin_kernel.money import Money, sum_money
from notify_svc.domain.item import DunnedItem
from notify_svc.domain.item_history import ItemMoved, PaymentMoved

MAX_DAYS_AHEAD = 366
MAX_GRACE_DAYS = 31


class PromiseStatus(StrEnum):
    """`withdrawn`: ended without a judgement, by a person or because nothing is owed of it any more."""

    RUNNING = "running"
    KEPT = "kept"
    BROKEN = "broken"
    WITHDRAWN = "withdrawn"


JUDGED = frozenset({PromiseStatus.KEPT, PromiseStatus.BROKEN})
WITHDRAWN, NOTHING_OWED, MERGED = "withdrawn", "nothing_owed", "merged"


@dataclass(frozen=True, slots=True)
class Promise:
    """An amount promised by a day; `items` is empty where it is for all that is owed in its currency.

    What billing-svc told after `heard_sequence` counts. `required` is what must come for it to be kept: the amount, or,
    once judged, no more than there was to be paid.
    """

    id: UUID
    customer_id: UUID
    amount: Money
    promised_on: date
    grace_days: int
    items: frozenset[UUID]
    made_on: date
    made_by: str
    note: str | None
    open_when_made: Money
    heard_sequence: int
    required: Money
    received: Money
    status: PromiseStatus = PromiseStatus.RUNNING
    judged_on: date | None = None
    end_reason: str | None = None

    @property
    def last_on(self) -> date:
        """The last day on which money is in time."""
        return days_after(self.promised_on, self.grace_days)

    def covers(self, item: DunnedItem) -> bool:
        """Whether this promise pauses the item's ladder, while it runs."""
        return item.open.currency == self.amount.currency and (not self.items or item.id in self.items)

    def withdrawn(self, today: date, reason: str) -> "Promise":
        """Refuses: illegal_transition, unless it runs."""
        if self.status is not PromiseStatus.RUNNING:
            raise IllegalTransition(
                "illegal_transition", f"This promise is {self.status.value}; only a running one is withdrawn.",
                status=self.status.value)
        return replace(self, status=PromiseStatus.WITHDRAWN, judged_on=today, end_reason=reason)


def check_promise(promise: Promise, owed: Iterable[DunnedItem], running: Iterable[Promise]) -> None:
    """Whether it may be made today. `owed` are the items that it is for, `running` the customer's other promises.

    Refuses, in this order: amount_not_positive, promise_day_out_of_range, bad_grace_days, promise_above_open,
    promise_running.
    """
    if not promise.amount.is_positive:
        raise RuleBroken("amount_not_positive", "A promise is of an amount above zero.")
    if not promise.made_on <= promise.promised_on <= days_after(promise.made_on, MAX_DAYS_AHEAD):
        raise RuleBroken(
            "promise_day_out_of_range", f"A promise is for today or a day at most {MAX_DAYS_AHEAD} days ahead.")
    if not 0 <= promise.grace_days <= MAX_GRACE_DAYS:
        raise RuleBroken("bad_grace_days", f"Days of grace are between 0 and {MAX_GRACE_DAYS}.")
    if promise.amount > promise.open_when_made:
        raise RuleBroken("promise_above_open", "No more can be promised than is owed.",
                         open=promise.open_when_made.amount, currency=promise.open_when_made.currency)
    items = list(owed)
    for other in running:
        if any(other.covers(item) for item in items):
            raise Conflict("promise_running", "There is a running promise for this already; withdraw it first.",
                           promise_id=other.id)


def received_for(promise: Promise, moves: Iterable[ItemMoved], payments: Iterable[PaymentMoved]) -> Money:
    """What came for a promise in time: the customer's own money, by the day from which it counts, less what went back.

    For items, what was set against them; for all that is owed, payments, whatever they were set against.
    """
    counted: dict[UUID, Money] = {}
    if promise.items:
        parts = [(m.allocation_id, -m.amount, m.business_on if m.cash else None, m.sequence)
                 for m in moves if m.item_id in promise.items and m.allocation_id is not None]
    else:
        parts = [(p.payment_id, p.amount, p.received_on, p.sequence) for p in payments
                 if p.amount.currency == promise.amount.currency]
    for source, amount, counts_from, sequence in parts:
        if counts_from is not None:
            if sequence > promise.heard_sequence and counts_from <= promise.last_on:
                counted[source] = amount
        elif source in counted and amount.is_negative:
            counted[source] += amount
    return sum_money(promise.amount.currency, counted.values())


def judged(promise: Promise, *, received: Money, open_now: Money, today: date) -> Promise:
    """A running promise at the turn of the day; the same while nothing decides it. `open_now` is still owed of it.

    Kept once the money is there, also where less than was promised is owed any more; withdrawn where nothing is owed
    and nothing came; broken on the day after its last one.
    """
    assert promise.status is PromiseStatus.RUNNING
    seen = replace(promise, received=received)
    required = min(promise.amount, received + open_now)
    if required.is_positive and received >= required:
        return replace(seen, status=PromiseStatus.KEPT, judged_on=today, required=required)
    if not required.is_positive:
        return seen.withdrawn(today, NOTHING_OWED)
    if today > promise.last_on:
        return replace(seen, status=PromiseStatus.BROKEN, judged_on=today, required=required)
    return seen


def carried_over(
    promise: Promise, customer_id: UUID, new_id: UUID, *, received: Money, gone: Mapping[UUID, Money],
) -> Promise | None:
    """What the customer with whom another one goes on still has to pay of a promise, for the items that went there.

    `gone` is what was open of each item that did. None where nothing of it went, or all of it came before.
    """
    meant = {one: left for one, left in gone.items() if not promise.items or one in promise.items}
    left = sum_money(promise.amount.currency, meant.values())
    amount = min(promise.amount - received, left)
    if not amount.is_positive:
        return None
    return replace(
        promise, id=new_id, customer_id=customer_id, amount=amount, items=frozenset(meant), open_when_made=left,
        heard_sequence=0, required=amount, received=Money.zero(amount.currency))


def corrected(promise: Promise, *, received: Money, today: date) -> Promise:
    """A judged promise after more was told: the other way round where its money came in time, or went back."""
    assert promise.status in JUDGED
    seen = replace(promise, received=received)
    if promise.status is PromiseStatus.BROKEN:
        return replace(seen, status=PromiseStatus.KEPT, judged_on=today) if received >= promise.required else seen
    if received >= promise.required:
        return seen
    if today > promise.last_on:
        return replace(seen, status=PromiseStatus.BROKEN, judged_on=today)
    return replace(seen, status=PromiseStatus.RUNNING, judged_on=None, required=promise.amount)
