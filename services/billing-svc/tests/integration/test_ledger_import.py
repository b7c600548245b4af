"""An older ledger taken over: in order of time, once, with every refusal told, and nothing told of as overdue."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from billing_svc.domain.ledger_import import LedgerImport, LedgerImportStatus
from billing_svc.domain.posting_dates import Books
from billing_svc.jobs import import_ledger as rounds
from billing_svc.jobs.import_ledger import import_ledger
from billing_svc.jobs.turn_day import turn_day
from billing_svc.usecases.plan_day_turn import TURN_DAY, plan_day_turn
from billing_svc.usecases.plan_ledger_round import IMPORT_LEDGER
from billing_svc.usecases.take_ledger_slice import take_ledger_slice
from dunlin_kernel.errors import NotReady
from dunlin_kit import pace
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job, JobRunner
from dunlin_kit.tenants import Tenant, present
from dunlin_kit.transaction import Transaction

DIGEST = "0" * 63 + "1"
Row = dict[str, Any]


def row(line: int, who: str, amount: str, issued_on: str, *, due_on: str = "", paid_on: str = "", **more: Any) -> Row:
    """An invoice `I<line>`, and the payment that cleared it on `paid_on`."""
    number = f"I{line}"
    said: Row = {"line": line, "customer_external_id": who, "currency": "CNY", "invoice": {
        "external_id": number, "amount": amount, "issued_on": issued_on, "due_on": due_on or issued_on}}
    if paid_on:
        said["payment"] = {"external_id": number, "invoice_external_id": number, "amount": amount,
                           "received_on": paid_on, "method": "bank_transfer"}
    return said | more


def money(line: int, who: str, amount: str, received_on: str, of: str | None, *, name: str = "") -> Row:
    """A payment alone."""
    return {"line": line, "customer_external_id": who, "currency": "CNY", "payment": {
        "external_id": name or f"P{line}", "invoice_external_id": of, "amount": amount, "received_on": received_on,
        "method": "bank_transfer"}}


class Importer:
    """One company whose older ledger is taken over."""

    def __init__(self, company: Any, ops: Database) -> None:
        self.company = company
        self.latest = ""
        self.runner = JobRunner(service="billing", ops=ops, app=company.running.database,
                                handlers={IMPORT_LEDGER: import_ledger, TURN_DAY: turn_day})

    async def send(self, rows: list[Row], *, digest: str = DIGEST) -> dict[str, Any]:
        begun: dict[str, Any] = await self.company.post("/ledger-imports", {"name": "old.csv", "digest": digest})
        self.latest = begun["id"]
        sent: dict[str, Any] = await self.company.post(f"/ledger-imports/{begun['id']}/rows", {"rows": rows})
        return sent

    async def run(self, import_id: str) -> dict[str, Any]:
        answer = await self.company.send("POST", f"/ledger-imports/{import_id}:run")
        assert answer.status_code == 202, answer.text
        await self.work()
        operation: dict[str, Any] = await self.company.get(answer.headers["location"].removeprefix("/billing/v1"))
        return operation

    async def work(self) -> None:
        while await self.runner.run_one():
            continue

    async def job(self) -> Job:
        """The round that is planned."""
        async def look(tx: Transaction) -> Any:
            return await tx.driver.fetchrow("SELECT * FROM job WHERE kind = $1 AND state = 'waiting'", IMPORT_LEDGER)

        row = await self.company.running.database.read(self.company.tenant, look)
        return Job(self.company.tenant, row["job_id"], IMPORT_LEDGER, row["key"], row["due_at"], row["payload"],
                   row["attempts"])

    async def take(self, rows: list[Row], *, digest: str = DIGEST) -> dict[str, int]:
        """Send, run, and return the operation's result."""
        operation = await self.run((await self.send(rows, digest=digest))["id"])
        assert operation["status"] == "succeeded", operation
        assert operation["done"] == operation["total"]
        result: dict[str, int] = operation["result"]
        return result

    async def refusals(self) -> list[tuple[int, str, str]]:
        """Of the import that was begun last."""
        found = await self.company.get(f"/ledger-imports/{self.latest}/refusals")
        return [(one["line"], one["part"], one["code"]) for one in found["data"]]

    async def facts(self) -> int:
        return len(await self.company.running.told(self.company.tenant))


