"""Invoices of 3 lines in batches of 20, created and issued in one call each: many customers, then one customer."""

import asyncio

from bench.benches.invoice import BATCH, CUSTOMERS, HOT_AIMS, HOT_ROUNDS, QUICK_CUSTOMERS, SERIES, Batches, servers_on
from bench.company import founded, settled_down
from bench.history import grown
from bench.load import CONNECTIONS, generator
from bench.report import Report, at_least
from bench.rounds import Plan, interleaved, report_against_limits, report_memory
from bench.same_work import check_same_work
from bench.stage import WORKERS, Stage

MOST = 200


def batch(stage: Stage, report: Report, *, quick: bool, growth: int = 1) -> None:
    """Rates of batches against both limits, which write all rows of one kind by one statement."""
    loop, customers = asyncio.new_event_loop(), QUICK_CUSTOMERS if quick else CUSTOMERS
    company = loop.run_until_complete(founded(stage.admin_url("billing"), customers=customers, series=SERIES))
    loop.run_until_complete(grown(company, growth))
    loop.run_until_complete(settled_down(company.connection))
    servers = servers_on(stage)
    batches = Batches(stage, company, company.customers, company.series)
    report.line("batch", "setting", invoices_each=BATCH, customers=customers, series=SERIES, growth=growth,
                connections=CONNECTIONS, workers=WORKERS, load=generator())
    one = Batches(stage, company, company.customers[:1], company.series[:1])
    for bench, requests in (("batch", batches), ("batch-hot", one)):
        loop.run_until_complete(check_same_work(report, bench, company.connection, servers, requests))
    seen = interleaved(stage, servers, batches, Plan.of(quick=quick, most=MOST))
    report_against_limits(report, "batch", seen, {"steps": None, "merged": at_least(0.6)})
    report.line("batch-hot", "setting", invoices_each=BATCH, customers=1, series=1, connections=CONNECTIONS,
                workers=WORKERS)
    seen = interleaved(stage, servers, one, Plan.of(quick=quick, most=MOST, rounds=HOT_ROUNDS))
    report_against_limits(report, "batch-hot", seen, HOT_AIMS)
    report_memory(report, "batch", servers[0])
    loop.run_until_complete(company.connection.close())
    loop.close()
