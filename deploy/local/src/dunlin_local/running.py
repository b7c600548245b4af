"""`./dunlin up`: everything on one machine, from nothing to a token, and down again on Ctrl-C."""

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx

from dunlin_events.ending import rest
from dunlin_kernel.clock import SystemClock
from dunlin_kit import garbage
from dunlin_kit.process import uvicorn_loop
from dunlin_kit.telemetry import configure_logging, log, serve_metrics
from dunlin_local.company_words import CompanyError
from dunlin_local.databases import SERVICES, DatabasesError, make_databases
from dunlin_local.demonstration import DemonstrationError, Shown, demonstration, fill
from dunlin_local.issuer import Issuer
from dunlin_local.logs import log_to
from dunlin_local.mailbox import kept_mail
from dunlin_local.node_settings import Surroundings, settings_of
from dunlin_local.places import closed_data_folder, data_folder, forget, remember, server_folder
from dunlin_local.ports import is_taken
from dunlin_local.postgres import Postgres, PostgresError
from dunlin_local.schemas import SchemaError, bring_up
from dunlin_local.single_node import PartEnded, SingleNode, load
from dunlin_local.terminal import give_up, progress, step

WATCH_SECONDS = 0.5
TELL_DAYS = 15
HINDRANCES = (PostgresError, DatabasesError, SchemaError, DemonstrationError, PartEnded)


def run(arguments: argparse.Namespace) -> int:
    """Run until stopped; says in one sentence what is in the way, and ends with 1."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if arguments.metrics_port and is_taken(arguments.metrics_port, ""):
        give_up(f"Port {arguments.metrics_port} cannot be had for metrics. "
                "Choose another: ./dunlin up --metrics-port 9101")
    with _port(arguments.host, arguments.port) as listening:
        # half of a start is loading code, and PostgreSQL has a processor of its own
        threading.Thread(target=load, args=(SERVICES,), daemon=True).start()
        try:
            with _server() as server:
                uvicorn_loop(_run(arguments, listening, server))
        except HINDRANCES as hindrance:
            give_up(str(hindrance))
        except OSError as error:
            give_up(_words(error))
        except KeyboardInterrupt:
            return 130
    progress.print("[green]ok[/green]  stopped")
    return 0


async def _run(arguments: argparse.Namespace, listening: socket.socket, server: Postgres | None) -> None:
    """Live until stopped; what ends it earlier stands in the log with where it came from."""
    configure_logging(os.environ.get("DUNLIN_LOG_LEVEL", "info"))
    log_to(data_folder() / "dunlin.log")
    try:
        await _live(arguments, listening, server)
    except HINDRANCES as hindrance:
        log.error("ended", exc_info=hindrance)
        raise


async def _live(arguments: argparse.Namespace, listening: socket.socket, server: Postgres | None) -> None:
    stop = _stop_on_signals()
    url = f"http://{arguments.host}:{listening.getsockname()[1]}"
    folder = data_folder()
    with step("databases and roles"):
        databases = await make_databases(server.url() if server else os.environ["DUNLIN_DATABASE_URL"], folder)
    with step("schemas"):
        await bring_up(databases)
    serve_metrics(arguments.metrics_port)
    issuer = Issuer(folder / "issuer", name=url, clock=SystemClock())
    async with _mail(folder / "mail") as smtp_url:
        around = Surroundings(databases, issuer, folder / "issuer", url, smtp_url)
        node = SingleNode({service: settings_of(service, around) for service in SERVICES}, issuer)
        ready = asyncio.Event()
        filling: asyncio.Task[None] | None = None
        running = asyncio.create_task(node.run(listening, stop, ready))
        watching = asyncio.create_task(_watch(server, stop))
        try:
            if await _first(ready, running):
                garbage.started()
                remember("running", {"url": url, "pid": os.getpid()})
                with step("demonstration company"):
                    shown = await demonstration(url, empty=arguments.empty)
                _say(shown, folder)
                filling = asyncio.create_task(_fill(shown))
            done, _ = await asyncio.wait({running, watching}, return_when=asyncio.FIRST_COMPLETED)
            for ended in done:
                ended.result()
        finally:
            stop.set()
            forget("running")
            if filling is not None:
                filling.cancel()
            await asyncio.gather(running, watching, *([filling] if filling else []), return_exceptions=True)


async def _fill(shown: Shown) -> None:
    """Fill the company's books beside everything else; what hinders that hinders nothing else."""
    def told(days: int, whole: int) -> None:
        if days % TELL_DAYS == 0:
            progress.print(f"demonstration company: day {days} of {whole}")

    try:
        await fill(shown, told)
    except (CompanyError, httpx.HTTPError) as error:
        log.error("demonstration_broken_off", exc_info=error)
        progress.print(f"[yellow]The demonstration company goes on at the next start: {error}[/yellow]", soft_wrap=True)


