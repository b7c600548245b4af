"""A real company's ledger, taken over by the command as two tenants; every figure of every past day, to the cent."""

import asyncio
import csv
import gzip
import json
import signal
import sys
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import asyncpg
import pytest
from dunlin_running import Dunlin, Journey, dunlin

from billing_svc.api import ledger_imports
from billing_svc.jobs import import_ledger
from billing_svc.usecases.add_ledger_rows import add_ledger_rows
from customer_svc.jobs import import_customers
from customer_svc.usecases.take_import_slice import take_import_slice
from dunlin_kernel.money import Money
from dunlin_local.databases import SERVICES

DATA = Path(__file__).parents[3] / "shared/data"
LEDGER = DATA / "ar/highradius_ledger_asof_2019-12-31.csv.gz"
GOLDEN = DATA / "golden/highradius.json"
ZONES = {"USD": "America/New_York", "CAD": "America/Toronto"}
EDGES = (("not_due", 0), ("1_30", 30), ("31_60", 60), ("61_90", 90), ("over_90", 10_000))
NOW = "2020-01-15 10:00"
GOLDEN_KPIS = {"dso": "dso_90d", "best_possible_dso": "bpdso_90d", "average_days_delinquent": "add_dso_minus_bpdso",
               "dso_count_back": "dso_countback_months"}
CUSTOMERS_OF_SLICE = 20
ROWS_A_CALL = FACTS_A_SLICE = 100
"""Fewer than usual, so that there is a middle: of sending, and of posting."""
WHOLE = ("customer", "billing")
"""The services that take the whole: how the others hear it is proved with the slice."""
PASSED_OVER = {"USD": 100, "CAD": 10}
"""The customers with the most rows, which the slice leaves to the whole."""
COMMAND = f"""
import sys
from dunlin_local import __main__ as dunlin, ledger_takeover
ledger_takeover.ROWS_A_CALL = {ROWS_A_CALL}
sys.exit(dunlin.main(sys.argv[1:]))"""
Row = dict[str, str]
Aged = dict[str, tuple[int, int]]

IMPORTS = """
SELECT i.status, i.total, i.invoices + i.payments AS taken,
       (SELECT count(DISTINCT line) FROM ledger_import_fact f WHERE f.tenant_id = i.tenant_id
          AND f.ledger_import_id = i.id) AS received
FROM ledger_import i WHERE i.tenant_id = $1"""

pytestmark = pytest.mark.skipif(not LEDGER.exists(), reason=f"the ledger is not here: {LEDGER}")


def rows_of(path: Path) -> list[Row]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def minor(amount: str) -> int:
    whole, _, part = amount.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0"))


def is_open(row: Row, day: str) -> bool:
    return row["invoice_date"] <= day and not ("" < row["clear_date"] <= day)


def aged(rows: Iterable[Row], day: str) -> Aged:
    """Items and cents per bucket at the end of a day, straight from the rows."""
    found: dict[str, tuple[int, int]] = {name: (0, 0) for name, _ in EDGES}
    for row in rows:
        if is_open(row, day):
            days = (date.fromisoformat(day) - date.fromisoformat(row["due_date"])).days
            name = next(name for name, last in EDGES if days <= last)
            found[name] = (found[name][0] + 1, found[name][1] + minor(row["amount"]))
    return found


