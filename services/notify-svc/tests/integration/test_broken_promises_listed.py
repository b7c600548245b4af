"""How long a broken promise is a reason to call: until it is paid, acted on, followed by another, or too old."""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction
from notify_svc import usecases
from notify_svc.domain.call import CallOutcome
from notify_svc.domain.collection_case import USUAL_COLLECTION, EntryKind
from notify_svc.domain.worklist import Why, rank
from notify_svc.domain.worth import Rates
from notify_svc.store import worklist
from notify_svc.usecases.log_call import LogCall
from notify_svc.usecases.make_promise import MakePromise
from notify_svc.usecases.open_case import OpenCase

ISSUED, DUE = date(2026, 1, 5), date(2026, 2, 4)
PROMISED, BROKEN = date(2026, 2, 8), date(2026, 2, 9)


async def promised(desk: Any, amount: str, on: date, *items: UUID) -> None:
    await desk.database.transact(desk.tenant, partial(usecases.make_promise, command=MakePromise(
        desk.customer, Money.parse(amount, "CNY"), on, 0, frozenset(items), None)))


async def is_reason(desk: Any, on: date, days: int = 30) -> bool:
    async def look(tx: Transaction) -> bool:
        found = await worklist.candidates(tx, today=on, owners=None, broken_days=days)
        ranked = rank(
            [row.candidate for row in found], today=on, policy=replace(USUAL_COLLECTION, broken_promise_days=days),
            rates=Rates("CNY"))
        return any(Why.PROMISE_BROKEN in one.why for one in ranked)

    seen: bool = await desk.database.read(desk.tenant, look)
    return seen


async def broken(desk: Any) -> None:
    """Two items owed, and a promise for the first one that was broken."""
    first = await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await desk.issue("INV2", "50.00", issued=ISSUED, due=DUE)
    await desk.turn_to(date(2026, 2, 5))
    await promised(desk, "100.00", PROMISED, first)
    assert not await is_reason(desk, date(2026, 2, 5))
    await desk.turn_to(BROKEN)
    assert await is_reason(desk, BROKEN)


async def test_it_counts_for_the_days_of_the_policy_and_while_its_items_are_owed(desk: Any) -> None:
    await broken(desk)
    assert await is_reason(desk, BROKEN + timedelta(days=29))
    assert not await is_reason(desk, BROKEN + timedelta(days=30))
    assert not await is_reason(desk, BROKEN + timedelta(days=1), days=1)
    await desk.allocate("INV2", "0.00")
    assert await is_reason(desk, BROKEN)
    await desk.allocate("INV2", "50.00", reversed_=True)
    await desk.allocate("INV1", "0.00")
    assert not await is_reason(desk, BROKEN)


async def test_it_is_over_when_somebody_talked_about_it(desk: Any) -> None:
    await broken(desk)
    for outcome, counts in ((CallOutcome.NOT_REACHED, True), (CallOutcome.REACHED, False)):
        call = await desk.database.transact(desk.tenant, partial(
            usecases.plan_call, customer_id=desk.customer, due_on=BROKEN, note=None))
        await desk.database.transact(desk.tenant, partial(
            usecases.log_call, command=LogCall(call.id, outcome, None, None)))
        assert await is_reason(desk, BROKEN + timedelta(days=1)) is counts


async def test_it_is_over_when_its_case_was_worked_on(desk: Any) -> None:
    await broken(desk)
    case = await desk.database.transact(desk.tenant, partial(
        usecases.open_case, command=OpenCase(desk.customer, None, None, None, None)))
    for kind, counts in ((EntryKind.NOTE, True), (EntryKind.VISIT, False)):
        await desk.database.transact(desk.tenant, partial(
            usecases.note_case, case_id=case.id, kind=kind, note="said"))
        assert await is_reason(desk, BROKEN + timedelta(days=1)) is counts


async def test_it_is_over_with_the_next_promise_and_a_promise_made_before_hides_nothing(desk: Any) -> None:
    first = await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    second = await desk.issue("INV2", "50.00", issued=ISSUED, due=DUE)
    await desk.turn_to(date(2026, 2, 5))
    await promised(desk, "100.00", PROMISED, first)
    await promised(desk, "50.00", date(2026, 2, 7), second)
    await desk.allocate("INV2", "0.00", paid="50.00", on=date(2026, 2, 6))
    await desk.turn_to(BROKEN)
    assert [row["status"] for row in await desk.rows(
        "SELECT status FROM promise WHERE tenant_id = $1 ORDER BY id", desk.tenant)] == ["broken", "kept"]
    assert await is_reason(desk, BROKEN)
    await promised(desk, "100.00", BROKEN, first)
    assert not await is_reason(desk, BROKEN)
    await desk.turn_to(BROKEN + timedelta(days=1))
    assert await is_reason(desk, BROKEN + timedelta(days=1))
