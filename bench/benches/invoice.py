"""Invoices of 3 lines, created and issued in one call: many customers; many of one series; one customer."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from itertools import count
from uuid import UUID

from bench.company import Company, founded, settled_down
from bench.history import grown
from bench.load import CONNECTIONS, generator, http
from bench.report import Aim, Report, at_least
from bench.rounds import Plan, interleaved, report_against_limits, report_memory
from bench.same_work import check_same_work
from bench.stage import WORKERS, Server, Stage

from dunlin_kernel.ids import new_id

CUSTOMERS, QUICK_CUSTOMERS, SERIES, BATCH, HOT_ROUNDS, SERIES_ROUNDS = 20_000, 2_000, 16, 20, 5, 3
AIMS: dict[str, Aim | None] = {"steps": at_least(1.0), "merged": at_least(0.75)}
HOT_AIMS: dict[str, Aim | None] = {"steps": at_least(1.0), "merged": None}
NO_AIMS: dict[str, Aim | None] = {"steps": None, "merged": None}
LINES = [{"description": f"Steel plate {n} mm", "product": f"SKU-{n}", "quantity": str(n), "unit_price": "199.99",
          "tax_rate": "13"} for n in (4, 6, 8)]


class Invoices:
    """Requests for invoices, in turn over customers and series."""

    def __init__(self, stage: Stage, company: Company, customers: Sequence[UUID], series: Sequence[str]) -> None:
        self._token = stage.token(company.tenant)
        self._customers, self._series, self._number = customers, series, count()

    def __call__(self, wanted: int) -> Iterator[bytes]:
        for _ in range(wanted):
            number = next(self._number)
            body = {"customer_id": str(self._customers[number % len(self._customers)]), "currency": "CNY",
                    "series": self._series[number % len(self._series)], "issue": True, "lines": LINES}
            yield http("POST", "/billing/v1/invoices", self._token, json.dumps(body).encode(), key=str(new_id()))


class Batches(Invoices):
    """Requests for `BATCH` invoices at once, each of another customer, all of one series."""

    def __call__(self, wanted: int) -> Iterator[bytes]:
        for _ in range(wanted):
            number = next(self._number)
            mine = (self._customers[(number * BATCH + n) % len(self._customers)] for n in range(BATCH))
            body = {"invoices": [
                {"customer_id": str(customer), "currency": "CNY", "series": self._series[number % len(self._series)],
                 "issue": True, "lines": LINES} for customer in mine]}
            yield http("POST", "/billing/v1/invoices:batch", self._token, json.dumps(body).encode(), key=str(new_id()))


def servers_on(stage: Stage) -> list[Server]:
    """Ours and the two limits, on one database."""
    return [stage.api("billing"), stage.by_hand("steps"), stage.by_hand("merged")]


def invoice(stage: Stage, report: Report, *, quick: bool, growth: int = 1) -> None:
    """Rates against both limits."""
    loop, customers = asyncio.new_event_loop(), QUICK_CUSTOMERS if quick else CUSTOMERS
    company = loop.run_until_complete(founded(stage.admin_url("billing"), customers=customers, series=SERIES))
    loop.run_until_complete(grown(company, growth))
    loop.run_until_complete(settled_down(company.connection))
    servers = servers_on(stage)
    many = Invoices(stage, company, company.customers, company.series)
    report.line("invoice", "setting", customers=customers, series=SERIES, growth=growth, connections=CONNECTIONS,
                workers=WORKERS, load=generator())
    series, hot = (Invoices(stage, company, mine, company.series[:1]) for mine in (
        company.customers, company.customers[:1]))
    report.line("invoice-series", "setting", customers=customers, series=1, connections=CONNECTIONS, workers=WORKERS)
    report.line("invoice-hot", "setting", customers=1, series=1, connections=CONNECTIONS, workers=WORKERS)
    works = {"invoice": (many, Plan.of(quick=quick), AIMS),
             "invoice-series": (series, Plan.of(quick=quick, rounds=SERIES_ROUNDS), NO_AIMS),
             "invoice-hot": (hot, Plan.of(quick=quick, rounds=HOT_ROUNDS), HOT_AIMS)}
    for bench, (requests, _, _) in works.items():
        loop.run_until_complete(check_same_work(report, bench, company.connection, servers, requests))
    for bench, (requests, plan, aims) in works.items():
        report_against_limits(report, bench, interleaved(stage, servers, requests, plan), aims)
    report_memory(report, "invoice", servers[0])
    loop.run_until_complete(company.connection.close())
    loop.close()
