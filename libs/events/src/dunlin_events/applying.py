"""Applying: one batch of events in one transaction, each stream under its watermark."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from prometheus_client import Histogram

from dunlin_events import era_told, parked_rows, watermark
from dunlin_events.contracts.base import Event
from dunlin_events.envelope import LONGEST_STREAM, Envelope, Record, Undecodable, UnknownValue, stream_of
from dunlin_events.eras import says_all_was_told
from dunlin_events.parked_rows import Parked, storable
from dunlin_events.structured import in_binary_mode
from dunlin_events.subscription import Subscription, Tx
from dunlin_events.watermark import ERA, HOLE, POISON, UNREADY, Key, Mark
from dunlin_kernel.ids import NIL

UNDECODABLE = "undecodable"
BEHIND = "behind"
HANDLER_SECONDS = Histogram(
    "dunlin_handler_seconds", "Time in a handler, per event", ["consumer", "fact"],
    buckets=(0.00001, 0.0001, 0.001, 0.01, 0.1, 1, 10),
)


@cache
def _timer(consumer: str, fact: type[Event]) -> Any:
    return HANDLER_SECONDS.labels(consumer, fact.__name__)


class Item(NamedTuple):
    """A record as one subscription sees it. `event` is there if it is handled, `spoilt` if it cannot be read.

    `holds` is what its stream is held by then: poison, or unready where a later version of this hearer will read it.
    """

    subscription: Subscription
    key: Key
    place: str
    record: Record
    envelope: Envelope | None
    event: Event | None = None
    spoilt: str | None = None
    holds: str = POISON

    @classmethod
    def of(cls, subscription: Subscription, record: Record, place: str) -> "Item":
        """Raises nothing, whatever the record is: one that cannot be read for a reason unthought of is spoilt too."""
        envelope, event, spoilt, holds = None, None, None, POISON
        try:
            plain = in_binary_mode(record)
            envelope = _envelope_of(plain)
            event = _event_of(subscription, envelope, plain)
        except Undecodable as error:
            spoilt, holds = str(error), UNREADY if isinstance(error, UnknownValue) else POISON
        except Exception as error:
            spoilt = repr(error)
        stream = envelope.stream if envelope else storable(record.key)[:LONGEST_STREAM]
        if envelope and says_all_was_told(envelope.type):
            stream = era_told.place_of(stream)
        key = Key(subscription.consumer, subscription.owner, stream)
        return cls(subscription, key, place, record, envelope, event, spoilt, holds)

    @property
    def is_numbered(self) -> bool:
        """Whether it has a place in its stream."""
        return self.envelope is not None and not says_all_was_told(self.envelope.type)

    def parked(self, reason: str, detail: str) -> Parked:
        return Parked(self.key, self.place, self.record, self.envelope, reason, storable(detail))


@dataclass(slots=True)
class Plan:
    """What becomes of each item of a batch, given where the watermarks stand.

    `told` has the partitions whose owner said that all of an era was told, and whether another restore had said so.
    """

    marks: dict[Key, Mark]
    work: list[Item] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    moved: set[Key] = field(default_factory=set)
    closed: set[Key] = field(default_factory=set)
    told: list[tuple[Key, Envelope, bool]] = field(default_factory=list)

    def place(self, item: Item) -> None:
        """Apply it, let it wait, or pass over it because it was applied before."""
        mark, envelope = self.marks[item.key], item.envelope
        if envelope is None:
            # It holds nothing up by itself: if it was an event of this stream, the next one leaves a hole.
            self.parked.append(item.parked(UNDECODABLE, item.spoilt or ""))
        elif says_all_was_told(envelope.type):
            self._all_was_told(item, envelope, mark)
        elif envelope.era < mark.era:
            self._is_no_more(item, mark)
        elif mark.sequence and envelope.era != mark.era:
            self._other_era(item, envelope, mark)
        elif envelope.sequence <= mark.sequence:
            self._heard_before(item, envelope, mark)
        elif envelope.sequence > mark.sequence + 1 or mark.held not in (None, HOLE):
            self._wait(item, mark.held or HOLE, BEHIND)
        elif item.spoilt is not None:
            self._wait(item, item.holds, item.holds)
        else:
            self._apply(item, envelope, mark)

    def _apply(self, item: Item, envelope: Envelope, mark: Mark) -> None:
        if mark.held == HOLE:
            self.closed.add(item.key)
        self.work.append(item)
        self._move(item.key, Mark(envelope.era, envelope.sequence, envelope.event_id, mark.held))

    def _heard_before(self, item: Item, envelope: Envelope, mark: Mark) -> None:
        """Pass over it, unless it is another event under the watermark's own number.

        The number was given twice: the owner was restored, and tells on without a new era. Events that an operator gave
        up unseen have no id to compare.
        """
        ids = {envelope.event_id, mark.event_id}
        if envelope.sequence == mark.sequence and len(ids) == 2 and NIL not in ids:
            self.parked.append(item.parked(ERA, f"Event {mark.event_id} was heard under this number."))
            self.closed.discard(item.key)
            self._move(item.key, mark._replace(held=ERA))

    def hold_told_twice(self, parked: Parked) -> Parked:
        """Hold its stream: another event waits under its number. Nobody can say which of those behind is whose."""
        event_id = parked.envelope.event_id if parked.envelope else NIL
        again = parked._replace(reason=ERA, detail=f"Event {event_id} came under this number too.")
        self.parked.append(again)
        self.closed.discard(parked.key)
        self._move(parked.key, self.marks[parked.key]._replace(held=ERA))
        return again

    def _is_no_more(self, item: Item, mark: Mark) -> None:
        """Pass over it; where nothing was heard, the mark says since which era, for those who read it."""
        if not mark.sequence:
            self.moved.add(item.key)

    def _other_era(self, item: Item, envelope: Envelope, mark: Mark) -> None:
        # What comes again from before the watermark proves nothing; one of it is kept to show that the stream is held.
        if envelope.sequence >= mark.sequence or mark.held is None:
            self._wait(item, ERA, BEHIND)

    def _all_was_told(self, item: Item, envelope: Envelope, mark: Mark) -> None:
        if era_told.is_told_by_another(mark, envelope):
            self.told.append((item.key, envelope, True))
        elif envelope.era >= mark.era and envelope.event_id != mark.event_id:
            self.told.append((item.key, envelope, False))
            self._move(item.key, Mark(envelope.era, 0, envelope.event_id, None))

    def _wait(self, item: Item, held: str, reason: str) -> None:
        self.parked.append(item.parked(reason, item.spoilt or ""))
        self._move(item.key, self.marks[item.key]._replace(held=held))

    def _move(self, key: Key, mark: Mark) -> None:
        if self.marks[key] != mark:
            self.marks[key] = mark
            self.moved.add(key)


async def apply(tx: Tx, items: Sequence[Item]) -> Plan:
    """Apply what can be applied, park what must wait, and move the watermarks."""
    plan = Plan(await lock(tx, items))
    for item in items:
        plan.place(item)
    await work_off(tx, plan.work)
    await store(tx, plan)
    for key, envelope, by_another in plan.told:
        plan.parked += await (
            era_told.hold_place(tx, key, envelope) if by_another
            else era_told.hold_missing(tx, key, envelope, plan.marks))
    return plan


async def store(tx: Tx, plan: Plan) -> None:
    """Park what waits and move the watermarks; a stream that was told in two ways is held."""
    for one in await parked_rows.park(tx, plan.parked):
        again = plan.hold_told_twice(one)
        await parked_rows.blame(tx, again.key, again.mark, ERA, again.detail)
    await watermark.advance(tx, {key: plan.marks[key] for key in plan.moved})


async def lock(tx: Tx, items: Sequence[Item]) -> dict[Key, Mark]:
    """Lock their streams, and those that the end of an era may hold.

    A stream of which nothing is heard begins in the last era that was told in full, if there is one: so what an
    earlier era said of a stream that is gone stays unheard, however often the log is read again.
    """
    keys = {item.key for item in items}
    for item in items:
        if item.envelope and not item.is_numbered:
            keys.update(await era_told.behind(tx, item.key, item.envelope))
    marks = await watermark.lock(tx, keys)
    blank = {item.key for item in items if item.is_numbered and not marks[item.key].sequence}
    told = await era_told.last_told(tx, blank)
    return marks | {key: marks[key]._replace(era=max(marks[key].era, era)) for key, era in told.items()}


async def work_off(tx: Tx, items: Sequence[Item]) -> None:
    """Run the handlers, tenant by tenant: those of the tenant's own stream first, then the folds.

    The tenants come in one order in every process, so that two batches never wait for each other.
    """
    tenants: dict[UUID, list[Item]] = {}
    for item in items:
        if item.event is not None:
            tenants.setdefault(item.event.heard.tenant_id, []).append(item)
    for tenant, run in sorted(tenants.items(), key=lambda entry: entry[0]):
        await tx.act_for(tenant)
        await _handle(tx, run)
        for subscription in {item.subscription: None for item in run}:
            folded = [i.event for i in run if i.event and i.subscription is subscription
                      and i.event.wire_type() in subscription.folds]
            if folded:
                await _fold(tx, subscription, folded)


async def _handle(tx: Tx, items: Sequence[Item]) -> None:
    clock = asyncio.get_running_loop().time
    handled = False
    for item in items:
        event = item.event
        handler = item.subscription.tenant_handlers.get(event.wire_type()) if event else None
        if event and handler:
            began = clock()
            tx.cause(event.heard.correlation_id, str(event.heard.event_id))
            await handler(tx, event)
            _timer(item.key.consumer, type(event)).observe(clock() - began)
            handled = True
    if handled:
        await tx.flush()


async def _fold(tx: Tx, subscription: Subscription, events: Sequence[Event]) -> None:
    assert subscription.load is not None
    assert subscription.save is not None
    clock = asyncio.get_running_loop().time
    states: dict[UUID, Any] = dict(await subscription.load(tx, events))
    last: dict[UUID, Event] = {}
    for event in events:
        customer = event.concerns
        assert customer is not None, f"{type(event).__name__} concerns no customer: it needs a tenant handler"
        began = clock()
        states[customer] = subscription.folds[event.wire_type()](event, states[customer])
        last[customer] = event
        _timer(subscription.consumer, type(event)).observe(clock() - began)
    causes: dict[str, list[UUID]] = {}
    for customer, event in last.items():
        causes.setdefault(event.heard.correlation_id, []).append(customer)
    for correlation, customers in causes.items():
        tx.cause(correlation, str(last[customers[-1]].heard.event_id))
        await subscription.save(tx, {customer: states[customer] for customer in customers})


def in_stream(record: Record) -> tuple[Record, Envelope] | None:
    """The record in binary mode and under the key of its stream, and its envelope; None for one in no stream.

    Raises nothing, whatever the record is: what this cannot read is parked as undecodable by whoever applies it.
    """
    try:
        plain = in_binary_mode(record)
        envelope = _envelope_of(plain)
    except Exception:
        return None
    return plain._replace(key=envelope.stream), envelope


def _envelope_of(record: Record) -> Envelope:
    envelope = Envelope.of(record)
    try:
        _ = envelope.tenant_id
    except ValueError:
        raise Undecodable("malformed_header", "The stream names no tenant.") from None
    return envelope


def _event_of(subscription: Subscription, envelope: Envelope, record: Record) -> Event | None:
    if not subscription.hears(envelope.type):
        return None
    event = envelope.event(record.value)
    if event and stream_of(envelope.tenant_id, event.concerns) != envelope.stream:
        raise Undecodable("wrong_stream", f"The {envelope.type} concerns another customer than its stream.")
    return event
