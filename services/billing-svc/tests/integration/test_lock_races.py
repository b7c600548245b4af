"""Everything that posts at once, over the same accounts and documents, named in both orders: nobody waits in a ring."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from billing_svc.consumers.customer import customer
from billing_svc.domain.allocation import AllocationRule, Choice, Part
from billing_svc.domain.payment import RecordPayment
from billing_svc.domain.voiding import VoidReason, VoidWish
from billing_svc.jobs.import_ledger import import_ledger
from billing_svc.jobs.turn_day import turn_day
from billing_svc.usecases.issue_invoice import IssueInvoice, issue_invoice
from billing_svc.usecases.lock_period import LockPeriod, lock_period
from billing_svc.usecases.plan_day_turn import TURN_DAY
from billing_svc.usecases.plan_ledger_round import IMPORT_LEDGER
from billing_svc.usecases.record_payment import record_payment
from billing_svc.usecases.void_invoice import void_invoice
from dunlin_events.contracts.customer import TenantConfigured
from dunlin_kernel.errors import DomainError
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from dunlin_kit.database import Database
from dunlin_kit.jobs import JobRunner
from dunlin_kit.testing import deadlocks, tell
from dunlin_kit.transaction import Transaction

CUSTOMERS, ROUNDS = 4, 3
WAYS = (1, -1)
KINDS = ("pay", "void", "issue", "write_off", "close")
OWN = {("void", 1): ROUNDS, ("void", -1): ROUNDS + 1, ("write_off", 1): ROUNDS + 2, ("write_off", -1): ROUNDS + 3}
"""Which invoices nobody else names: in the last round all wait for the accounts only, so each gets through."""
PAID = ROUNDS + 4
Work = Callable[[Transaction], Awaitable[Any]]


class Rush:
    """A company in whose books everybody writes at the same time."""

    def __init__(self, company: Any, who: Sequence[UUID], invoices: Sequence[Sequence[dict[str, Any]]]) -> None:
        self.company, self.who, self.invoices = company, who, invoices
        self.done: Counter[tuple[str, int]] = Counter()

    async def run(self, kind: str, way: int, work: Work) -> None:
        """In a transaction of its own; what a rule refuses by now is refused."""
        try:
            await self.company.running.database.transact(self.company.tenant, work)
        except DomainError:
            return
        self.done[kind, way] += 1

    async def pay(self, n: int, way: int) -> None:
        wishes = [
            RecordPayment(new_id(), who, Money.parse("10.00", "CNY"), date(2026, 1, 5), "cash",
                          Choice(AllocationRule.ITEMS, (Part(UUID(owed[n]["items"][0]["id"])),)))
            for who, owed in zip(self.who, self.invoices, strict=True)]
        await self.run("pay", way, lambda tx: record_payment(tx, wishes[::way]))

    async def void(self, n: int, way: int) -> None:
        wishes = [VoidWish(UUID(owed[n]["id"]), VoidReason.ISSUED_IN_ERROR) for owed in self.invoices]
        await self.run("void", way, lambda tx: void_invoice(tx, wishes[::way]))

    async def issue(self, _: int, way: int) -> None:
        line = {"description": "Goods", "quantity": "1", "unit_price": "10", "tax_rate": "0"}
        drafts = [await self.company.post("/invoices", {
            "customer_id": str(one), "currency": "CNY", "lines": [line]}) for one in self.who]
        wishes = [IssueInvoice(UUID(one["id"])) for one in drafts]
        await self.run("issue", way, lambda tx: issue_invoice(tx, wishes[::way]))

    async def write_off(self, n: int, way: int) -> None:
        for owed in self.invoices[::way]:
            made = await self.company.send("POST", "/write-offs", {
                "item_id": owed[n]["items"][0]["id"], "reason": "insolvency"})
            if made.status_code < 300:
                approver = self.company.running.headers(
                    self.company.tenant, "write_offs:approve", subject="controller")
                said = await self.company.running.client.post(
                    f"/billing/v1/write-offs/{made.json()['id']}:approve", json={}, headers=approver)
                assert said.status_code < 500, said.text
                self.done["write_off", way] += said.status_code < 300
            assert made.status_code < 500, made.text

    async def close(self, n: int, way: int) -> None:
        wish = LockPeriod(date(2025, 11, 1) + timedelta(days=n), False, "month end")
        await self.run("close", way, lambda tx: lock_period(tx, wish))


@pytest.fixture
async def rush(company: Any) -> Rush:
    fact = TenantConfigured(name="T", currency="CNY", zone="Asia/Shanghai", sandbox=True,
                            clock_at=datetime(2026, 1, 5, 2, tzinfo=UTC))
    await tell(company.running.database, customer, company.tenant, fact)
    who = [await company.register(number=f"C-{n}", external_id=f"X{n}") for n in range(CUSTOMERS)]
    invoices = [await asyncio.gather(*(company.issue(one, "100", "2026-01-05", rate="0") for _ in range(PAID + 1)))
                for one in who]
    await company.clock("2026-03-10")
    return Rush(company, who, invoices)


@pytest.fixture
async def worker(company: Any) -> AsyncIterator[JobRunner]:
    """What falls due: the turns of the days since January, and the import."""
    ops = Database(company.running.urls.ops, source="/dunlin/billing", pool_size=2)
    yield JobRunner(service="billing", ops=ops, app=company.running.database,
                    handlers={TURN_DAY: turn_day, IMPORT_LEDGER: import_ledger})
    await ops.close()


async def taken_over(company: Any) -> None:
    """An older ledger of the same customers, in the other order."""
    rows = [{"line": line, "customer_external_id": f"X{CUSTOMERS - 1 - line % CUSTOMERS}", "currency": "CNY",
             "invoice": {"external_id": f"I{line}", "amount": "5.00", "issued_on": "2026-01-05",
                         "due_on": "2026-01-20"},
             "payment": {"external_id": f"I{line}", "invoice_external_id": f"I{line}", "amount": "5.00",
                         "received_on": "2026-02-01", "method": "cash"}} for line in range(1, 121)]
    begun = await company.post("/ledger-imports", {"name": "old.csv", "digest": "0" * 64})
    await company.post(f"/ledger-imports/{begun['id']}/rows", {"rows": rows})
    assert (await company.send("POST", f"/ledger-imports/{begun['id']}:run")).status_code == 202


async def test_all_that_posts_at_once_over_the_same_accounts_never_deadlocks(rush: Rush, worker: JobRunner) -> None:
    company, before = rush.company, deadlocks("billing")
    await taken_over(company)
    stop = asyncio.Event()

    async def work() -> None:
        while await worker.run_one() or not stop.is_set():  # noqa: ASYNC110  until nothing is due any more
            await asyncio.sleep(0)

    jobs = asyncio.create_task(work())
    for n in range(ROUNDS):
        await asyncio.gather(*(getattr(rush, kind)(n, way) for kind in (*KINDS, "pay") for way in WAYS))
    await asyncio.gather(*(getattr(rush, kind)(OWN.get((kind, way), PAID), way) for kind in KINDS for way in WAYS))
    stop.set()
    await jobs
    assert deadlocks("billing") == before
    assert not [one for one in product(KINDS, WAYS) if not rush.done[one]]
    assert not [one for one in (await company.get("/integrity"))["checks"] if not one["holds"]]
    assert len(await company.rows("/invoices?limit=200")) == CUSTOMERS * (PAID + 1 + 2 * (ROUNDS + 1)) + 120
