"""A debtor that was merged: ladders, promises, cases and calls go on at the other one, in whatever order it is told."""

from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from dunlin_events.contracts.base import Event, Heard
from dunlin_events.contracts.billing import CreditAllocated
from dunlin_events.contracts.billing_transfers import DebtTransferred
from dunlin_events.contracts.customer import CustomerRegistered
from dunlin_events.contracts.customer_groups import CustomersMerged
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from dunlin_kit.jobs import JobRunner
from dunlin_kit.testing import tell
from dunlin_kit.transaction import Transaction
from notify_svc import usecases
from notify_svc.consumers.billing import billing
from notify_svc.consumers.customer import customer
from notify_svc.jobs import carry_over_case, carry_over_promises
from notify_svc.usecases.make_promise import MakePromise
from notify_svc.usecases.open_case import OpenCase

ISSUED, DUE = date(2026, 1, 5), date(2026, 2, 4)


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def hear(desk: Any, who: UUID, first: int, *facts: Event) -> None:
    [row] = await desk.rows("SELECT clock_at FROM tenant WHERE tenant_id = $1", desk.tenant)
    await tell(desk.database, billing, desk.tenant, *facts, first=first, at=row["clock_at"])


async def hear_apart(desk: Any, *facts: Event) -> None:
    """In one batch, of which the customers are kept one after the other: each has a cause of its own."""
    [row] = await desk.rows("SELECT clock_at FROM tenant WHERE tenant_id = $1", desk.tenant)
    heard = [fact.hear(Heard(desk.tenant, new_id(), n, row["clock_at"], f"cause-{fact.concerns}"))
             for n, fact in enumerate(facts, start=1)]
    of = [(fact, fact.concerns) for fact in heard if fact.concerns is not None]

    async def work(tx: Transaction) -> None:
        assert billing.load is not None
        assert billing.save is not None
        states = dict(await billing.load(tx, heard))
        for fact, customer_id in of:
            states[customer_id] = billing.folds[fact.wire_type()](fact, states[customer_id])
        for one in dict.fromkeys(customer_id for _, customer_id in of):
            await billing.save(tx, {one: states[one]})

    await desk.database.transact(desk.tenant, work)


def passed(desk: Any, into: UUID, number: str, amount: str) -> tuple[DebtTransferred, DebtTransferred]:
    """The transfer of an item as it is told in each of the two streams."""
    item_id, invoice_id, due = desk.items[number]
    sides = zip(DebtTransferred.examples, (desk.customer, into), (f"-{amount}", amount), ("0.00", amount), strict=True)
    told = [DebtTransferred.model_validate(example | {
        "customer_id": who, "source_id": desk.customer, "into_id": into, "amount": cny(moved), "disputed": cny("0.00"),
        "items": [{**example["items"][0], "item_id": item_id, "invoice_id": invoice_id, "number": number,  # type: ignore[index]
                   "issued_on": ISSUED, "due_on": due, "amount": cny(moved), "open_after": cny(left),
                   "disputed_after": cny("0.00")}]}) for example, who, moved, left in sides]
    return told[0], told[1]


async def another(desk: Any) -> UUID:
    into: UUID = new_id()
    await tell(desk.database, customer, desk.tenant, *(CustomerRegistered.model_validate(
        CustomerRegistered.examples[0] | {"customer_id": who}) for who in (into, desk.customer)))
    return into


async def carry_over(desk: Any) -> None:
    runner = JobRunner(service="notify", ops=desk.ops, app=desk.database, handlers={
        carry_over_case.KIND: carry_over_case.run, carry_over_promises.KIND: carry_over_promises.run})
    while await runner.run_one():
        pass


async def owed(desk: Any) -> list[tuple[Any, ...]]:
    rows = await desk.rows("SELECT customer_id, number, open, passed_offset_days, next_level FROM dunned_item")
    return [tuple(row.values()) for row in rows]


