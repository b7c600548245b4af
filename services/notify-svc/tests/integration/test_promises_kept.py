"""Promises on the desk: ladders wait, facts judge at the turn of the day, late news corrects; races; refusals."""

import asyncio
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from dunlin_events.contracts.billing import PaymentConfirmed
from dunlin_kernel.errors import DomainError
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction
from notify_svc import usecases
from notify_svc.domain.promise import Promise
from notify_svc.usecases.make_promise import MakePromise

ISSUED, DUE = date(2026, 1, 5), date(2026, 2, 4)


async def promised(desk: Any, amount: str, on: date, *items: UUID, grace: int = 0) -> Promise:
    command = MakePromise(desk.customer, Money.parse(amount, "CNY"), on, grace, frozenset(items), None)

    async def work(tx: Transaction) -> Promise:
        return await usecases.make_promise(tx, command)

    made: Promise = await desk.database.transact(desk.tenant, work)
    return made


async def told(desk: Any) -> list[tuple[str, str]]:
    """The facts of promises: (fact, what was received or which way it went)."""
    facts = await desk.facts("PromiseKept", "PromiseBroken", "PromiseCorrected", "PromiseWithdrawn")
    return [(fact["fact"], fact.get("outcome") or fact.get("reason") or fact["received"]["amount"]) for fact in facts]


async def test_a_promise_pauses_the_ladder_and_a_broken_one_resumes_it(desk: Any) -> None:
    item = await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await desk.turn_to(date(2026, 2, 5))
    await promised(desk, "100.00", date(2026, 2, 10), item, grace=2)
    await desk.turn_to(date(2026, 2, 12))
    assert await told(desk) == []
    await desk.turn_to(date(2026, 2, 14))
    assert await told(desk) == [("PromiseBroken", "0.00")]
    assert [(day, items["INV1"][0]) for day, items in await desk.sent()] == [("02-01", 0), ("02-13", 1)]
    assert {fact["reason"] for fact in await desk.facts("ReminderSuppressed")} == {"promise_running"}


async def test_kept_at_the_turn_of_the_day_after_the_money(desk: Any) -> None:
    item = await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await desk.turn_to(date(2026, 2, 25))
    await promised(desk, "60.00", date(2026, 3, 5), item)
    await desk.turn_to(date(2026, 3, 1))
    await desk.allocate("INV1", "40.00", paid="60.00", on=date(2026, 3, 1))
    assert await told(desk) == []
    await desk.turn_to(date(2026, 3, 3))
    assert await told(desk) == [("PromiseKept", "60.00")]
    [made] = await desk.facts("PromiseMade")
    assert (made["amount"]["amount"], made["items"], made["promised_on"]) == ("60.00", [str(item)], "2026-03-05")


async def test_money_that_turns_out_to_have_come_in_time_corrects_and_its_return_corrects_back(desk: Any) -> None:
    item = await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await desk.turn_to(date(2026, 2, 5))
    await promised(desk, "100.00", date(2026, 2, 8), item)
    await desk.turn_to(date(2026, 2, 10))
    await desk.allocate("INV1", "0.00", paid="100.00", on=date(2026, 2, 8))
    await desk.work()
    await desk.allocate("INV1", "100.00", paid="100.00", reversed_=True)
    await desk.work()
    assert await told(desk) == [("PromiseBroken", "0.00"), ("PromiseCorrected", "kept"), ("PromiseCorrected", "broken")]


async def test_a_promise_of_all_that_is_owed_is_kept_by_payments(desk: Any) -> None:
    await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await desk.issue("INV2", "50.00", issued=ISSUED, due=DUE)
    await desk.turn_to(date(2026, 2, 5))
    await promised(desk, "150.00", date(2026, 2, 8))
    await desk.hear(PaymentConfirmed.model_validate(PaymentConfirmed.examples[0] | {
        "customer_id": desk.customer, "payment_id": new_id(), "received_on": date(2026, 2, 6),
        "amount": {"amount": "150.00", "currency": "CNY"}}))
    await desk.turn_to(date(2026, 2, 7))
    assert await told(desk) == [("PromiseKept", "150.00")]


async def test_what_is_voided_ends_its_promise_without_a_judgement(desk: Any) -> None:
    item = await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await desk.turn_to(date(2026, 2, 5))
    await promised(desk, "100.00", date(2026, 2, 8), item)
    await desk.void("INV1")
    await desk.turn_to(date(2026, 2, 12))
    assert await told(desk) == [("PromiseWithdrawn", "nothing_owed")]


async def test_a_withdrawn_promise_holds_nothing_back(desk: Any) -> None:
    item = await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    await desk.turn_to(date(2026, 2, 6))
    made = await promised(desk, "100.00", date(2026, 3, 8), item)
    await desk.database.transact(desk.tenant, partial(usecases.withdraw_promise, promise_id=made.id))
    await desk.turn_to(date(2026, 2, 9))
    assert [day for day, _ in await desk.sent()] == ["02-01", "02-07"]
    assert await told(desk) == [("PromiseWithdrawn", "withdrawn")]


async def test_of_many_promises_made_at_once_for_one_item_one_stands(desk: Any) -> None:
    item = await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    ends = await asyncio.gather(
        *(promised(desk, "100.00", DUE, item) for _ in range(6)), return_exceptions=True)
    refused = [end.code for end in ends if isinstance(end, DomainError)]
    assert refused == ["promise_running"] * 5
    assert len(await desk.facts("PromiseMade")) == 1


@pytest.mark.parametrize(("amount", "code"), [("100.01", "promise_above_open"), ("0.00", "amount_not_positive")])
async def test_no_more_is_promised_than_is_owed(desk: Any, amount: str, code: str) -> None:
    item = await desk.issue("INV1", "100.00", issued=ISSUED, due=DUE)
    with pytest.raises(DomainError) as refused:
        await promised(desk, amount, DUE, item)
    assert refused.value.code == code
    with pytest.raises(DomainError, match="item_not_found"):
        await promised(desk, "1.00", DUE, new_id())
