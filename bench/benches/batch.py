"""Invoices of 3 lines in batches of 20, created and issued in one call each, over many customers."""

import asyncio

from bench.benches.invoice import BATCH, CUSTOMERS, SERIES, Batches
from bench.company import founded, settled_down
from bench.load import CONNECTIONS, generator
from bench.report import Report
from bench.rounds import Plan, interleaved, report_against_limits, report_memory
from bench.same_work import check_same_work
from bench.stage import WORKERS, Stage


def batch(stage: Stage, report: Report, *, quick: bool) -> None:
    """Rates of batches against the merged limit: by single statements nobody would write one."""
    loop = asyncio.new_event_loop()
    company = loop.run_until_complete(founded(stage.admin_url("billing"), customers=CUSTOMERS, series=SERIES))
    loop.run_until_complete(settled_down(company.connection))
    servers = [stage.api("billing"), stage.by_hand("merged")]
    batches = Batches(stage, company, company.customers, company.series)
    report.line("batch", "setting", invoices_each=BATCH, customers=CUSTOMERS, series=SERIES, connections=CONNECTIONS,
                workers=WORKERS, load=generator())
    loop.run_until_complete(check_same_work(report, "batch", company.connection, servers, batches))
    seen = interleaved(stage, servers, batches, Plan.of(quick=quick, most=200))
    report_against_limits(report, "batch", seen, {"merged": ">= 0.6"})
    report_memory(report, "batch", servers[0])
    loop.run_until_complete(company.connection.close())
    loop.close()