@pytest.mark.parametrize("order", ["out first", "in first", "together", "kept apart"])
async def test_the_ladder_goes_on_where_it_was_whatever_is_heard_first(desk: Any, order: str) -> None:
    into = await another(desk)
    await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await desk.turn_to(date(2026, 2, 2))
    out, came = passed(desk, into, "INV1", "60.00")
    item_id, invoice_id, due = desk.items["INV1"]
    paid = CreditAllocated.model_validate(CreditAllocated.examples[0] | {
        "customer_id": desk.customer, "invoice_id": invoice_id, "item_id": item_id, "due_on": due,
        "open_after": cny("60.00"), "amount": cny("40.00")})
    if order == "out first":
        await hear(desk, desk.customer, 2, paid, out)
        await hear(desk, into, 1, came)
    elif order == "in first":
        await hear(desk, into, 1, came)
        await hear(desk, desk.customer, 2, paid, out)
    elif order == "together":
        await hear(desk, desk.customer, 2, paid, out, came)
    else:
        await hear_apart(desk, came, paid, out)
    assert await owed(desk) == [(into, "INV1", 6000, -3, 1)]
    desk.neighbours.items[into] = desk.neighbours.items.pop(desk.customer)
    desk.neighbours.owe(into, item_id, DUE, "60.00")
    await desk.turn_to(date(2026, 2, 9))
    assert [(day, items["INV1"]) for day, items in await desk.sent()] == [
        ("02-01", (0, "100.00")), ("02-07", (1, "60.00"))]
    assert [fact["customer_id"] for fact in await desk.facts("ReminderSent")] == [str(desk.customer), str(into)]


async def test_what_was_promised_goes_on_less_what_came(desk: Any) -> None:
    into = await another(desk)
    item = await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    command = MakePromise(desk.customer, Money.parse("80.00", "CNY"), date(2026, 2, 20), 0, frozenset(), None)
    await desk.database.transact(desk.tenant, partial(usecases.make_promise, command=command))
    out, came = passed(desk, into, "INV1", "100.00")
    await hear(desk, desk.customer, 2, out)
    await hear(desk, into, 1, came)
    await carry_over(desk)
    facts = [(fact["fact"], fact["customer_id"], fact.get("reason"), fact["amount"]["amount"], fact["items"])
             for fact in await desk.facts("PromiseMade", "PromiseWithdrawn")]
    assert facts == [("PromiseMade", str(desk.customer), None, "80.00", []),
                     ("PromiseWithdrawn", str(desk.customer), "merged", "80.00", []),
                     ("PromiseMade", str(into), None, "80.00", [str(item)])]


@pytest.mark.parametrize("has_one", [True, False])
async def test_its_case_goes_on_unless_the_other_has_one(desk: Any, has_one: bool) -> None:
    into = await another(desk)
    await desk.employ("E-7")
    for who in (desk.customer, into)[:1 + has_one]:
        await desk.database.transact(desk.tenant, partial(
            usecases.open_case, command=OpenCase(who, "E-7", None, None, None)))
    merged = CustomersMerged(customer_id=desk.customer, source_id=desk.customer, source_number="C-1", into_id=into,
                             into_number="C-2")
    [row] = await desk.rows("SELECT clock_at FROM tenant WHERE tenant_id = $1", desk.tenant)
    for first in (2, 3):
        await tell(desk.database, customer, desk.tenant, merged, first=first, at=row["clock_at"])
        await carry_over(desk)
    told = [(fact["fact"], fact["customer_id"]) for fact in await desk.facts("CaseOpened", "CaseClosed")]
    opened = [("CaseOpened", str(desk.customer)), *([("CaseOpened", str(into))] if has_one else [])]
    assert told == [*opened, ("CaseClosed", str(desk.customer)), *([] if has_one else [("CaseOpened", str(into))])]
    rows = await desk.rows("SELECT customer_id, owner_code FROM collection_case WHERE closed_on IS NULL")
    assert [tuple(row.values()) for row in rows] == [(into, "E-7")]
