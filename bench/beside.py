"""What others notice while a long run goes on: waits for locks, and payments posted beside it."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
from bench.benches.payment import payment_of
from bench.load import Loaded, ask, http, written
from bench.report import Report, Spread
from bench.stage import Server, Stage

from dunlin_kernel.ids import new_id
from dunlin_kit.database import Database
from dunlin_kit.transaction import Transaction

T = TypeVar("T")
ROUND_SECONDS = 4
_WAITING = "SELECT max(extract(epoch FROM clock_timestamp() - waitstart)) FROM pg_locks WHERE NOT granted"
BARRIER = " AND locktype = 'advisory' AND mode = 'ShareLock'"
"""Postings that wait for the posting barrier."""


class Timed(Database):
    """A database that knows how long each transaction took: no lock was held for longer."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.slices: list[float] = []

    async def transact(
        self, tenant: UUID, work: Callable[[Transaction], Awaitable[T]], *, keep: bool = True,
    ) -> T:
        began = time.perf_counter()
        try:
            return await super().transact(tenant, work, keep=keep)
        finally:
            self.slices.append(time.perf_counter() - began)


async def longest_wait(stage: Stage, service: str, of: str = "") -> float:
    """Seconds that the longest wait for a lock seen until now has lasted; looked at every 10 ms, until cancelled.

    `of` says which waits, where not any.
    """
    connection, longest = await asyncpg.connect(stage.admin_url(service)), 0.0
    try:
        while True:
            longest = max(longest, float(await connection.fetchval(_WAITING + of) or 0))
            await asyncio.sleep(0.01)
    except asyncio.CancelledError:
        return longest
    finally:
        await connection.close()


@dataclass(frozen=True, slots=True)
class Payers:
    """Who pays beside the run, each in turn: payments of 1.00 each, so many a second, allocated so."""

    tenant: UUID
    customers: Sequence[UUID]
    rate: int
    allocation: str = "oldest_first"


def pay(stage: Stage, billing: Server, payers: Payers, seconds: int) -> Loaded:
    """Payments for so many seconds. Raises where one is refused or broken."""
    token = stage.token(payers.tenant)
    requests = [
        http("POST", "/billing/v1/payments", token, json.dumps(payment_of(
            payers.customers[n % len(payers.customers)], "1.00", allocation=payers.allocation)).encode(),
            key=str(new_id()))
        for n in range(payers.rate * seconds)]
    paid = ask({"connections": 8, "seconds": seconds, "rate": payers.rate},
               [written(stage.folder / f"paid-{new_id()}", requests)], billing.ports[:1])
    if paid.refused or paid.broken:
        raise RuntimeError(f"{paid.refused} payments refused, {paid.broken} broken")
    return paid


async def pay_until(stage: Stage, billing: Server, payers: Payers, done: asyncio.Event) -> list[Loaded]:
    """Payments for as long as a long run goes on: rounds of a few seconds, one after another, and at least one."""
    loop, rounds = asyncio.get_running_loop(), list[Loaded]()
    while not (rounds and done.is_set()):
        rounds.append(await loop.run_in_executor(None, pay, stage, billing, payers, ROUND_SECONDS))
    return rounds


def report_payments(report: Report, bench: str, paid: Mapping[str, Sequence[Loaded]]) -> None:
    """How long payments took, alone and beside the run, each round a measurement."""
    for which, rounds in paid.items():
        for name, values in (("p50", [one.p50_ms for one in rounds]), ("p99", [one.p99_ms for one in rounds]),
                             ("slowest", [one.max_ms for one in rounds])):
            report.figure(bench, f"payments {which}: {name}", Spread(values), "ms")
