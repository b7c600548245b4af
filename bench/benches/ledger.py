"""The import of an older ledger: a real company's 34,077 invoices with their payments, else generated ones like them.

billing-svc has heard of the customers. Counted from the first row sent to the end of the operation, with a worker that
also relays what is told. All the while payments come in at the API, of other customers of the same company and of those
with the most rows, whose accounts the import holds now and then.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

import httpx
from bench.beside import ROUND_SECONDS, Payers, longest_wait, pay, pay_until, report_payments
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
OTHERS, BUSIEST, PAYMENTS_A_SECOND = 200, 40, 20
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
    tenant, others = new_id(), [new_id() for _ in range(OTHERS)]
    names = {new_id(): name for name in sorted({row["customer_external_id"] for row in rows})}
    asyncio.run(told(stage, "billing", tenant, [*others, *names], names=names))
    payers = Payers(tenant, _in_turn(others, names, rows), PAYMENTS_A_SECOND, "none")
    billing, worker = stage.api("billing"), stage.worker("billing")
    report.line("ledger", "setting", rows=len(rows), customers=len(names), real=LEDGER.exists() and not quick,
                payments_beside_a_second=PAYMENTS_A_SECOND, of_them_of_the_busiest=f"{BUSIEST} customers, every other")
    alone = [pay(stage, billing, payers, ROUND_SECONDS)]
    taken, beside = asyncio.run(_beside(stage, Share([worker.pid]), billing, payers, rows))
    whole = taken.sent + taken.posted
    report.figure("ledger", f"{len(rows)} rows of {len(names)} customers, sent and posted", Spread([whole]), "s",
                  under(20 * growth))
    report.figure("ledger", "rows a second, sent and posted", Spread([len(rows) / whole]), "/s")
    report.figure("ledger", f"{taken.facts} facts posted", Spread([taken.facts / taken.posted]), "/s")
    report.line("ledger", "core microseconds per fact", **per_request(taken.burnt, taken.facts))
    report.figure("ledger", "longest wait for a lock meanwhile", Spread([taken.waited * 1000]), "ms", under(100))
    report_payments(report, "ledger", {"alone": alone, "beside": beside})


def _in_turn(others: Sequence[UUID], names: dict[UUID, str], rows: list[Row]) -> list[UUID]:
    """Who pays: one of the others, then one of those with the most rows."""
    ids = {name: customer for customer, name in names.items()}
    most = Counter(row["customer_external_id"] for row in rows).most_common(BUSIEST)
    busiest = [ids[name] for name, _ in most]
    return [payer for n, other in enumerate(others) for payer in (other, busiest[n % len(busiest)])]


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
    stage: Stage, worker: Share, billing: Server, payers: Payers, rows: list[Row],
) -> tuple[Taken, list[Loaded]]:
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    watching = asyncio.create_task(longest_wait(stage, "billing"))
    paying = asyncio.create_task(pay_until(stage, billing, payers, done))
    shares = {"worker": worker, "api": billing.share, "database": stage.database_share}
    before = {name: share.cpu_seconds() for name, share in shares.items()}
    sent, posted, facts = await loop.run_in_executor(None, _imported, stage, payers.tenant, billing, rows)
    burnt = {name: share.cpu_seconds() - before[name] for name, share in shares.items()}
    done.set()
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