@pytest.fixture
async def importer(company: Any) -> AsyncIterator[Importer]:
    """Customers A and B are known."""
    ops = Database(company.running.urls.ops, source="/dunlin/billing", pool_size=2)
    yield Importer(company, ops)
    await ops.close()


@pytest.fixture
async def customers(company: Any) -> dict[str, Any]:
    return {name: await company.register(external_id=name, number=f"C-{name}") for name in ("A", "B")}


def result(invoices: int = 0, payments: int = 0, unchanged: int = 0, refused: int = 0) -> dict[str, int]:
    return {"invoices": invoices, "payments": payments, "unchanged": unchanged, "refused": refused}


async def test_rows_are_taken_in_order_of_time_whatever_their_order_in_the_file(
    importer: Importer, customers: dict[str, Any],
) -> None:
    taken = await importer.take([
        row(2, "A", "300.00", "2025-03-01", due_on="2025-03-31"),
        row(3, "A", "100.00", "2025-01-10", paid_on="2025-03-01"),
        row(4, "A", "200.00", "2025-02-01", paid_on="2025-02-01"),
    ])
    assert taken == result(invoices=3, payments=2)
    told = await importer.company.running.told(importer.company.tenant)
    assert {said["origin"] for _, _, said in told} == {"import"}
    assert [(fact, said.get("external_id") or said.get("number")) for _, fact, said in told] == [
        ("InvoiceIssued", "I3"), ("InvoiceIssued", "I4"), ("PaymentConfirmed", "I4"), ("CreditAllocated", None),
        ("InvoiceSettled", "IMP1-000002"), ("InvoiceIssued", "I2"), ("PaymentConfirmed", "I3"),
        ("CreditAllocated", None), ("InvoiceSettled", "IMP1-000001")]
    assert await importer.company.account(customers["A"]) == ("300.00", "0.00")


async def test_a_second_run_changes_nothing_and_other_content_is_refused(
    importer: Importer, customers: dict[str, Any],
) -> None:
    rows = [row(2, "A", "100.00", "2025-01-10", paid_on="2025-02-01"), row(3, "B", "50.00", "2025-01-11")]
    assert await importer.take(rows) == result(invoices=2, payments=1)
    facts = await importer.facts()
    assert await importer.take(rows) == result(unchanged=3)
    changed = [row(2, "A", "100.01", "2025-01-10", paid_on="2025-02-01"), row(3, "A", "50.00", "2025-01-11")]
    assert await importer.take(changed, digest="f" * 64) == result(refused=3)
    assert await importer.refusals() == [
        (2, "invoice", "invoice_differs"), (2, "payment", "payment_differs"), (3, "invoice", "invoice_differs")]
    assert await importer.facts() == facts


async def test_nothing_is_half_done_and_each_refusal_has_line_and_reason(
    importer: Importer, customers: dict[str, Any],
) -> None:
    await importer.company.post("/period-locks", {"closed_until": "2024-12-31", "hard": False, "reason": "closed"})
    taken = await importer.take([
        row(2, "A", "100.005", "2025-01-10", paid_on="2025-01-11"),
        row(3, "A", "100.00", "2025-01-40"),
        row(4, "A", "100.00", "2025-01-10", due_on="2025-01-09"),
        row(5, "A", "0.00", "2025-01-10"),
        row(6, "A", "100.00", "2025-01-10", paid_on="2027-01-01"),
        row(7, "A", "100.00", "2024-12-31", paid_on="2025-01-02"),
        row(8, "A", "100.00", "2025-01-10", currency="XYZ"),
        row(9, "A", "100.00", "2025-01-10", invoice=None),
        row(10, "A", "70.00", "2025-01-10"),
        money(11, "B", "10.00", "2025-01-12", "I10"),
        money(12, "A", "10.00", "2025-01-12", "nowhere"),
        money(13, "A", "10.00", "2025-01-12", "I2"),
        money(14, "A", "10.00", "2025-01-12", None),
        money(15, "A", "10.00", "2025-01-32", None),
    ])
    assert taken == result(invoices=1, payments=1, refused=14)
    assert await importer.refusals() == [
        (2, "row", "wrong_precision"), (3, "row", "bad_date"), (4, "row", "due_before_issue"),
        (5, "row", "amount_not_positive"), (6, "invoice", "effective_in_future"), (6, "payment", "effective_in_future"),
        (7, "invoice", "period_locked"), (7, "payment", "invoice_refused"), (8, "row", "unknown_currency"),
        (9, "row", "row_says_nothing"), (11, "payment", "other_customer"), (12, "payment", "invoice_not_found"),
        (13, "payment", "invoice_refused"), (15, "payment", "bad_date")]
    told = (await importer.company.get(f"/ledger-imports/{importer.latest}/refusals"))["data"]
    assert [one["external_id"] for one in told if one["line"] in (3, 9, 15)] == ["I3", None, "P15"]
    assert await importer.company.account(customers["A"]) == ("70.00", "10.00")


