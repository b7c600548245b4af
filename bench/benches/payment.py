"""Payments over 3 open items, oldest first: many customers, then one customer; then named items of one customer.

On one customer the three items must stay open for whatever comes next, so that a payment goes into the oldest alone;
with each of the three named it goes into all.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID

from bench.benches.invoice import AIMS, HOT_AIMS, HOT_ROUNDS, servers_on
from bench.company import CURRENCY, Company, founded, owe, settled_down, today
from bench.history import grown
from bench.load import CONNECTIONS, generator, http
from bench.report import Report
from bench.rounds import Plan, interleaved, report_against_limits, report_memory
from bench.same_work import TIMES, check_same_work
from bench.stage import WORKERS, Stage

from dunlin_kernel.ids import new_id

ITEMS, MINOR = 3, 100_00
PAID = "250.00"
"""Settles two of three items and half of the third."""


class Payments:
    """Requests for payments: each with what `body_of` gives for its number."""

    def __init__(self, stage: Stage, company: Company, body_of: Callable[[int], dict[str, Any]]) -> None:
        self._token, self._body_of, self._number = stage.token(company.tenant), body_of, count()

    def __call__(self, wanted: int) -> Iterator[bytes]:
        for _ in range(wanted):
            body = json.dumps(self._body_of(next(self._number))).encode()
            yield http("POST", "/billing/v1/payments", self._token, body, key=str(new_id()))


def payment_of(customer: UUID, amount: str, **more: Any) -> dict[str, Any]:
    return {"customer_id": str(customer), "amount": {"amount": amount, "currency": CURRENCY},
            "received_on": today().isoformat(), "method": "bank_transfer", **more}


def payment(stage: Stage, report: Report, *, quick: bool, growth: int = 1) -> None:
    """Rates against both limits. Every payment finds 3 open items; over many customers it settles two of them."""
    plan, hot = Plan.of(quick=quick, most=1000), Plan.of(quick=quick, most=1000, rounds=HOT_ROUNDS)
    wanted = 3 * (plan.warm_up * plan.most + 200 + (plan.seconds * plan.most + 200) * plan.rounds + TIMES)
    loop = asyncio.new_event_loop()
    company = loop.run_until_complete(founded(stage.admin_url("billing"), customers=wanted, series=1))
    loop.run_until_complete(grown(company, growth))
    loop.run_until_complete(owe(company, company.customers[1:], ITEMS, MINOR))
    loop.run_until_complete(owe(company, company.customers[:1], ITEMS, 10**12))
    loop.run_until_complete(settled_down(company.connection))
    servers = servers_on(stage)
    many = Payments(stage, company, lambda n: payment_of(company.customers[n + 1], PAID, allocation="oldest_first"))
    report.line("payment", "setting", customers=wanted, open_items_each=ITEMS, growth=growth, connections=CONNECTIONS,
                workers=WORKERS, load=generator())
    items = loop.run_until_complete(_items_of(company, company.customers[0]))
    parts = [{"item_id": str(item), "amount": {"amount": "0.01", "currency": CURRENCY}} for item in items]
    bodies = {
        "payment-hot": payment_of(company.customers[0], "0.03", allocation="oldest_first"),
        "payment-hot-named": payment_of(company.customers[0], "0.03", allocation="items", items=parts)}
    works = {"payment": (many, plan, AIMS)}
    for bench, body in bodies.items():
        works[bench] = Payments(stage, company, partial(_always, body)), hot, HOT_AIMS
        report.line(bench, "setting", customers=1, open_items_each=ITEMS, connections=CONNECTIONS, workers=WORKERS)
    for bench, (requests, _, _) in works.items():
        loop.run_until_complete(check_same_work(report, bench, company.connection, servers, requests))
    for bench, (requests, rounds, aims) in works.items():
        report_against_limits(report, bench, interleaved(stage, servers, requests, rounds), aims)
    report_memory(report, "payment", servers[0])
    loop.run_until_complete(company.connection.close())
    loop.close()


def _always(body: dict[str, Any], _: int) -> dict[str, Any]:
    return body


async def _items_of(company: Company, customer: UUID) -> list[UUID]:
    rows = await company.connection.fetch(
        "SELECT id FROM item WHERE tenant_id = $1 AND customer_id = $2 AND open > 0 ORDER BY due_on", company.tenant,
        customer)
    return [row["id"] for row in rows]
