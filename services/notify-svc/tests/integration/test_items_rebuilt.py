"""Items built again from billing-svc's log: what was spoilt is put right and planned anew; the ladder's own stays."""

from collections.abc import Sequence
from typing import Any

from dunlin_events.consuming import Consumer
from dunlin_events.contracts.base import Event
from dunlin_events.contracts.billing import CreditAllocated, InvoiceIssued
from dunlin_events.envelope import Envelope, Record, stream_of
from dunlin_events.memory_bus import MemoryBus
from dunlin_events.rebuilding import Rebuild, Transacting
from dunlin_events.testing import deliver_all
from dunlin_kernel.clock import SystemClock
from dunlin_kernel.ids import new_id
from dunlin_kit.database import Database
from dunlin_kit.rebuilds import projections_of, seeing_only
from notify_svc.consumers.billing import billing

TOPIC = "dunlin-billing"
OPEN, SETTLED = new_id(), new_id()
NOTHING = dict.fromkeys(
    ("asked_deposit", "dunned_item", "item_due", "item_move", "left_item", "payment_move", "statement",
     "exchange_rate"), 0)
ROWS = "SELECT id, open, active, passed_offset_days, next_level, next_on FROM dunned_item ORDER BY id"


def issued(desk: Any, item: Any, invoice: Any) -> Event:
    return InvoiceIssued.model_validate(InvoiceIssued.examples[0] | {
        "customer_id": desk.customer, "invoice_id": invoice, "issued_on": "2026-01-05",
        "items": [{"item_id": item, "due_on": "2026-02-04", "amount": {"amount": "4520.00", "currency": "CNY"}}]})


async def hear(desk: Any, facts: Sequence[Event]) -> MemoryBus:
    """Facts of the customer's stream, over a bus."""
    bus, stream, now = MemoryBus(), stream_of(desk.tenant, desk.customer), SystemClock().now()
    await bus.publisher().publish(TOPIC, [
        Record(stream, Envelope(
            new_id(), fact.wire_type(), "/dunlin/billing", stream, 1, at, now, now, "c").headers(),
            fact.model_dump_json().encode())
        for at, fact in enumerate(facts, 1)])
    reader = bus.reader("notify", [TOPIC], "one")
    await deliver_all(Consumer(reader, [billing], desk.database.transact, name="notify"))
    return bus


async def test_what_was_spoilt_is_put_right_and_planned_anew(desk: Any) -> None:
    invoices = new_id(), new_id()
    settled = CreditAllocated.model_validate(CreditAllocated.examples[0] | {
        "customer_id": desk.customer, "invoice_id": invoices[1], "item_id": SETTLED})
    bus = await hear(desk, [issued(desk, OPEN, invoices[0]), issued(desk, SETTLED, invoices[1]), settled])
    right = await desk.rows(ROWS)
    assert [row["next_level"] is None for row in right] == [False, True]
    facts = len(await desk.facts())

    projection = projections_of("notify_svc")["items"]
    shadow = seeing_only(Database(desk.urls.app, source="/dunlin/notify", pool_size=2), projection.schema)
    rebuild = Rebuild(projection, bus, desk.urls.owner, Transacting(shadow.transact, desk.database.transact))
    await rebuild.start()
    assert await rebuild.follow() == 3
    assert (await rebuild.compare()).is_equal
    assert len(await desk.facts()) == facts, "a replay tells nothing"

    await desk.rows("UPDATE dunned_item SET open = 0, next_level = NULL, next_on = NULL WHERE id = $1", OPEN)
    await desk.rows("UPDATE dunned_item SET open = 7, next_level = 1, next_on = '2026-02-01' WHERE id = $1", SETTLED)
    assert await rebuild.switch() == NOTHING | {"dunned_item": 2}
    assert await desk.rows(ROWS) == right
    assert [fact["fact"] for fact in (await desk.facts())[facts:]] == ["ReminderScheduled"]
    await rebuild.drop()
    await shadow.close()


async def test_what_the_ladder_knows_by_itself_is_no_difference(desk: Any) -> None:
    bus = await hear(desk, [issued(desk, OPEN, new_id())])
    await desk.rows("UPDATE dunned_item SET active = false, passed_offset_days = 3, next_level = NULL, next_on = NULL")
    projection = projections_of("notify_svc")["items"]
    shadow = seeing_only(Database(desk.urls.app, source="/dunlin/notify", pool_size=2), projection.schema)
    rebuild = Rebuild(projection, bus, desk.urls.owner, Transacting(shadow.transact, desk.database.transact))
    await rebuild.start()
    assert (await rebuild.compare()).is_equal
    assert await rebuild.switch() == NOTHING
    [row] = await desk.rows(ROWS)
    assert (row["active"], row["passed_offset_days"], row["next_on"]) == (False, 3, None)
    await rebuild.drop()
    await shadow.close()


async def test_the_history_of_items_is_built_again_where_it_was_lost(desk: Any) -> None:
    bus = await hear(desk, [issued(desk, OPEN, new_id())])
    right = await desk.rows("SELECT * FROM item_move")
    assert [(row["fact"], row["amount"], row["open_after"], row["sequence"]) for row in right] == [
        ("InvoiceIssued", 452000, 452000, 1)]
    await desk.rows("DELETE FROM item_move")
    projection = projections_of("notify_svc")["items"]
    shadow = seeing_only(Database(desk.urls.app, source="/dunlin/notify", pool_size=2), projection.schema)
    rebuild = Rebuild(projection, bus, desk.urls.owner, Transacting(shadow.transact, desk.database.transact))
    await rebuild.start()
    await rebuild.follow()
    assert not (await rebuild.compare()).is_equal
    assert await rebuild.switch() == NOTHING | {"item_move": 1}
    assert await desk.rows("SELECT * FROM item_move") == right
    await rebuild.drop()
    await shadow.close()
