"""What runs: an API process, a worker process with relay, consumers and jobs, and the commands of an operator."""

import argparse
import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import Any, Self

import uvicorn
from fastapi import FastAPI

from dunlin_events import operating
from dunlin_events.consuming import Consumer
from dunlin_events.dead_letters import DeadLetters
from dunlin_events.ending import rest
from dunlin_events.own_log import tail_of
from dunlin_events.postgres_log import PostgresBus
from dunlin_events.relay import Relay
from dunlin_events.subscription import Subscription
from dunlin_events.topics import Bus, BusAway, group_of, topic_of
from dunlin_events.waking import Poker
from dunlin_kernel.clock import Clock
from dunlin_kernel.ids import NIL
from dunlin_kit import garbage, migrating, rebuilds, schema_watch
from dunlin_kit.database import Database
from dunlin_kit.era_watch import EraWatch
from dunlin_kit.health import Check, probes
from dunlin_kit.integrity_watch import FIRST_AFTER_SECONDS, IntegrityWatch
from dunlin_kit.jobs import Handler, JobRunner
from dunlin_kit.probing import answer_probes
from dunlin_kit.settings import BusKind, ServiceSettings
from dunlin_kit.telemetry import configure_logging, log, serve_metrics
from dunlin_kit.transaction import Transaction

_PURGE_SECONDS = 3600
_BUS_SECONDS = 2
_PURGE = "DELETE FROM idempotency_key WHERE created_at < now() - interval '30 days'"


def bus_of(settings: ServiceSettings) -> Bus:
    """The bus the settings name; Kafka's client is loaded only where it is that."""
    if settings.bus is BusKind.KAFKA:
        from dunlin_events.kafka import KafkaBus
        kafka: Bus = KafkaBus(settings.kafka_bootstrap)
        return kafka
    assert settings.bus_database_url is not None, "DUNLIN_BUS_DATABASE_URL says where the log is"
    return PostgresBus(settings.bus_database_url.get_secret_value())