async def test_a_payment_waits_for_its_invoice_wherever_that_stands(
    importer: Importer, customers: dict[str, Any],
) -> None:
    taken = await importer.take([
        money(2, "A", "60.00", "2025-01-05", "I4"), money(3, "A", "60.00", "2025-03-01", "I4"),
        row(4, "A", "100.00", "2025-02-01"), money(5, "A", "1.00", "2025-03-02", "I4")])
    assert taken == result(invoices=1, payments=2, refused=1)
    assert await importer.refusals() == [(5, "payment", "more_than_open")]
    assert await importer.company.account(customers["A"]) == ("0.00", "20.00")


async def test_what_is_past_due_when_it_is_taken_over_is_not_told_of_as_overdue(
    importer: Importer, customers: dict[str, Any],
) -> None:
    await importer.take([row(2, "A", "100.00", "2025-01-10", due_on="2026-01-04"),
                         row(3, "A", "100.00", "2025-01-10", due_on="2026-01-05")])
    company = importer.company

    async def plan(tx: Transaction) -> None:
        plan_day_turn(tx, "Asia/Shanghai", date(2026, 1, 5))

    await company.running.database.transact(company.tenant, plan)
    await company.clock("2026-01-06")
    await importer.work()
    told = [said["number"] for _, fact, said in await company.running.told(company.tenant) if fact == "InvoiceOverdue"]
    assert told == ["IMP1-000002"]


async def test_rows_wait_for_a_customer_that_was_not_heard_of(
    importer: Importer, customers: dict[str, Any], monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rounds, "LOOKS", 1)
    sent = await importer.send([row(2, "A", "10.00", "2025-01-01"), row(3, "Z", "20.00", "2025-01-02"),
                                row(4, "A", "30.00", "2025-01-03")])
    answer = await importer.company.send("POST", f"/ledger-imports/{sent['id']}:run")
    job = await importer.job()
    with pytest.raises(NotReady):
        await import_ledger(importer.company.running.database, job)
    assert await importer.company.account(customers["A"]) == ("10.00", "0.00"), "those before it were taken"
    place = answer.headers["location"].removeprefix("/billing/v1")
    waiting = await importer.company.get(place)
    assert (waiting["status"], waiting["error"], waiting["waits_for"]) == ("running", None, {
        "code": "customer_not_known_yet", "detail": "Line 3: This customer has not been heard of here yet."})
    await importer.company.register(external_id="Z", number="C-Z")
    await import_ledger(importer.company.running.database, job)
    operation = await importer.company.get(place)
    assert operation["waits_for"] is None
    assert operation["result"] == result(invoices=3)
    again = await importer.company.send("POST", f"/ledger-imports/{sent['id']}:run")
    assert (again.status_code, again.json()) == (202, operation), "an import that has ended says how"