@dataclass
class Books:
    """One tenant into which the ledger of one currency is taken."""

    system: Dunlin
    journey: Journey
    currency: str
    folder: Path

    @classmethod
    async def open(
        cls, system: Dunlin, currency: str, folder: Path, *, services: Sequence[str] = SERVICES,
    ) -> "Books":
        journey = await Journey.begin(system, NOW, currency=currency, zone=ZONES[currency], services=services)
        return cls(system, journey, currency, folder)

    async def command(self, file: Path) -> asyncio.subprocess.Process:
        mapping = Path(__file__).parent / f"highradius_{self.currency.lower()}.toml"
        token = self.journey.headers["Authorization"].removeprefix("Bearer ")
        return await asyncio.create_subprocess_exec(
            sys.executable, "-c", COMMAND, "import", "ledger", str(file), "--mapping", str(mapping),
            "--url", self.system.url, "--token", token, "--report", str(self.folder / "report.csv"),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)

    async def take(self, file: Path) -> dict[str, str]:
        """Run the command to its end; what it said, by the first word of each line."""
        running = await self.command(file)
        said, complained = await running.communicate()
        assert running.returncode == 0, (said.decode(), complained.decode())
        return dict(line.split(None, 1) for line in said.decode().splitlines())

    async def imports(self) -> list[dict[str, Any]]:
        """How far each import of this tenant is, as its database has it."""
        connection = await asyncpg.connect(self.system.databases.url("billing", "ops"))
        try:
            return [dict(row) for row in await connection.fetch(IMPORTS, self.journey.tenant)]
        finally:
            await connection.close()

    async def emitted(self) -> int:
        told: int = (await self.journey.get("/billing/v1/test-clock"))["emitted"]
        return told

    async def report(self, day: str) -> dict[str, Any]:
        """The total of the ageing report, and what each customer owes."""
        owed: list[int] = []
        asked: dict[str, Any] = {"as_of": day, "limit": 200}
        while True:
            page: dict[str, Any] = await self.journey.get("/billing/v1/ageing", **asked)
            owed += [Money.parse(row["figures"]["receivables"]["amount"], self.currency).minor for row in page["data"]]
            if page["next_cursor"] is None:
                return page | {"owed": sorted(one for one in owed if one)}
            asked["cursor"] = page["next_cursor"]

    async def assert_aged(self, day: str, expected: Aged) -> list[int]:
        """The buckets and the controls are these; returns what each customer owes."""
        page = await self.report(day)
        assert [total["figures"]["currency"] for total in page["totals"]] == [self.currency]
        total = page["totals"][0]
        found = {one["name"]: (one["items"], Money.parse(one["amount"]["amount"], self.currency).minor)
                 for one in total["figures"]["buckets"]}
        assert found == expected, day
        control = Money.parse(total["receivable_control"]["amount"], self.currency).minor
        assert control == sum(cents for _, cents in expected.values())
        assert total["customer_credit_control"]["amount"] == total["figures"]["unapplied"]["amount"] == "0.00"
        owed: list[int] = page["owed"]
        assert sum(owed) == control
        return owed

    async def assert_key_figures(self, day: str, expected: Mapping[str, int | float]) -> dict[str, float]:
        """Amounts are these to the cent, ratios to a millionth; returns all key figures that are not none."""
        first = date.fromisoformat(day) - timedelta(days=89)
        asked: dict[str, Any] = {"from": str(first), "to": day}
        (period,) = (await self.journey.get("/billing/v1/kpis", **asked))["data"]
        values = {one["kpi"]: float(one["value"]) for one in period["kpis"] if one["value"] is not None}
        for name, figure in expected.items():
            if name in period["figures"]:
                assert Money.parse(period["figures"][name]["amount"], self.currency).minor == figure, (day, name)
            else:
                assert abs(values.get(name, 0.0) - figure) <= 1e-6, (day, name)
        return values


def figures_of(rows: Iterable[Row], day: str) -> dict[str, int | float]:
    """What the key figures of the 90 days up to a day rest on, straight from the rows, and three of them."""
    rows, end = list(rows), date.fromisoformat(day)
    first = str(end - timedelta(days=89))
    buckets = aged(rows, day)
    closing, current = sum(cents for _, cents in buckets.values()), buckets["not_due"][1]
    sales = sum(minor(row["amount"]) for row in rows if first <= row["invoice_date"] <= day)
    overdue_days = sum(
        minor(row["amount"]) * max((end - date.fromisoformat(row["due_date"])).days, 0)
        for row in rows if is_open(row, day))
    return {"closing": closing, "current": current, "sales": sales, "overdue_days": overdue_days,
            "dso": closing / sales * 90, "best_possible_dso": current / sales * 90,
            "weighted_days_past_due": overdue_days / (closing - current) if closing > current else 0.0}


def counts(rows: Iterable[Row]) -> dict[str, str]:
    """What the command says of these rows when it takes them all."""
    rows = list(rows)
    paid = sum(bool(row["clear_date"]) for row in rows)
    return {"invoices": f"{len(rows)} taken", "payments": f"{paid} taken", "refused": "0",
            "unchanged": "0 were there already"}


def said_of(said: Mapping[str, str]) -> dict[str, str]:
    return {name: said[name] for name in ("invoices", "payments", "refused", "unchanged")}


@pytest.fixture(scope="module")
def ledger() -> list[Row]:
    return rows_of(LEDGER)


@pytest.fixture(scope="module")
def slice_of(ledger: list[Row], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[Row]]]:
    """A file with all rows of 20 customers of each currency, in another order."""
    by: dict[str, dict[str, list[Row]]] = {currency: defaultdict(list) for currency in ZONES}
    for row in ledger:
        by[row["currency"]][row["cust_number"]].append(row)
    chosen = {}
    for currency, customers in by.items():
        by_rows = sorted(customers, key=lambda one: (-len(customers[one]), one))
        in_order = by_rows[PASSED_OVER[currency]:][:CUSTOMERS_OF_SLICE]
        chosen[currency] = [row for one in in_order for row in customers[one]]
        assert len(in_order) == CUSTOMERS_OF_SLICE
    path = tmp_path_factory.mktemp("slice") / "ledger.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(ledger[0]))
        writer.writeheader()
        writer.writerows(sorted((row for rows in chosen.values() for row in rows), key=lambda row: -int(row["row_id"])))
    return path, chosen