class Worker:
    """Relay, consumers and jobs of one service in one event loop."""

    def __init__(
        self,
        service: str,
        settings: ServiceSettings,
        *,
        subscriptions: Sequence[Subscription[Any]],
        jobs: Mapping[str, Handler],
        clock: Clock | None = None,
        bus: Bus | None = None,
    ) -> None:
        source = f"/dunlin/{service}"
        self.service = service
        self.settings = settings
        self.reached = asyncio.Event()
        self.bus = bus or bus_of(settings)
        ops_url = settings.ops_database_url.get_secret_value()
        self.app = Database(
            settings.database_url.get_secret_value(), source=source, clock=clock, pool_size=settings.pool_size
        )
        self.app.after_commit = self.poke
        self.ops = Database(ops_url, source=source, clock=clock, pool_size=2)
        topic = topic_of(service)
        self.relay = Relay(ops_url, self.bus.publisher(), topic=topic).comparing_with(tail_of(self.bus, topic))
        self.runner = JobRunner(
            service=service, ops=self.ops, app=self.app, handlers=jobs, lease_seconds=settings.job_lease_seconds
        )
        self._watch: IntegrityWatch | None = None
        self.eras = EraWatch(service, self.ops)
        self._subscriptions = subscriptions
        self.consumers = [self._consumer(subscription) for subscription in subscriptions]

    def _consumer(self, subscription: Subscription[Any], *, era: int = 1) -> Consumer:
        """In each era of its service it reads as a new group, from the first event on: the watermarks know the rest."""
        name = f"{subscription.consumer}-{subscription.owner}"
        group = group_of(subscription.consumer, subscription.owner)
        reading_as = group if era == 1 else f"{group}-era{era}"
        reader = self.bus.reader(reading_as, [topic_of(subscription.owner)], f"{name}-{self.settings.member}")
        consumer = Consumer(reader, [subscription], self.app.transact, name=subscription.consumer)
        joining = consumer.joining_by(tail_of(self.bus, topic_of(subscription.owner)))
        return joining.copying_to(DeadLetters(self.bus.publisher(), group))

    def watching(self, checks: Sequence[Check], *, first_after: float = FIRST_AFTER_SECONDS) -> Self:
        """Look at these invariants from time to time, so many seconds after its start first."""
        self._watch = IntegrityWatch(
            self.service, ops=self.ops, app=self.app, checks=checks, first_after=first_after)
        return self

    def poke(self) -> None:
        """Something was committed: there may be facts for the relay and jobs that are due, so let both look."""
        self.relay.poke()
        self.runner.poke()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; each part heals by itself, and an end of one that was not asked for ends all."""
        parts = [
            self._reach(stop),
            self._purge(stop),
            self._once_reached(self.relay.run, stop),
            self.eras.run(stop),
            self.eras.in_each(self._work, stop),
            *(self._once_reached(partial(self.eras.in_each, partial(self._hear, number)), stop)
              for number in range(len(self.consumers))),
            *([self._watch.run(stop)] if self._watch else ()),
        ]
        migrated = asyncio.ensure_future(schema_watch.until_migrated(self.service, self.ops, stop))
        tasks = [asyncio.ensure_future(schema_watch.then(migrated, part, stop)) for part in parts]
        if self.settings.probe_port:
            revision = migrating.head_of(f"{self.service}_svc")
            tasks.append(asyncio.ensure_future(
                answer_probes(probes(self.app, revision, bus=self.reached.is_set), self.settings, stop)))
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if not stop.is_set():
                log.error("a part of the worker ended", service=self.service)
            stop.set()
            for ended in done:
                ended.result()
            await asyncio.gather(*tasks)
        finally:
            stop.set()
            await asyncio.gather(migrated, *tasks, return_exceptions=True)
            await self.app.close()
            await self.ops.close()

    async def _reach(self, stop: asyncio.Event) -> None:
        """Make or check the topics as soon as the bus is there, however long that takes."""
        try:
            while not stop.is_set():
                try:
                    await self.bus.ensure_topics()
                    break
                except BusAway as away:
                    log.warning("the bus is away", service=self.service, reason=str(away))
                    await rest(stop, _BUS_SECONDS)
        except BaseException:
            stop.set()
            raise
        finally:
            self.reached.set()
        await stop.wait()

    async def _once_reached(self, run: Callable[[asyncio.Event], Awaitable[None]], stop: asyncio.Event) -> None:
        await self.reached.wait()
        if not stop.is_set():
            await run(stop)

    async def _work(self, _: int, ended: asyncio.Event) -> None:
        await self.runner.run(ended)

    async def _hear(self, number: int, era: int, ended: asyncio.Event) -> None:
        if era > 1:
            self.consumers[number] = self._consumer(self._subscriptions[number], era=era)
        await self.consumers[number].run(ended)

    async def _purge(self, stop: asyncio.Event) -> None:
        async def purge(tx: Transaction) -> None:
            await tx.driver.execute(_PURGE)

        while not stop.is_set():
            with contextlib.suppress(Exception):
                await self.ops.transact(NIL, purge)
            await rest(stop, _PURGE_SECONDS)


async def run_api(app: FastAPI, settings: ServiceSettings) -> None:
    """Serve until a signal; commits wake the relay of the worker process by a coalesced NOTIFY."""
    stop = asyncio.Event()
    poker = Poker(settings.database_url.get_secret_value())
    app.state.published = poker.poke
    poking = asyncio.create_task(poker.run(stop))
    garbage.started()
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=10,
        )
    )
    try:
        await server.serve()
    finally:
        stop.set()
        await poking


async def run_worker(worker: Worker) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    garbage.started()
    await worker.run(stop)


def main(service: str, settings_type: type[ServiceSettings]) -> None:
    """`python -m <svc> api | worker | migrate | parked ... | relay rebase | era accept | rebuild ...`."""
    package = f"{service}_svc"
    arguments = _parser(package).parse_args()
    settings = settings_type.model_validate({})
    configure_logging(settings.log_level)
    if arguments.command in ("api", "worker"):
        garbage.starting()
    if arguments.command == "migrate":
        assert settings.owner_database_url is not None, "DUNLIN_OWNER_DATABASE_URL is needed to migrate"
        try:
            migrating.migrate(package, settings.owner_database_url.get_secret_value())
        except migrating.NewerSchema as newer:
            raise SystemExit(str(newer)) from newer
    elif arguments.command == "api":
        serve_metrics(settings.metrics_port)
        app: FastAPI = import_module(f"{package}.app").create_app(settings)
        uvicorn_loop(run_api(app, settings))
    elif arguments.command == "worker":
        serve_metrics(settings.metrics_port)
        uvicorn_loop(_worker(package, settings))
    elif arguments.command == "rebuild":
        raise SystemExit(asyncio.run(rebuilds.run(service, settings, bus_of(settings), arguments)))
    else:
        raise SystemExit(asyncio.run(operating.operate(
            settings.ops_database_url.get_secret_value(), arguments, topic_of(service), bus_of(settings))))


async def _worker(package: str, settings: ServiceSettings) -> None:
    worker: Worker = import_module(f"{package}.worker").create_worker(settings)
    await run_worker(worker)


def uvicorn_loop(work: Any) -> None:
    """Run on uvloop where it is there."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(work)
    else:
        uvloop.run(work)


def _parser(package: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m {package}")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, what in (("api", "answer HTTP"), ("worker", "relay, consume, work"), ("migrate", "bring the schema up")):
        commands.add_parser(name, help=what)
    operating.add_commands(commands)
    rebuilds.add_command(commands, package)
    return parser
