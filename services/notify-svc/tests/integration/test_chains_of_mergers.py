"""An item that two mergers passed on ends alike whatever is heard first, and in however many batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from dunlin_events.contracts.base import Event, Heard
from dunlin_events.contracts.billing import CreditAllocated, InvoiceIssued
from dunlin_events.contracts.billing_arrangements import ArrangementAgreed
from dunlin_events.contracts.billing_disputes import DisputeOpened
from dunlin_events.contracts.billing_transfers import DebtTransferred
from dunlin_kernel.ids import new_id
from dunlin_kit.transaction import Transaction
from notify_svc.consumers.billing import billing

DUE, AGREED, AT = "2026-02-04", "2026-04-10", datetime(2026, 2, 20, 4, tzinfo=UTC)
KEPT = {
    "dunned_item": "SELECT customer_id, open, disputed, due_on, due_version, active, came_by FROM dunned_item "
                   "WHERE id = $1",
    "left_item": "SELECT customer_id, open, disputed, due_on, due_version, came_by FROM left_item WHERE item_id = $1",
    "item_due": "SELECT due_version, due_on, customer_id FROM item_due WHERE item_id = $1",
    "item_move": "SELECT event_id, customer_id, open_after, disputed_after FROM item_move WHERE item_id = $1",
}
PARTS = ("issue", "rest", "B", "C")
ORDERS = [order for order in permutations(PARTS) if order.index("issue") < order.index("rest")]


def cny(amount: int) -> dict[str, str]:
    return {"amount": f"{amount}.00", "currency": "CNY"}


@dataclass
class Chain:
    """An item of A that went on at B and from there at C: its facts, by part of the streams, and what they name."""

    item_id: UUID
    names: dict[Any, str]
    parts: dict[str, list[Event]]


def chain(tenant: UUID, origin: str) -> Chain:
    """All were recorded at one moment, as where a clock stands."""
    a, b, c, item, invoice = (new_id() for _ in range(5))

    def passed(who: UUID, side: str, moved: int, source: UUID, into: UUID) -> Event:
        left = max(moved, 0)
        return DebtTransferred.model_validate(DebtTransferred.examples[0] | {
            "customer_id": who, "side": side, "source_id": source, "into_id": into, "amount": cny(moved),
            "items": [{**DebtTransferred.examples[0]["items"][0], "item_id": item, "invoice_id": invoice,  # type: ignore[index]
                       "due_on": AGREED, "due_version": 2, "amount": cny(moved), "open_after": cny(left),
                       "disputed_after": cny(left and 20), "dunned": origin == "live"}]})

    def paid(who: UUID, part: int, left: int) -> Event:
        return CreditAllocated.model_validate(CreditAllocated.examples[0] | {
            "customer_id": who, "item_id": item, "amount": cny(part), "open_after": cny(left)})

    told = {
        "issued": InvoiceIssued.model_validate(InvoiceIssued.examples[0] | {
            "customer_id": a, "invoice_id": invoice, "origin": origin,
            "items": [{"item_id": item, "due_on": DUE, "amount": cny(100)}]}),
        "disputed": DisputeOpened.model_validate(DisputeOpened.examples[0] | {
            "customer_id": a, "items": [{"item_id": item, "amount": cny(0), "open_after": cny(100),
                                         "disputed_after": cny(20)}]}),
        "agreed": ArrangementAgreed.model_validate(ArrangementAgreed.examples[1] | {
            "customer_id": a, "items": [{"item_id": item, "due_on": AGREED, "due_version": 2}]}),
        "paid A": paid(a, 40, 60), "out A": passed(a, "out", -60, a, b), "in B": passed(b, "in", 60, a, b),
        "out B": passed(b, "out", -60, b, c), "in C": passed(c, "in", 60, b, c), "paid C": paid(c, 10, 50)}
    heard = {name: fact.hear(Heard(tenant, new_id(), n, AT, f"cause-{fact.concerns}"))
             for n, (name, fact) in enumerate(told.items(), start=1)}
    names = {a: "A", b: "B", c: "C"} | {fact.heard.event_id: name for name, fact in heard.items()}
    of_a = ["disputed", "agreed", "paid A", "out A"]
    return Chain(item, names, {"issue": [heard["issued"]], "rest": [heard[name] for name in of_a],
                               "B": [heard["in B"], heard["out B"]], "C": [heard["in C"], heard["paid C"]]})


async def hear(desk: Any, facts: Sequence[Event], meanwhile: Sequence[Event] = ()) -> None:
    """In one batch, of which the customers are kept one after the other: each has a cause of its own.

    What is told `meanwhile` is heard by another consumer when this one has begun.
    """
    others = [meanwhile] if meanwhile else []

    async def work(tx: Transaction) -> None:
        assert billing.load is not None
        assert billing.save is not None
        states = dict(await billing.load(tx, facts))
        if others:
            await hear(desk, others.pop())
        of = [(fact, fact.concerns) for fact in facts if fact.concerns is not None]
        for fact, customer_id in of:
            states[customer_id] = billing.folds[fact.wire_type()](fact, states[customer_id])
        for one in dict.fromkeys(customer_id for _, customer_id in of):
            await billing.save(tx, {one: states[one]})

    await desk.database.transact(desk.tenant, work)


async def kept(desk: Any, one: Chain) -> dict[str, list[tuple[Any, ...]]]:
    return {table: sorted(tuple(one.names.get(value, value) for value in row.values())
                          for row in await desk.rows(statement, one.item_id)) for table, statement in KEPT.items()}


def batches(order: Sequence[str], sizes: Sequence[int]) -> Iterator[Sequence[str]]:
    begin = 0
    for size in sizes:
        yield order[begin:begin + size]
        begin += size


@pytest.mark.parametrize(("origin", "active"), [("live", True), ("import", False)])
async def test_an_item_ends_alike_whatever_is_heard_first(desk: Any, origin: str, active: bool) -> None:
    ends = {}
    for order in ORDERS:
        for sizes in ((1, 1, 1, 1), (2, 2), (4,)):
            one = chain(desk.tenant, origin)
            for batch in batches(order, sizes):
                await hear(desk, [fact for part in batch for fact in one.parts[part]])
            ends[order, sizes] = await kept(desk, one)
    right = ends[ORDERS[0], (1, 1, 1, 1)]
    assert {run: end for run, end in ends.items() if end != right} == {}
    [stands] = right["dunned_item"]
    assert (stands[0], stands[1], stands[2], stands[4], stands[5], stands[6]) == ("C", 5000, 2000, 2, active, "in C")
    assert [(row[0], row[1], row[4], row[5]) for row in right["left_item"]] == [("A", 0, 2, None), ("B", 0, 2, "in B")]
    assert [(row[0], row[2]) for row in right["item_due"]] == [(1, "A"), (2, "A")]
    assert ("paid A", "A", 6000, 2000) in right["item_move"]


async def test_two_that_hear_of_it_at_once_do_not_overwrite_each_other(desk: Any) -> None:
    for first, meanwhile in (("issue", "C"), ("C", "issue")):
        one = chain(desk.tenant, "live")
        await hear(desk, one.parts[first], one.parts[meanwhile])
        for part in ("rest", "B"):
            await hear(desk, one.parts[part])
        end = await kept(desk, one)
        assert [row[:2] for row in end["dunned_item"]] == [("C", 5000)]
        assert [row[:2] for row in end["left_item"]] == [("A", 0), ("B", 0)]
