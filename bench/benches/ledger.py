"""The import of an older ledger: a real company's 34,077 invoices with their payments, else generated ones like them.

billing-svc has heard of the customers. Counted from the first row sent to the end of the operation, with a worker that
also relays what is told; payments of other customers of the same company come in at the API meanwhile.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

import httpx
from bench.beside import Payers, longest_wait, pay
from bench.company import CURRENCY
from bench.facts import told
from bench.load import Loaded
from bench.processes import Share
from bench.report import Report, Spread, per_request, progress, under
from bench.stage import CHECKOUT, Server, Stage

from dunlin_kernel.ids import new_id
from dunlin_local.ledger_file import LedgerFile
from dunlin_local.ledger_mapping import LedgerMapping
from dunlin_local.ledger_takeover import ROWS_A_CALL, slices
from dunlin_local.remote import Remote

LEDGER = CHECKOUT.parent / "shared/data/ar/highradius_ledger_asof_2019-12-31.csv.gz"
ROWS, QUICK_ROWS = 34_077, 2_000
PAYERS, PAYMENTS_A_SECOND = 500, 20
LOOK_SECONDS = 0.05
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Taken:
    """What an import took: seconds of sending and of posting, core seconds by part, facts, and waits for locks."""

    sent: float
    posted: float
    burnt: dict[str, float]
    facts: int
    waited: float


def ledger(stage: Stage, report: Report, *, quick: bool, growth: int = 1) -> None:
    """Rows a second; `growth` copies of the ledger, each of other customers, are taken over by one import."""
    rows = [copied(row, copy) for copy in range(growth) for row in (generated(QUICK_ROWS) if quick else _rows())]
    tenant, payers = new_id(), [new_id() for _ in range(PAYERS)]
    names = {new_id(): name for name in sorted({row["customer_external_id"] for row in rows})}
    asyncio.run(told(stage, "billing", tenant, [*payers, *names], names=names))
    billing, worker = stage.api("billing"), stage.worker("billing")
    report.line("ledger", "setting", rows=len(rows), customers=len(names), real=LEDGER.exists() and not quick)
    alone = _pay(stage, tenant, payers, billing, 5)
    taken, beside = asyncio.run(_beside(stage, Share([worker.pid]), billing, (tenant, payers), rows))
    whole = taken.sent + taken.posted
    report.figure("ledger", f"{len(rows)} rows of {len(names)} customers, sent and posted", Spread([whole]), "s",
                  under(20 * growth))
    report.figure("ledger", "rows a second, sent and posted", Spread([len(rows) / whole]), "/s")
    report.figure("ledger", f"{taken.facts} facts posted", Spread([taken.facts / taken.posted]), "/s")
    report.line("ledger", "core microseconds per fact", **per_request(taken.burnt, taken.facts))
    report.figure("ledger", "longest wait for a lock meanwhile", Spread([taken.waited * 1000]), "ms", under(100))
    for which, paid in (("alone", alone), ("beside", beside)):
        report.figure("ledger", f"payments {which}: p50, p99, slowest",
                      Spread([paid.p50_ms, paid.p99_ms, paid.max_ms]), "ms")


def _rows() -> list[Row]:
    """Those of both currencies as one company's; for want of rates of exchange, all in its own."""
    if not LEDGER.exists():
        return list(generated(ROWS))
    found = []
    for currency in ("usd", "cad"):
        mapping = LedgerMapping.load(CHECKOUT / f"tests/journeys/highradius_{currency}.toml")
        found += [line.row for line in LedgerFile(LEDGER, mapping).lines() if line.row is not None]
    return [row | {"currency": CURRENCY} for row in sorted(found, key=lambda row: int(row["line"]))]


def generated(count: int) -> Iterator[Row]:
    """A year and more of invoices, few customers with many; nearly all are paid, around the day they are due."""
    random, first = Random(7), date(2018, 10, 1)
    for n in range(count):
        issued = first + timedelta(days=n * 450 // count)
        due = issued + timedelta(days=random.choice((15, 15, 30, 45)))
        paid = due + timedelta(days=random.randint(-10, 20))
        amount = f"{random.randint(100, 90_000)}.{random.randint(0, 99):02}"
        row: Row = {"line": n + 2, "customer_external_id": f"K{int(random.paretovariate(0.4)) % 1_400}",
                    "currency": CURRENCY, "invoice": {"external_id": f"I{n}", "amount": amount,
                                                   "issued_on": str(issued), "due_on": str(due)}}
        if random.random() < 0.94:
            row["payment"] = {"external_id": f"I{n}", "invoice_external_id": f"I{n}", "amount": amount,
                              "received_on": str(max(issued, paid)), "method": "bank_transfer"}
        yield row


def copied(row: Row, copy: int) -> Row:
    """The row of another customer, further down in the file."""
    if copy == 0:
        return row
    made = row | {"line": row["line"] + copy * 1_000_000}
    made["customer_external_id"] = f"{row['customer_external_id']}~{copy}"
    for part in ("invoice", "payment"):
        if part in row:
            made[part] = {name: f"{text}~{copy}" if name.endswith("external_id") else text
                          for name, text in row[part].items()}
    return made


async def _beside(
    stage: Stage, worker: Share, billing: Server, company: tuple[UUID, Sequence[UUID]], rows: list[Row],
) -> tuple[Taken, Loaded]:
    tenant, payers = company
    loop = asyncio.get_running_loop()
    watching = asyncio.create_task(longest_wait(stage, "billing"))
    paying = loop.run_in_executor(None, _pay, stage, tenant, payers, billing, max(4, min(20, len(rows) // 2000)))
    shares = {"worker": worker, "api": billing.share, "database": stage.database_share}
    before = {name: share.cpu_seconds() for name, share in shares.items()}
    sent, posted, facts = await loop.run_in_executor(None, _imported, stage, tenant, billing, rows)
    burnt = {name: share.cpu_seconds() - before[name] for name, share in shares.items()}
    paid = await paying
    watching.cancel()
    return Taken(sent, posted, burnt, facts, await watching), paid


def _imported(stage: Stage, tenant: UUID, billing: Server, rows: list[Row]) -> tuple[float, float, int]:
    """Seconds of sending and of posting, and how many facts were taken; raises when one was refused."""
    token = stage.issuer.token("imports:read", "imports:write", "operations:read", tenant=tenant)
    url, headers = f"http://127.0.0.1:{billing.ports[1]}", {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
        remote, began = Remote(client), time.perf_counter()
        begun = remote.post("/billing/v1/ledger-imports", {"name": "bench", "digest": f"{new_id().int:064x}"})
        path = f"/billing/v1/ledger-imports/{begun['id']}"
        for part in slices(rows, ROWS_A_CALL):
            remote.post(f"{path}/rows", {"rows": part})
        sent = time.perf_counter()
        operation = remote.post(f"{path}:run")
        while operation["status"] == "running":
            time.sleep(LOOK_SECONDS)
            operation = remote.get(f"/billing/v1/operations/{operation['id']}")
        posted = time.perf_counter()
    result = operation["result"]
    if result["refused"] or result["unchanged"]:
        raise RuntimeError(f"not all was taken: {result}")
    progress(f"{len(rows)} rows: sent in {sent - began:.1f} s, posted in {posted - sent:.1f} s")
    return sent - began, posted - sent, result["invoices"] + result["payments"]


def _pay(stage: Stage, tenant: UUID, payers: Sequence[UUID], billing: Server, seconds: int) -> Loaded:
    return pay(stage, billing, Payers(tenant, payers, PAYMENTS_A_SECOND), seconds)