@contextlib.contextmanager
def _port(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
        except OSError as error:
            give_up(f"Port {port} of {host} cannot be had ({error.strerror}). Choose another: ./dunlin up --port 8081")
        yield listening


@contextlib.contextmanager
def _server() -> Iterator[Postgres | None]:
    """The embedded server, or None where DUNLIN_DATABASE_URL names another."""
    closed_data_folder()
    if os.environ.get("DUNLIN_DATABASE_URL"):
        yield None
        return
    server = Postgres(server_folder())
    with step("PostgreSQL"):
        server.start()
    try:
        yield server
    finally:
        with step("stopping PostgreSQL"):
            server.stop()


@contextlib.asynccontextmanager
async def _mail(folder: Path) -> AsyncIterator[str]:
    """DUNLIN_SMTP_URL, or a server of our own that keeps mail in `folder`."""
    if given := os.environ.get("DUNLIN_SMTP_URL"):
        yield given
        return
    async with kept_mail(folder) as url:
        yield url


def _stop_on_signals() -> asyncio.Event:
    """Set by the first Ctrl-C or SIGTERM; a second one ends at once, and PostgreSQL is still stopped in order."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    main = asyncio.current_task()

    def asked() -> None:
        if stop.is_set() and main is not None:
            main.cancel()
            return
        progress.print("stopping; again to stop at once")
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked)
    return stop


async def _watch(server: Postgres | None, stop: asyncio.Event) -> None:
    """Start the embedded server again when it was killed; raises PostgresError where it cannot be."""
    while not stop.is_set():
        await rest(stop, WATCH_SECONDS)
        if server is not None and not server.is_running and not stop.is_set():
            progress.print("[yellow]PostgreSQL was killed; starting it again[/yellow]")
            await asyncio.to_thread(server.revive)


async def _first(ready: asyncio.Event, running: asyncio.Task[None]) -> bool:
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait({waiting, running}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    return ready.is_set()


def _say(shown: Shown, folder: Path) -> None:
    mail = os.environ.get("DUNLIN_SMTP_URL") or folder / "mail"
    progress.print()
    progress.print(f"Dunlin runs:   {shown.url}", soft_wrap=True)
    progress.print(f"  reference    {shown.url}/docs", soft_wrap=True)
    progress.print(f"  mail, logs   {mail}, {folder / 'dunlin.log'}", soft_wrap=True)
    progress.print(f"  tenant       {shown.tenant} (demonstration company)", soft_wrap=True)
    progress.print("  token        valid for 12 hours; another one with ./dunlin token", soft_wrap=True)
    progress.print()
    print(f"export DUNLIN={shown.url} TOKEN={shown.token}", flush=True)
    progress.print("\nCtrl-C stops it.")


def _words(error: OSError) -> str:
    if error.errno == 28:
        return f"The disk is full ({error.filename or data_folder()}). Free some space and start again."
    return f"It cannot run: {error}"
