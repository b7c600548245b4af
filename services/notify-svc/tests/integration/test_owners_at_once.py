"""Two owners tell of a customer for the first time at the same moment: what each of them said stays."""

import asyncio
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from dunlin_events.contracts.base import Event, Heard
from dunlin_events.contracts.credit_rating import CreditRated
from dunlin_events.contracts.customer import CustomerRegistered
from dunlin_events.subscription import Subscription
from dunlin_kernel.ids import NIL, new_id
from dunlin_kit.testing import deadlocks
from dunlin_kit.transaction import Transaction
from notify_svc.consumers.credit import credit
from notify_svc.consumers.customer import customer
from notify_svc.store import customers

REGISTERED = CustomerRegistered.model_validate(CustomerRegistered.examples[0])
RATED = CreditRated.model_validate(CreditRated.examples[0] | {"customer_id": REGISTERED.customer_id})
TOLD: dict[str, tuple[Subscription[Any], Event]] = {"customer": (customer, REGISTERED), "credit": (credit, RATED)}
BLOCKED = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
KEPT = "SELECT known, number, grade FROM customer WHERE customer_id = $1"


async def hear(desk: Any, owner: str, tx: Transaction) -> None:
    """Fold the fact as the runtime does, and write what comes of it."""
    subscription, fact = TOLD[owner]
    event = fact.hear(Heard(desk.tenant, new_id(), 1, desk.database.clock.now(), str(NIL)))
    assert subscription.load and subscription.save and event.concerns
    states = dict(await subscription.load(tx, [event]))
    states[event.concerns] = subscription.folds[event.wire_type()](event, states[event.concerns])
    await subscription.save(tx, states)
    await tx.flush()


@pytest.mark.parametrize("first", TOLD)
async def test_what_two_owners_tell_of_an_unknown_customer_at_once_is_kept(desk: Any, first: str) -> None:
    (second,) = TOLD.keys() - {first}
    later: list[asyncio.Task[None]] = []

    async def written_and_not_committed(tx: Transaction) -> None:
        await hear(desk, first, tx)
        if not later:
            later.append(asyncio.create_task(desk.database.transact(desk.tenant, partial(hear, desk, second))))
        async with asyncio.timeout(60):
            while not await tx.driver.fetchval(BLOCKED):  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    await desk.database.transact(desk.tenant, written_and_not_committed)
    await asyncio.gather(*later)
    [kept] = await desk.rows(KEPT, REGISTERED.customer_id)
    assert kept == {"known": True, "number": REGISTERED.number, "grade": RATED.grade.value}


async def test_whoever_waits_for_a_stub_that_somebody_makes_holds_no_customer(desk: Any) -> None:
    """Else they wait in a ring: who makes it goes on with the customers that are there, and this one with the stub."""
    new, there = sorted((new_id(), new_id()))
    later: list[asyncio.Task[None]] = []

    async def hold(*customer_ids: UUID, tx: Transaction) -> None:
        assert (await customers.hold(tx, customer_ids)).keys() == {*customer_ids}

    async def make(tx: Transaction) -> None:
        await hold(new, tx=tx)
        later.append(asyncio.create_task(desk.database.transact(desk.tenant, lambda other: hold(new, there, tx=other))))
        async with asyncio.timeout(60):
            while not await tx.driver.fetchval(BLOCKED):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert await tx.driver.fetch("SELECT FROM customer WHERE customer_id = $1 FOR UPDATE NOWAIT", there)

    await desk.database.transact(desk.tenant, lambda tx: hold(there, tx=tx))
    await desk.database.transact(desk.tenant, make)
    await asyncio.gather(*later)


async def test_batches_that_name_the_same_customers_in_both_orders_never_wait_in_a_ring(desk: Any) -> None:
    """The database counts deadlocks, and transactions say how often they ran again because of one."""
    before, named = deadlocks("notify"), [new_id() for _ in range(12)]
    sequences = {owner: count(1) for owner in TOLD}

    async def batch(owner: str, way: int, tx: Transaction) -> None:
        subscription, fact = TOLD[owner]
        assert subscription.load
        assert subscription.save
        events = [fact.model_copy(update={"customer_id": one, "number": f"C-{n}"} if owner == "customer" else {
            "customer_id": one}).hear(Heard(desk.tenant, new_id(), next(sequences[owner]), desk.database.clock.now(),
                                            str(NIL))) for n, one in [*enumerate(named)][::way]]
        states = dict(await subscription.load(tx, events))
        for event in events:
            assert event.concerns
            states[event.concerns] = subscription.folds[event.wire_type()](event, states[event.concerns])
        await subscription.save(tx, dict([*states.items()][::way]))

    for _ in range(3):
        await asyncio.gather(*(desk.database.transact(desk.tenant, partial(batch, owner, way))
                               for owner in TOLD for way in (1, -1)))
        named += [new_id() for _ in range(12)]
    assert deadlocks("notify") == before
    kept = await desk.rows("SELECT known, grade FROM customer WHERE customer_id = ANY ($1)", named[:36])
    assert kept == [{"known": True, "grade": RATED.grade.value}] * 36