async def test_an_import_that_is_cancelled_keeps_what_was_taken_and_its_file_can_be_sent_anew(
    importer: Importer, customers: dict[str, Any], monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rounds, "LOOKS", 1)
    company, rows = importer.company, [
        row(2, "A", "10.00", "2025-01-01"), row(3, "Z", "20.00", "2025-01-02", paid_on="2025-01-03"),
        row(4, "A", "30.00", "2025-01-03"), row(5, "A", "1.0", "2025-01-03")]
    sent = await importer.send(rows)
    answer = await company.send("POST", f"/ledger-imports/{sent['id']}:run")
    job = await importer.job()
    with pytest.raises(NotReady):
        await import_ledger(company.running.database, job)
    cancelled = (await company.send("POST", f"/ledger-imports/{sent['id']}:cancel")).json()
    assert {name: cancelled[name] for name in ("status", "total", "invoices", "payments", "unchanged", "refused")} == {
        "status": "ended", "total": 5} | result(invoices=1, refused=4)
    operation = await company.get(answer.headers["location"].removeprefix("/billing/v1"))
    assert (operation["status"], operation["error"]["code"], operation["waits_for"]) == (
        "failed", "operation_cancelled", None)
    given_up = "ledger_import_cancelled"
    assert await importer.refusals() == [
        (3, "invoice", given_up), (3, "payment", given_up), (4, "invoice", given_up), (5, "row", "wrong_precision")]
    await import_ledger(company.running.database, job)
    assert await company.account(customers["A"]) == ("10.00", "0.00"), "the round that was planned takes nothing"
    again = await company.send("POST", f"/ledger-imports/{sent['id']}:cancel")
    assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")
    assert await importer.take([rows[0], rows[2]]) == result(invoices=1, unchanged=1)
    assert importer.latest != sent["id"]


async def test_an_import_is_cancelled_before_it_runs(importer: Importer, customers: dict[str, Any]) -> None:
    sent = await importer.send([row(2, "A", "10.00", "2025-01-01"), row(3, "A", "1.0", "2025-01-01")])
    cancelled = (await importer.company.send("POST", f"/ledger-imports/{sent['id']}:cancel")).json()
    assert (cancelled["status"], cancelled["total"], cancelled["refused"]) == ("ended", 2, 2)
    operation = await importer.run(sent["id"])
    assert (operation["status"], operation["error"]["code"]) == ("failed", "operation_cancelled")
    assert await importer.facts() == 0