async def test_a_slice_comes_out_of_the_api_to_the_cent_and_a_second_run_changes_nothing(
    calm: Dunlin, slice_of: tuple[Path, dict[str, list[Row]]], tmp_path: Path,
) -> None:
    path, chosen = slice_of
    for currency, rows in chosen.items():
        books = await Books.open(calm, currency, tmp_path)
        assert said_of(await books.take(path)) == counts(rows)
        for day in ("2019-02-28", "2019-05-31", "2019-09-30", "2019-12-31"):
            owed = await books.assert_aged(day, aged(rows, day))
            await books.assert_key_figures(day, figures_of(rows, day))
            by_customer: dict[str, int] = defaultdict(int)
            for row in rows:
                by_customer[row["cust_number"]] += minor(row["amount"]) if is_open(row, day) else 0
            assert owed == sorted(cents for cents in by_customer.values() if cents)
        await books.journey.quiet()
        emitted = await books.emitted()
        facts = len(rows) + sum(bool(row["clear_date"]) for row in rows)
        assert (await books.take(path))["unchanged"] == f"{facts} were there already"
        await books.journey.quiet()
        assert await books.emitted() == emitted
        await books.journey.assert_integrity()


class Gate:
    """Holds up the second call of a function of the running system, until it is opened."""

    def __init__(self, call: Callable[..., Awaitable[Any]]) -> None:
        self._call, self._calls = call, 0
        self.reached, self.opened = asyncio.Event(), asyncio.Event()

    async def __call__(self, *given: Any) -> Any:
        self._calls += 1
        if self._calls == 2:
            self.reached.set()
            await self.opened.wait()
        return await self._call(*given)

    async def kill_at(self, running: asyncio.subprocess.Process) -> None:
        """Kill the command when the first call is done and the second is not."""
        ends = [asyncio.create_task(one) for one in (self.reached.wait(), running.wait())]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED, timeout=120)
        ends[1].cancel()
        assert running.returncode is None, (await running.communicate())[1].decode()
        assert self.reached.is_set()
        running.kill()
        await running.communicate()
        assert running.returncode == -signal.SIGKILL


async def test_a_command_that_is_killed_goes_on_when_it_is_run_again(
    calm: Dunlin, slice_of: tuple[Path, dict[str, list[Row]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Killed in the middle of registering, of sending, and of posting."""
    path, chosen = slice_of
    rows = chosen["CAD"]
    books = await Books.open(calm, "CAD", tmp_path)
    registering, sending, posting = Gate(take_import_slice), Gate(add_ledger_rows), Gate(import_ledger._slice)
    monkeypatch.setattr(import_customers, "take_import_slice", registering)
    monkeypatch.setattr(import_customers, "SLICE", CUSTOMERS_OF_SLICE // 4)
    monkeypatch.setattr(ledger_imports, "add", sending)
    monkeypatch.setattr(import_ledger, "_slice", posting)
    monkeypatch.setattr(import_ledger, "SLICE", FACTS_A_SLICE)

    await registering.kill_at(await books.command(path))
    registering.opened.set()
    await sending.kill_at(await books.command(path))
    (begun,) = await books.imports()
    assert begun["status"] == "receiving"
    assert 0 < begun["received"] <= ROWS_A_CALL < len(rows), "rows were left to be sent"
    sending.opened.set()
    await posting.kill_at(await books.command(path))
    (begun,) = await books.imports()
    assert begun["status"] == "running"
    assert 0 < begun["taken"] <= FACTS_A_SLICE < begun["total"], "facts were left to be posted"
    posting.opened.set()

    said = await books.take(path)
    assert said["refused"] == "0"
    await books.assert_aged("2019-10-31", aged(rows, "2019-10-31"))
    facts = await books.journey.get("/billing/v1/invoices", limit=200)
    assert len(facts["data"]) == min(200, len(rows))
    await books.journey.quiet()
    await books.journey.assert_integrity()


@pytest.mark.full
@pytest.mark.timeout(900)
async def test_the_whole_ledger_comes_out_of_the_api_to_the_cent(
    postgres: str, ledger: list[Row], tmp_path: Path,
) -> None:
    golden = json.loads(GOLDEN.read_text())["figures"]
    assert len(golden) == 5
    async with dunlin(postgres, tmp_path, services=WHOLE) as system:
        for currency in ZONES:
            rows = [row for row in ledger if row["currency"] == currency]
            books, began = await Books.open(system, currency, tmp_path, services=WHOLE), perf_counter()
            assert said_of(await books.take(LEDGER)) == counts(rows)
            took = perf_counter() - began
            print(f"{currency}: {len(rows)} rows in {took:.1f} s, {len(rows) / took:.0f} rows/s")
            for day, figures in golden.items():
                told = figures[currency]
                expected = {name: (one["count"], one["cents"]) for name, one in told["ageing"].items()}
                assert (told["open_count"], told["open_cents"]) == tuple(map(sum, zip(*expected.values(), strict=True)))
                assert len(await books.assert_aged(day, expected)) == told["concentration"]["customers"]
                values = await books.assert_key_figures(day, figures_of(rows, day))
                for kpi, name in GOLDEN_KPIS.items():
                    assert abs(values[kpi] - told[name]) <= 1e-6, (day, kpi)
            await until_quiet(books.journey)
            await books.journey.assert_integrity()


async def until_quiet(journey: Journey) -> None:
    """As `quiet`, with the patience that a hundred thousand facts ask for."""
    for last in (False, False, False, False, True):
        try:
            await journey.quiet()
            break
        except AssertionError:
            if last:
                raise
