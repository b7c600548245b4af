"""Credit asked for orders: against the hand-written limits over many customers and on one, then 300/s offered, and 200
at once. The aims are absolute, and hold on a machine that does nothing else; the ratios hold on any.
"""

import asyncio
import json
from collections.abc import Iterator, Sequence
from itertools import count
from uuid import UUID

import asyncpg
from bench.company import CURRENCY, ZONE, settled_down
from bench.load import CONNECTIONS, ask, generator, http, written
from bench.report import Report, Spread, at_least, under
from bench.rounds import Plan, interleaved, report_against_limits
from bench.same_work import check_same_work
from bench.stage import WORKERS, Server, Stage

from dunlin_kernel.ids import new_id

CUSTOMERS, OFFERED, AT_ONCE = 20_000, 300, 200
_SEEDS = (
    "INSERT INTO tenant (tenant_id, name, currency, zone, sandbox) VALUES ($1, 'Bench', $3, $4, $2::uuid[] IS NULL)",
    """INSERT INTO customer (tenant_id, customer_id, number, name, status, sequence, prepayment_bps, cash_on_delivery)
       SELECT $1, id, 'C-' || n, $4 || n, 'active', 1, 0, false FROM unnest($2::uuid[]) WITH ORDINALITY c (id, n)
       WHERE $3::text IS NOT NULL""",
    """INSERT INTO credit_limit (tenant_id, customer_id, currency, version, limit_id, amount, source, valid_from,
                                 reason, set_by, set_at, kind)
       SELECT $1, id, $3, 1, uuidv7(), 90000000000000, 'manual', '2020-01-01', $4, 'bench', now(), 'base'
       FROM unnest($2::uuid[]) c (id)""",
    """INSERT INTO authorization_head (tenant_id, customer_id, currency, reserved, limits)
       SELECT $1, id, $3, 0, 1 FROM unnest($2::uuid[]) c (id) WHERE $4::text IS NOT NULL""")

_HISTORY = """
INSERT INTO credit_authorization (tenant_id, authorization_id, customer_id, reference, status, currency, asked,
                                  reserved, captured, released, expired, over_captured, expires_at)
SELECT $1, uuidv7(), $2, 'SO-' || n, 'released', $3, 100, 0, 0, 100, 0, 0, now() FROM generate_series(1, $4) n"""


class Orders:
    """Requests for authorisations, in turn over the customers."""

    def __init__(self, stage: Stage, tenant: UUID, customers: Sequence[UUID]) -> None:
        self._token, self._customers, self._number = stage.token(tenant), customers, count()

    def __call__(self, wanted: int) -> Iterator[bytes]:
        for _ in range(wanted):
            number = next(self._number)
            body = {"customer_id": str(self._customers[number % len(self._customers)]),
                    "amount": {"amount": "1.00", "currency": CURRENCY}, "reference": f"SO-{number}"}
            yield http("POST", "/credit/v1/authorizations", self._token, json.dumps(body).encode(), key=str(new_id()))


def authorize(stage: Stage, report: Report, *, quick: bool, growth: int = 1) -> None:
    """Rates, the 99th percentile at a rate, and how long 200 at once take.

    With growth so many times the customers, and the one customer has a long history.
    """
    plan = Plan(1, 1, 0, 2500) if quick else Plan(2, 6, 3, 2500)
    tenant, customers = asyncio.run(seeded(stage, growth))
    many, one = Orders(stage, tenant, customers), Orders(stage, tenant, customers[:1])
    servers = [stage.api("credit"), stage.by_hand("steps", "credit"), stage.by_hand("merged", "credit")]
    server = servers[0]
    report.line("authorize", "setting", customers=len(customers), growth=growth, connections=CONNECTIONS,
                workers=WORKERS, load=f"{generator()}; bench/client.py where a rate is offered")
    report.line("authorize-hot", "setting", customers=1, growth=growth, connections=CONNECTIONS, workers=WORKERS)
    works = (("authorize", many, 1000), ("authorize-hot", one, 400))
    for bench, requests, _ in works:
        asyncio.run(_same_work(stage, report, bench, (servers, requests)))
    for bench, requests, rate_aim in works:
        seen = interleaved(stage, servers, requests, plan)
        report_against_limits(report, bench, seen, dict.fromkeys(("steps", "merged")), at_least(rate_aim))
        asyncio.run(_settled(stage))
    seconds = 1 if quick else 10
    offered, bursts = [], []
    for _ in range(plan.rounds if quick else 3):
        files = [written(stage.folder / f"offered-{at}", many(OFFERED * seconds)) for at in range(len(server.ports))]
        offered.append(ask({"connections": 32, "seconds": seconds, "rate": OFFERED}, files, server.ports))
        files = [written(stage.folder / f"burst-{at}", one(AT_ONCE)) for at in range(len(server.ports))]
        bursts.append(ask({"burst": AT_ONCE}, files, server.ports))
    report.figure("authorize", f"p99 at {OFFERED}/s offered", Spread([seen.p99_ms for seen in offered]), "ms",
                  under(50))
    report.figure("authorize", f"p50 at {OFFERED}/s offered", Spread([seen.p50_ms for seen in offered]), "ms")
    report.figure("authorize", f"{AT_ONCE} at once on one: the last answer", Spread([seen.max_ms for seen in bursts]),
                  "ms", under(1000))
    answered = [seen.count - seen.refused for seen in bursts]
    report.line("authorize", f"{AT_ONCE} at once: answered", counts=answered)


async def seeded(stage: Stage, growth: int = 1) -> tuple[UUID, list[UUID]]:
    """A tenant and its customers, each with a limit that no order reaches, in the database of credit-svc."""
    tenant, customers = new_id(), [new_id() for _ in range(CUSTOMERS * growth)]
    connection = await asyncpg.connect(stage.admin_url("credit"))
    for statement in _SEEDS:
        await connection.execute(statement, tenant, customers, CURRENCY, ZONE)
    await connection.execute(_HISTORY, tenant, customers[0], CURRENCY, CUSTOMERS * (growth - 1))
    await settled_down(connection)
    await connection.close()
    return tenant, customers


async def _same_work(
    stage: Stage, report: Report, bench: str, asked: tuple[Sequence[Server], Orders],
) -> None:
    connection = await asyncpg.connect(stage.admin_url("credit"))
    await check_same_work(report, bench, connection, *asked)
    await connection.close()


async def _settled(stage: Stage) -> None:
    connection = await asyncpg.connect(stage.admin_url("credit"))
    await settled_down(connection)
    await connection.close()
