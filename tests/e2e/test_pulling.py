"""The puller of docs/subscribing.md against a served API: killed, its server away, and the page's own commands."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import pytest
import uvicorn

from dunlin_events.contracts.billing import InvoiceIssued
from dunlin_events.envelope import stream_of
from dunlin_events.rebasing import rebase
from dunlin_kernel.ids import new_id
from dunlin_kit.testing import Running, running
from dunlin_kit.transaction import Transaction

DOCS = Path(__file__).resolve().parents[2] / "docs"
CUSTOMERS, ROUNDS = 6, 30


class Server(uvicorn.Server):
    """Leaves the signals to the tests."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Billing(NamedTuple):
    """A served billing API, with a tenant."""

    service: Running
    tenant: UUID

    @contextlib.asynccontextmanager
    async def served(self, port: int = 0) -> AsyncIterator[int]:
        """Give the port; the connections end with the block."""
        server = Server(uvicorn.Config(self.service.app, port=port, lifespan="off", log_config=None))
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        try:
            yield server.servers[0].sockets[0].getsockname()[1]
        finally:
            server.should_exit = server.force_exit = True
            await serving

    def environment(self, **more: str) -> dict[str, str]:
        token = self.service.issuer.token("events:read", tenant=self.tenant)
        return {**os.environ, "DUNLIN_TOKEN": token, "NO_PROXY": "*", **more}

    async def tell(self, customers: list[UUID], first: int, last: int) -> None:
        """Invoices, one a transaction, after each of which the customer owes as many yuan as its number says."""
        for n in range(first, last + 1):
            for customer in customers:
                async def work(tx: Transaction, customer: UUID = customer, n: int = n) -> None:
                    figures = {name: {"amount": f"{owed}.00", "currency": "CNY"} for name, owed in
                               {"open": n, "disputed": 0, "unapplied": 0}.items()}
                    tx.emit(InvoiceIssued.model_validate(
                        InvoiceIssued.examples[0] | {"customer_id": str(customer), "account": figures}))

                await self.service.database.transact(self.tenant, work)


@pytest.fixture
async def billing(postgres: str, tmp_path: Path) -> AsyncIterator[Billing]:
    async with running(postgres, "billing", tmp_path) as service:
        yield Billing(service, await service.tenant())


async def started(billing: Billing, port: int, books: Path, *more: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, str(DOCS / "examples/puller.py"), "--url", f"http://127.0.0.1:{port}/billing/v1/events",
        "--books", str(books), *more, env=billing.environment(), stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT)


async def shown(books: Path) -> dict[str, Any]:
    """The books, as their own command shows them."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(DOCS / "examples/books.py"), str(books), stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    found: dict[str, Any] = json.loads(said)
    return found


@pytest.mark.timeout(120)
async def test_killed_and_with_its_server_away_each_fact_counts_once(billing: Billing, tmp_path: Path) -> None:
    customers, books = [new_id() for _ in range(CUSTOMERS)], tmp_path / "books"
    async with billing.served() as port:
        pulling = await started(billing, port, books)
        await billing.tell(customers, 1, ROUNDS // 2)
        async with asyncio.timeout(30):
            while not books.exists() or not (await shown(books))["heard"]:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        pulling.kill()
        await pulling.communicate()
    pulling = await started(billing, port, books)
    await billing.tell(customers, ROUNDS // 2 + 1, ROUNDS)
    async with billing.served(port):
        async with asyncio.timeout(30):
            while set((await shown(books))["heard"].values()) != {ROUNDS}:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        pulling.kill()
        said, _ = await pulling.communicate()
        late = tmp_path / "late"
        joining = await started(billing, port, late, "--once")
        assert await asyncio.wait_for(joining.wait(), 30) == 0
    assert b"HOLE" not in said
    expected = sorted([str(one), "CNY", f"{ROUNDS}.00", "0.00", ROUNDS] for one in customers)
    for kept in (await shown(books), await shown(late)):
        assert kept["accounts"] == expected
        assert kept["holes"] == []


@pytest.mark.timeout(120)
async def test_after_a_restore_it_reads_again_and_stops_where_a_stream_is_no_more(
    billing: Billing, tmp_path: Path
) -> None:
    whole, gone, books = new_id(), new_id(), tmp_path / "books"
    await billing.tell([whole, gone], 1, 2)
    async with billing.served() as port:
        async def pulled() -> tuple[int | None, str]:
            process = await started(billing, port, books, "--once")
            said, _ = await asyncio.wait_for(process.communicate(), 60)
            return process.returncode, said.decode()

        assert await pulled() == (0, "")
        await rebase(billing.service.urls.ops, who="ann")
        await billing.tell([whole], 3, 3)
        status, said = await pulled()
        assert status == 0 and said.startswith("ERA")
        assert set((await shown(books))["heard"].values()) == {2, 3}
        owner = await asyncpg.connect(billing.service.urls.owner)
        for table in ("outbox_event", "event_stream"):
            await owner.execute(f"DELETE FROM {table} WHERE stream = $1", stream_of(billing.tenant, gone))
        await owner.close()
        await rebase(billing.service.urls.ops, who="ann")
        status, said = await pulled()
        assert status != 0 and f"{stream_of(billing.tenant, gone)}: all was told again" in said
        emptying = await asyncio.create_subprocess_exec(
            sys.executable, str(DOCS / "examples/books.py"), str(books), "--begin-anew",
            stdout=asyncio.subprocess.DEVNULL)
        assert await emptying.wait() == 0
        assert await pulled() == (0, "")
        assert [row[2:] for row in (await shown(books))["accounts"]] == [["3.00", "0.00", 3]]


def test_a_number_given_twice_in_one_era_stops_the_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DOCS / "examples"))
    from books import Books, NewEra

    def fact(sequence: int, name: str, era: int = 1) -> dict[str, Any]:
        return {"partitionkey": "t:c", "era": str(era), "sequence": f"{sequence:020d}", "id": name, "type": "x",
                "data": {}}

    books = Books(str(tmp_path / "books"))
    books.hear([fact(1, "a"), fact(2, "b"), fact(2, "b"), fact(1, "a")])
    with pytest.raises(NewEra, match="does not go on from 2 b"):
        books.hear([fact(2, "c"), fact(3, "d")])
    books.hear([fact(4, "of before"), fact(1, "a", 5), fact(2, "b", 5), fact(3, "d", 5)])
    assert books.shown()["heard"] == {"t:c": 3} and not books.holes() and not books.doubts()


@pytest.mark.skipif(shutil.which("curl") is None, reason="the commands of the page need curl, and there is none")
async def test_the_commands_of_the_page_do_what_it_says(billing: Billing) -> None:
    await billing.tell([new_id() for _ in range(2)], 1, 2)
    page = (DOCS / "subscribing.md").read_text(encoding="utf-8")
    commands = next(block for block in re.findall(r"```sh\n(.*?)```", page, re.S) if "curl" in block)
    async with billing.served() as port:
        process = await asyncio.create_subprocess_exec(
            "sh", "-eu", "-c", commands, env=billing.environment(DUNLIN=f"http://127.0.0.1:{port}"),
            stdout=asyncio.subprocess.PIPE)
        said, _ = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0
    first, second = (json.loads(part) for part in re.split(r"(?<=})\n(?={)", said.decode().strip()))
    assert [len(one["data"]) for one in (first, second)] == [2, 2]
    assert [one["has_more"] for one in (first, second)] == [True, False]
    assert len({fact["id"] for one in (first, second) for fact in one["data"]}) == 4
