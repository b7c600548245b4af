"""The turn of the day as credit-svc looks at it: every customer has something overdue, a few newly too much of it.

It runs here, slice by slice on the clock, while orders come in at the API, of the customers it holds.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
from bench.benches.authorize import CUSTOMERS, Orders, seeded
from bench.beside import Timed, longest_wait
from bench.company import CURRENCY, settled_down, today
from bench.filling import filling
from bench.load import Loaded, ask, written
from bench.stage import Server, Stage

from credit_svc.domain.alert_line import AlertLines
from credit_svc.domain.hold import HoldRules
from credit_svc.jobs import turn_credit_day
from credit_svc.usecases.adopt_credit_policy import AdoptCreditPolicy, adopt_credit_policy
from dunlin_kernel.ids import new_id
from dunlin_kit.jobs import Job
from dunlin_kit.transaction import Transaction

NEWLY, ORDERS_A_SECOND, ROUND_SECONDS = 33, 20, 1
"""Each so manieth customer has one item that is newly too long overdue."""
_ITEMS = """
INSERT INTO owed_item (tenant_id, item_id, customer_id, currency, due_on, open, disputed)
SELECT $1, gen_random_uuid(), id, $3, CASE WHEN k % $5 = 0 AND n = 1 THEN $4::date - 31
  WHEN n <= 5 THEN $4::date - 11 - (n + k)::int % 15 ELSE $4::date + n::int END, 10000, 0
FROM unnest($2::uuid[]) WITH ORDINALITY c (id, k) CROSS JOIN generate_series(1, $6::int) n"""
_EXPOSURES = """
INSERT INTO exposure (tenant_id, customer_id, currency, open, disputed, unapplied, sequence, delivered, accrued, kept)
SELECT tenant_id, customer_id, currency, sum(open), 0, 0, 1, 0, 0, 0 FROM owed_item WHERE tenant_id = $1
GROUP BY 1, 2, 3"""
_LEVELS = """
INSERT INTO alert_level (tenant_id, customer_id, currency, ageing, concentration, silence)
SELECT $1, id, $3, 1, 0, 0 FROM unnest($2::uuid[]) WITH ORDINALITY c (id, k) WHERE k % $4 <> 0"""
_HELD = "SELECT count(*) FROM credit_hold WHERE tenant_id = $1 AND released_at IS NULL"
_JOB = """
INSERT INTO job (tenant_id, job_id, kind, key, due_at, payload, attempts, lease_until)
VALUES ($1, $2, $3, $4, now(), '{"everyone": false}', 1, now() + interval '1 hour')"""


@dataclass(frozen=True, slots=True)
class Watched:
    """What a turn took: whom it looked at and held, its seconds, its longest slice, and the longest wait for a lock."""

    customers: int
    held: int
    seconds: float
    longest: float
    slices: int
    waited: float
    orders: Sequence[Loaded]


async def watched(stage: Stage, *, customers: int, items: int) -> Watched:
    """One turn over so many customers with so many open items each. Raises when it held others than it had to."""
    tenant, everyone = await seeded(stage)
    watched_ones = everyone[:min(customers, CUSTOMERS)]
    connection = await asyncpg.connect(stage.admin_url("credit"))
    async with filling(connection, ("owed_item",)):
        await connection.execute(_ITEMS, tenant, watched_ones, CURRENCY, today(), NEWLY, items)
    await connection.execute(_EXPOSURES, tenant)
    await connection.execute(_LEVELS, tenant, watched_ones, CURRENCY, NEWLY)
    await settled_down(connection)
    credit, done = stage.api("credit"), asyncio.Event()
    watching = asyncio.create_task(longest_wait(stage, "credit"))
    ordering = asyncio.create_task(_ordered(stage, credit, Orders(stage, tenant, watched_ones), done))
    database = Timed(stage.databases.url("credit", "app"), source="/dunlin/credit", pool_size=1)
    seconds = await _turned(database, connection, tenant)
    done.set()
    orders = await ordering
    watching.cancel()
    held = await connection.fetchval(_HELD, tenant)
    if held != len(watched_ones) // NEWLY:
        raise RuntimeError(f"{held} customers are held, not {len(watched_ones) // NEWLY}")
    await asyncio.gather(database.close(), connection.close())
    return Watched(len(watched_ones), held, seconds, max(database.slices), len(database.slices), await watching, orders)


async def _turned(database: Timed, connection: "asyncpg.Connection", tenant: UUID) -> float:
    async def adopt(tx: Transaction) -> None:
        await adopt_credit_policy(tx, AdoptCreditPolicy(
            10_000, 10_000, 0, 30, None, "bench", holds=HoldRules(overdue_grace_days=30),
            alerts=AlertLines(ageing_days=(10,))))

    await database.transact(tenant, adopt)
    job = Job(tenant, new_id(), turn_credit_day.KIND, f"bench {today()}", datetime.now(UTC) - timedelta(seconds=1),
              {"everyone": False}, 1)
    await connection.execute(_JOB, job.tenant, job.id, job.kind, job.key)
    database.slices.clear()
    await turn_credit_day.run(database, job)
    return sum(database.slices)


async def _ordered(stage: Stage, credit: Server, orders: Orders, done: asyncio.Event) -> list[Loaded]:
    """Orders for as long as the turn goes on, of its customers in their order."""
    rounds = list[Loaded]()
    while not (rounds and done.is_set()):
        file = written(stage.folder / f"orders-{new_id()}", orders(ORDERS_A_SECOND * ROUND_SECONDS))
        how = {"connections": 8, "seconds": ROUND_SECONDS, "rate": ORDERS_A_SECOND}
        rounds.append(await asyncio.to_thread(ask, how, [file], credit.ports[:1]))
        if rounds[-1].broken:
            raise RuntimeError(f"{rounds[-1].broken} orders broken")
    return rounds
