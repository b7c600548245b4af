"""`./dunlin rehearse restore`: lose the receivables' database in the middle of work, and come back from a backup.

Everything happens in a folder of its own that is removed afterwards: two servers, of which one has billing-svc's
database and is lost, four services, and a tenant. Each step says what an operator does and sees.
"""

import argparse
import asyncio
import contextlib
import io
import shutil
import socket
import tempfile
from argparse import Namespace
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from prometheus_client import REGISTRY

from dunlin_events import operating
from dunlin_events.topics import topic_of
from dunlin_kernel.clock import SystemClock
from dunlin_kit import rebuilds
from dunlin_kit.process import bus_of
from dunlin_kit.telemetry import configure_logging
from dunlin_local import recovery
from dunlin_local.databases import SERVICES, Databases, kept_passwords, make_databases
from dunlin_local.issuer import Issuer
from dunlin_local.mailbox import kept_mail
from dunlin_local.node_settings import Surroundings, settings_of
from dunlin_local.postgres import Postgres, PostgresError
from dunlin_local.postgres_binaries import ROOTS_PLACE, can_be_reached
from dunlin_local.rehearsal_books import Books, RehearsalFailed, until
from dunlin_local.schemas import bring_up
from dunlin_local.single_node import SingleNode
from dunlin_local.terminal import give_up, progress, step

LOST = "billing"
STANDS = {"topic": f"dunlin-{LOST}"}
PROJECTIONS = (("credit", "exposures"), ("notify", "items"), ("customer", "ledgers"))


class Placed(Databases):
    """Databases on two servers: `lost` has billing-svc's alone."""

    def __init__(self, rest: str, lost: str, folder: Path) -> None:
        super().__init__(rest, kept_passwords(folder))
        object.__setattr__(self, "_lost", Databases(lost, self.passwords))

    def url(self, service: str, kind: str) -> str:
        lost: Databases = self._lost  # type: ignore[attr-defined]
        return lost.url(service, kind) if service == LOST else super().url(service, kind)


@dataclass(frozen=True, slots=True)
class Customers:
    """`steady` is as it was when the backup was made; `changed` paid afterwards; `late` and `gone` came afterwards.

    `late` is billed again after the restore, `gone` never: of its stream nothing is told any more.
    """

    steady: UUID
    changed: UUID
    late: UUID
    gone: UUID


def run(arguments: argparse.Namespace) -> int:
    """Rehearse; says in one sentence what is not as it should be, and ends with 1."""
    configure_logging("critical")
    place = Path(tempfile.gettempdir()).resolve()
    with contextlib.ExitStack() as opened:
        folder = Path(tempfile.mkdtemp(prefix="dunlin-rehearsal-", dir=place if can_be_reached(place) else ROOTS_PLACE))
        folder.chmod(0o755)
        opened.callback(shutil.rmtree, folder, ignore_errors=True)
        try:
            asyncio.run(rehearse(folder, source=arguments.source))
        except (RehearsalFailed, PostgresError) as failed:
            give_up(str(failed))
    progress.print("[green]ok[/green]  everything is as it should be")
    return 0


async def rehearse(folder: Path, *, source: str) -> None:
    """From a `dump`, or to a `moment`. Raises RehearsalFailed."""
    rest = Postgres(folder / "rest", options={"fsync": "off"})
    lost = Postgres(folder / "lost", options={"fsync": "off", **recovery.archiving(folder / "archive")})
    with _running(rest), _running(lost):
        with step("four services at work on two database servers"):
            for server in (rest, lost):
                await make_databases(server.url(), folder)
            placed = Placed(rest.url(), lost.url(), folder)
            await bring_up(placed)
        async with _dunlin(folder, placed) as (around, client):
            books = await Books.opened(client, around, SystemClock())
            customers, restored = await _work_and_back_up(books, lost, folder, source=source)
        lost.stop()
        with _running(restored):
            with step(f"{LOST}-svc's database is lost, and restored from a {source}"):
                await recovery.promoted(restored)
                if source == "dump":
                    await make_databases(restored.url(), folder)
                    recovery.load((folder / "dump.sql").read_bytes(), restored.url(LOST))
            async with _dunlin(folder, Placed(rest.url(), restored.url(), folder)) as (around, client):
                await _come_back(books.renewed(client), customers, around)


async def _work_and_back_up(books: Books, lost: Postgres, folder: Path, *, source: str) -> tuple[Customers, Postgres]:
    """Work before the backup, and work after it that will be gone; what the restored server will be."""
    with step("work, and a backup in the middle of it"):
        steady, changed = await books.customer(), await books.customer()
        await books.bill(steady, "100.00")
        restored = Postgres(folder / "restored", options={"fsync": "off"})
        if source == "moment":
            recovery.base_backup(lost, folder / "backup")
        await books.bill(changed, "50.00")
        await until("credit-svc has heard it", lambda: _shows(books, {steady: "100.00", changed: "50.00"}))
        if source == "moment":
            moment = await _now(lost)
        else:
            (folder / "dump.sql").write_bytes(recovery.dump(lost.url(LOST)))
    with step("more work, which no backup has: a payment, and two new customers who are billed"):
        late, gone = await books.customer(), await books.customer()
        await books.pay(changed, "50.00")
        for customer in (late, gone):
            await books.bill(customer, "30.00")
        await until("credit-svc has heard it", lambda: _shows(books, {changed: "0.00", late: "30.00", gone: "30.00"}))
        if source == "moment":
            await recovery.archive_all(lost)
            restored = recovery.recovered(
                folder / "backup", folder / "archive", moment, like=lost, folder=folder / "restored")
    return Customers(steady, changed, late, gone), restored


