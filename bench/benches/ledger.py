"""The import of an older ledger: a real company's 34,077 invoices with their payments, else generated ones like them.

billing-svc has heard of the customers. Counted from the first row sent to the end of the operation, with a worker that
also relays what is told. All the while payments come in at the API, of other customers of the same company and of those
with the most rows, whose accounts the import holds now and then. Each round is of a company of its own; the limit, COPY
and set statements, takes the same rows over for a second one in as many transactions, with the same payments beside.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from bench import by_hand_ledger
from bench.beside import ROUND_SECONDS, Payers, longest_wait, pay, pay_until, report_payments
from bench.by_hand_events import connected
from bench.company import CURRENCY, settled_down, today
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
ROWS, QUICK_ROWS = 34_077, 500
OTHERS, BUSIEST, PAYMENTS_A_SECOND = 200, 40, 20
LOOK_SECONDS = 0.05
ROUNDS = 3
_SLICES = """SELECT count(DISTINCT xmin::text) FROM ledger_entry
             WHERE tenant_id = $1 AND fact_kind IN ('invoice_issued', 'credit_allocated')"""
"""Payments beside issue and allocate nothing."""
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Taken:
    """What an import took: seconds of sending and of posting, core seconds by part, facts, and waits for locks."""

    sent: float
    posted: float
    burnt: dict[str, float]
    facts: int
    waited: float

    @property
    def whole(self) -> float:
        return self.sent + self.posted


@dataclass(frozen=True, slots=True)
class Company:
    """Who the rows are of, and who pays beside."""

    tenant: UUID
    payers: Payers


def ledger(stage: Stage, report: Report, *, quick: bool, growth: int = 1) -> None:
    """Rows a second; `growth` copies of the ledger, each of other customers, are taken over by one import."""
    rows = [copied(row, copy) for copy in range(growth) for row in (generated(QUICK_ROWS) if quick else _rows())]
    billing, worker = stage.api("billing"), stage.worker("billing")
    customers = len({row["customer_external_id"] for row in rows})
    report.line("ledger", "setting", rows=len(rows), customers=customers, real=LEDGER.exists() and not quick,
                payments_beside_a_second=PAYMENTS_A_SECOND, of_them_of_the_busiest=f"{BUSIEST} customers, every other")
    alone, ours, by_hand = list[Loaded](), list[tuple[Taken, list[Loaded]]](), list[tuple[Taken, list[Loaded]]]()
    for _ in range(1 if quick or growth > 1 else ROUNDS):
        company = _company(stage, rows)
        alone.append(pay(stage, billing, company.payers, ROUND_SECONDS))
        imported = partial(_imported, stage, company.tenant, billing, rows)
        ours.append(asyncio.run(_beside(stage, Share([worker.pid]), billing, company.payers, imported)))
        slices = asyncio.run(_ready(stage, company.tenant))
        second = _company(stage, rows)
        written = partial(_by_hand, stage, second.tenant, rows, slices)
        by_hand.append(asyncio.run(_beside(stage, Share([worker.pid]), billing, second.payers, written)))
        progress(f"ours {ours[-1][0].whole:.1f} s, by hand {by_hand[-1][0].whole:.1f} s in {slices} transactions")
    _report(report, (len(rows), customers), [one for one, _ in ours], [one for one, _ in by_hand])
    report_payments(report, "ledger", {
        "alone": alone, "beside": [one for _, paid in ours for one in paid],
        "beside the limit": [one for _, paid in by_hand for one in paid]})


def _report(report: Report, many: tuple[int, int], ours: list[Taken], by_hand: list[Taken]) -> None:
    (rows, customers), facts = many, ours[0].facts
    growth = max(1, rows // ROWS)
    report.figure("ledger", f"{rows} rows of {customers} customers, sent and posted",
                  Spread([one.whole for one in ours]).beside(Spread([one.whole for one in by_hand])),
                  "s", under(20 * growth))
    report.figure("ledger", "rows a second, sent and posted",
                  Spread([rows / one.whole for one in ours]).beside(Spread([rows / one.whole for one in by_hand])),
                  "/s")
    report.figure("ledger", f"{facts} facts posted",
                  Spread([facts / one.posted for one in ours]).beside(Spread([facts / one.posted for one in by_hand])),
                  "/s")
    for name, runs in (("dunlin", ours), ("by hand", by_hand)):
        report.line("ledger", f"{name}: core microseconds per fact", **per_request(runs[-1].burnt, facts))
    report.figure("ledger", "longest wait for a lock meanwhile", Spread([one.waited * 1000 for one in ours]), "ms",
                  under(100))


def _company(stage: Stage, rows: list[Row]) -> Company:
    """A company that billing-svc has heard of, with its customers and others."""
    tenant, others = new_id(), [new_id() for _ in range(OTHERS)]
    names = {new_id(): name for name in sorted({row["customer_external_id"] for row in rows})}
    asyncio.run(told(stage, "billing", tenant, [*others, *names], names=names))
    return Company(tenant, Payers(tenant, _in_turn(others, names, rows), PAYMENTS_A_SECOND, "none"))


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
    stage: Stage, worker: Share, billing: Server, payers: Payers, work: Callable[[], tuple[float, float, int]],
) -> tuple[Taken, list[Loaded]]:
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    watching = asyncio.create_task(longest_wait(stage, "billing"))
    paying = asyncio.create_task(pay_until(stage, billing, payers, done))
    shares = {"worker": worker, "api": billing.share, "database": stage.database_share}
    before = {name: share.cpu_seconds() for name, share in shares.items()}
    sent, posted, facts = await loop.run_in_executor(None, work)
    burnt = {name: share.cpu_seconds() - before[name] for name, share in shares.items()}
    done.set()
    paid = await paying
    watching.cancel()
    return Taken(sent, posted, burnt, facts, await watching), paid


async def _ready(stage: Stage, tenant: UUID) -> int:
    """In how many transactions an import was posted; the limit has an empty table for its rows."""
    connection = await asyncpg.connect(stage.admin_url("billing"))
    count = await connection.fetchval(_SLICES, tenant)
    await connection.execute(by_hand_ledger.STAGED)
    await settled_down(connection)
    await connection.close()
    return int(count)


def _by_hand(stage: Stage, tenant: UUID, rows: list[Row], slices: int) -> tuple[float, float, int]:
    """As `_imported`, of the limit: nothing of it is sending alone."""

    async def work() -> int:
        connection = await connected(stage.databases.url("billing", "app"))
        try:
            return await by_hand_ledger.posted(connection, rows, slices, tenant=tenant, today=today())
        finally:
            await connection.close()

    began = time.perf_counter()
    facts = asyncio.run(work())
    return 0.0, time.perf_counter() - began, facts


def _imported(stage: Stage, tenant: UUID, billing: Server, rows: list[Row]) -> tuple[float, float, int]:
    """Seconds of sending and of posting, and how many facts were taken; raises when one was refused."""
    token = stage.issuer.token("imports:read", "imports:write", "operations:read", tenant=tenant)
    url, headers = f"http://127.0.0.1:{billing.ports[-1]}", {"Authorization": f"Bearer {token}"}
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
