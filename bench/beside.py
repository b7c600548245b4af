"""What others notice while a long run goes on: waits for locks, and payments posted beside it."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg
from bench.benches.payment import payment_of
from bench.load import Loaded, ask, http, written
from bench.stage import Server, Stage

from dunlin_kernel.ids import new_id

_WAITING = "SELECT max(extract(epoch FROM clock_timestamp() - waitstart)) FROM pg_locks WHERE NOT granted"


async def longest_wait(stage: Stage, service: str) -> float:
    """Seconds that the longest wait for a lock seen until now has lasted; looked at every 10 ms, until cancelled."""
    connection, longest = await asyncpg.connect(stage.admin_url(service)), 0.0
    try:
        while True:
            longest = max(longest, float(await connection.fetchval(_WAITING) or 0))
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