async def _come_back(books: Books, customers: Customers, around: Surroundings) -> None:
    """What an operator does, step by step."""
    with step("the relay stands and alarms, and the worker waits"):
        await until("the relay alarms", _alarms)
    with step(f"python -m {LOST}_svc relay rebase"):
        print(await _operate(around, LOST, command="relay", action="rebase"), end="")
        await until("the relay leads again", _leads)
    with step(f"{LOST}-svc hears again what it had lost, by itself"):
        await books.bill(customers.steady, "1.00")
        await books.bill(customers.late, "30.00")
    for service in (service for service, _ in PROJECTIONS):
        with step(f"{service}-svc holds the streams of the new era; python -m {service}_svc era accept"):
            await until("the streams are held", partial(_holds, around, service))
            print(await _accepted(around, service, customers), end="")
    for service, name in PROJECTIONS:
        with step(f"python -m {service}_svc rebuild {name} start, compare, switch, drop"):
            for word in ("start", "compare", "switch", "drop"):
                print(await _rebuild(around, service, name, word), end="")
    with step("all figures agree, all invariants hold, nothing is parked"):
        wanted = {customers.steady: "101.00", customers.changed: "50.00", customers.late: "30.00", customers.gone: None}
        await until("credit-svc shows what billing-svc has", lambda: _shows(books, wanted))
        await until("nothing is parked", lambda: _none_parked(books))
        if not await books.is_sound():
            raise RehearsalFailed("An invariant does not hold.")


async def _shows(books: Books, wanted: Mapping[UUID, str | None]) -> bool:
    return all([await books.exposure(customer) == amount for customer, amount in wanted.items()])


async def _none_parked(books: Books) -> bool:
    return not any([await books.parked(service) for service in SERVICES])


async def _holds(around: Surroundings, service: str) -> bool:
    connection = await asyncpg.connect(around.databases.url(service, "ops"))
    try:
        held = await connection.fetchval("SELECT count(*) FROM watermark WHERE owner = $1 AND held = 'era'", LOST)
    finally:
        await connection.close()
    return bool(held == len(fields(Customers)))


async def _alarms() -> bool:
    return REGISTRY.get_sample_value("dunlin_relay_restored", STANDS) == 1


async def _leads() -> bool:
    return REGISTRY.get_sample_value("dunlin_relay_leader", STANDS) == 1


async def _now(server: Postgres) -> Any:
    """A moment after everything committed so far, and before everything to come."""
    connection = await asyncpg.connect(server.url())
    try:
        await connection.execute("SELECT pg_sleep(0.2)")
        moment = await connection.fetchval("SELECT clock_timestamp()")
        await connection.execute("SELECT pg_sleep(0.2)")
        return moment
    finally:
        await connection.close()


async def _operate(around: Surroundings, service: str, **words: str) -> str:
    bus = bus_of(settings_of(service, around))
    with contextlib.redirect_stdout(io.StringIO()) as said:
        await operating.operate(around.databases.url(service, "ops"), Namespace(**words), topic_of(service), bus)
    return said.getvalue()


async def _accepted(around: Surroundings, service: str, customers: Customers) -> str:
    said = await _operate(around, service, command="era", action="accept")
    lines = {customer: [line for line in said.splitlines() if str(customer) in line] for customer in
             (customers.steady, customers.changed, customers.gone)}
    if not all("reads on" in line for line in lines[customers.steady]) or not lines[customers.steady]:
        raise RehearsalFailed(f"{service}-svc does not read on where the new era is the same: {said}")
    if not any("rebuild" in line for line in lines[customers.changed]):
        raise RehearsalFailed(f"{service}-svc does not ask for a rebuild where the new era is another: {said}")
    if not any("rebuild" in line for line in lines[customers.gone]):
        raise RehearsalFailed(f"{service}-svc does not ask for a rebuild where the new era tells nothing: {said}")
    return said


async def _rebuild(around: Surroundings, service: str, projection: str, word: str) -> str:
    settings = settings_of(service, around)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        status = await rebuilds.run(service, settings, bus_of(settings), Namespace(projection=projection, step=word))
    if status != (1 if word == "compare" else 0):
        raise RehearsalFailed(said.getvalue())
    return said.getvalue()


@contextlib.contextmanager
def _running(server: Postgres) -> Iterator[None]:
    server.start()
    try:
        yield
    finally:
        server.stop()


@contextlib.asynccontextmanager
async def _dunlin(folder: Path, databases: Databases) -> AsyncIterator[tuple[Surroundings, httpx.AsyncClient]]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        issuer = Issuer(folder / "issuer", name="http://rehearsal.test", clock=SystemClock())
        async with kept_mail(folder / "mail") as smtp, httpx.AsyncClient(base_url=url, timeout=30) as client:
            around = Surroundings(databases, issuer, folder / "issuer", url, smtp)
            stop, ready = asyncio.Event(), asyncio.Event()
            node = SingleNode({service: settings_of(service, around) for service in SERVICES}, issuer)
            running = asyncio.create_task(node.run(listening, stop, ready))
            try:
                await asyncio.wait({running, asyncio.create_task(ready.wait())}, return_when=asyncio.FIRST_COMPLETED)
                yield around, client
            finally:
                stop.set()
                await running