async def test_a_refusal_that_shows_only_at_the_writing_is_found_and_the_rest_is_taken(
    importer: Importer, customers: dict[str, Any], monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The books seem open when facts are judged, as if they were closed a moment later."""
    await importer.company.post("/period-locks", {"closed_until": "2025-01-31", "hard": False, "reason": "closed"})
    monkeypatch.setattr(
        "billing_svc.usecases.judge_ledger_facts.periods", SimpleNamespace(present_books=_with_open_books))
    rows = [row(n, "AB"[n % 2], "10.00", f"2025-0{1 + (n > 5)}-10", paid_on="2025-02-20") for n in range(2, 10)]
    assert await importer.take(rows) == result(invoices=4, payments=4, refused=8)
    assert await importer.refusals() == [
        one for n in range(2, 6) for one in ((n, "invoice", "period_locked"), (n, "payment", "invoice_refused"))]


async def _with_open_books(tx: Transaction) -> tuple[Tenant, Books]:
    tenant = await present(tx)
    return tenant, Books(None, tenant.today)


class Dying:
    """A database whose process dies in the transaction after so many, when all of it was written but the commit."""

    def __init__(self, database: Database, lives: int) -> None:
        self.database, self.lives = database, lives

    async def transact(self, tenant: Any, work: Callable[[Transaction], Awaitable[Any]]) -> Any:
        async def killed(tx: Transaction) -> Any:
            done = await work(tx)
            await tx.flush(last=True)
            if self.lives == 0:
                raise KilledError
            return done

        done = await self.database.transact(tenant, killed)
        self.lives -= 1
        return done


class KilledError(Exception):
    """The process ended here."""


def _slices(monkeypatch: pytest.MonkeyPatch, *, most: int) -> None:
    monkeypatch.setattr(rounds, "SLICE", most)
    monkeypatch.setattr(rounds, "LEAST", 1)


@pytest.mark.parametrize("lives", [0, 1, 2])
async def test_a_worker_killed_anywhere_goes_on_and_takes_each_fact_once(
    importer: Importer, customers: dict[str, Any], monkeypatch: pytest.MonkeyPatch, lives: int,
) -> None:
    _slices(monkeypatch, most=12)
    monkeypatch.setattr(rounds, "FACTS_A_ROUND", 4)
    rows = [row(n, "AB"[n % 2], "10.00", f"2025-01-{n:02}", paid_on=f"2025-02-{n:02}") for n in range(2, 12)]
    sent = await importer.send(rows)
    answer = await importer.company.send("POST", f"/ledger-imports/{sent['id']}:run")
    for _ in range(lives + 1):
        job = await importer.job()
        with pytest.raises(KilledError):
            await import_ledger(Dying(importer.company.running.database, lives), job)  # type: ignore[arg-type]
    await importer.work()
    operation = await importer.company.get(answer.headers["location"].removeprefix("/billing/v1"))
    assert operation["result"] == result(invoices=10, payments=10)
    told = await importer.company.running.told(importer.company.tenant)
    for who, first in (("A", 2), ("B", 3)):
        own = [said["external_id"] for _, fact, said in told if said.get("customer_id") == str(customers[who])
               and fact in ("InvoiceIssued", "PaymentConfirmed")]
        assert own == [f"I{n}" for n in range(first, 12, 2)] * 2
    checks = (await importer.company.get("/integrity"))["checks"]
    assert [check for check in checks if not check["holds"]] == []


async def test_a_slice_that_took_long_is_followed_by_a_smaller_one(
    importer: Importer, customers: dict[str, Any], monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It holds accounts, and nobody shall wait for them long, however slow the machine is."""
    sizes = []

    async def noting(tx: Transaction, import_id: UUID, size: int) -> LedgerImport:
        if tx.tenant == importer.company.tenant:  # what other tests left is tried again
            sizes.append(size)
        return await take_ledger_slice(tx, import_id, size)

    monkeypatch.setattr(rounds, "take_ledger_slice", noting)
    monkeypatch.setattr(pace, "LONG_SECONDS", 0)
    _slices(monkeypatch, most=16)
    assert await importer.take([row(n, "A", "10.00", "2025-01-02") for n in range(2, 10)]) == result(invoices=8)
    assert sizes == [4, 2, 1, 1, 1]


async def test_the_end_tidies_up_without_holding_an_account(importer: Importer, customers: dict[str, Any]) -> None:
    sent = await importer.send([row(2, "A", "10.00", "2025-01-02", paid_on="2025-02-01")])
    await importer.company.send("POST", f"/ledger-imports/{sent['id']}:run")
    database, tenant = importer.company.running.database, importer.company.tenant

    async def take(tx: Transaction) -> LedgerImport:
        return await take_ledger_slice(tx, UUID(sent["id"]), 250)

    async def beside_its_accounts(tx: Transaction) -> LedgerImport:
        assert await tx.driver.fetch("SELECT 1 FROM account FOR UPDATE")
        taken: LedgerImport = await database.transact(tenant, take)
        return taken

    after = await database.transact(tenant, take)
    assert (after.status, after.tally.judged) == (LedgerImportStatus.RUNNING, after.total)
    ended = await database.transact(tenant, beside_its_accounts)
    assert ended.status is LedgerImportStatus.ENDED


async def test_a_round_that_was_planned_anew_leaves_nothing_to_the_one_before(
    importer: Importer, customers: dict[str, Any], monkeypatch: pytest.MonkeyPatch,
) -> None:
    _slices(monkeypatch, most=1)
    sent = await importer.send([row(n, "A", "10.00", "2025-01-02") for n in range(2, 5)])
    await importer.company.send("POST", f"/ledger-imports/{sent['id']}:run")
    before = await importer.job()
    again = await importer.company.send("POST", f"/ledger-imports/{sent['id']}:run")
    await import_ledger(importer.company.running.database, before)
    state = await importer.company.get(f"/ledger-imports/{sent['id']}")
    assert (state["status"], state["invoices"]) == ("running", 1), "it saw that it is not the one any more, and stopped"
    await importer.work()
    operation = await importer.company.get(again.headers["location"].removeprefix("/billing/v1"))
    assert operation["result"] == result(invoices=3)


async def test_a_real_company_takes_its_ledger_over_as_well(importer: Importer, billing: Any) -> None:
    importer.company = type(importer.company)(billing, await billing.tenant())
    await importer.company.register(external_id="A", number="C-A")
    assert await importer.take([row(2, "A", "10.00", "2019-01-02", paid_on="2019-02-01")]) == result(1, 1)
