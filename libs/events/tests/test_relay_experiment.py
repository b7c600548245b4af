"""The experiment that the relay must win and three plausible relays must lose: many writers at once, a crash at a time.

Writers race for the same streams: in savepoints, in transactions that write early and publish late, that publish early
and commit late, and that roll back. All relays read one outbox at the same time; one checker judges them all.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

import asyncpg
import pytest
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from dunlin_events.envelope import Envelope, Record
from dunlin_events.outbox import APPEND, Pending, bind
from dunlin_events.own_log import LOOKED_AT
from dunlin_events.relay import Relay
from dunlin_events.topics import BusAway, Stretch, Tail
from dunlin_kernel.ids import new_id

SEED = 20260304
TOPIC = "dunlin-x"
WRITERS, SECONDS, PAGE, AHEAD = 16, 5.0, 25, 60
HEADERS = (
    '{"ce_id":"%s","ce_type":"t","ce_source":"/dunlin/x","ce_partitionkey":"%s","ce_time":"2026-01-01T00:00:00+00:00",'
    '"ce_recordedtime":"2026-01-01T00:00:00+00:00","ce_correlationid":"c"}'
)
COMPILED = APPEND.compile(dialect=dialect())  # type: ignore[no-untyped-call]
WINDOW = """
SELECT * FROM (
  SELECT * FROM outbox_event WHERE txid >= pg_snapshot_xmax($1::text::pg_snapshot)
    AND txid < pg_snapshot_xmax($2::text::pg_snapshot) AND pg_visible_in_snapshot(txid, $2::text::pg_snapshot)
  UNION ALL
  SELECT * FROM outbox_event WHERE txid = ANY(ARRAY(SELECT pg_snapshot_xip($1::text::pg_snapshot)))
    AND pg_visible_in_snapshot(txid, $2::text::pg_snapshot)) w ORDER BY id LIMIT $3"""

Place = tuple[str, int, str]
"""Stream, sequence, event id."""


class Verdict(NamedTuple):
    lost: int
    ghosts: int
    misordered: int


def judge(stored: Sequence[Place], sent: Sequence[Place]) -> Verdict:
    """Compare what was committed with what was sent; a repetition counts where it was first seen."""
    first_seen = list(dict.fromkeys(sent))
    reached: dict[str, int] = {}
    misordered = 0
    for stream, seq, _ in first_seen:
        misordered += seq < reached.get(stream, 0)
        reached[stream] = max(seq, reached.get(stream, 0))
    return Verdict(len(set(stored) - set(sent)), len(set(sent) - set(stored)), misordered)


@dataclass
class Bus:
    """Takes records one by one, and fails before, between or after them when its chance comes."""

    chance: Random
    sent: list[Place] = field(default_factory=list)
    log: list[Record] = field(default_factory=list)
    failing: bool = True
    looks: int = 0

    async def start(self) -> None:
        await asyncio.sleep(0)

    async def publish(self, topic: str, records: Sequence[Record]) -> Mapping[int, Stretch]:
        stop_at = self.chance.randint(0, len(records)) if self.failing and self.chance.random() < 0.1 else None
        for record in records[:stop_at]:
            envelope = Envelope.of(record)
            self.sent.append((envelope.stream, envelope.sequence, str(envelope.event_id)))
            self.log.append(record)
            if self.chance.random() < 0.1:
                await asyncio.sleep(0)
        if stop_at is not None:
            raise BusAway(topic)
        return {0: Stretch(len(self.log) - len(records), len(self.log))}

    async def tail(self) -> Tail:
        """Its one partition's; a look fails as well when its chance comes."""
        self.looks += 1
        await asyncio.sleep(0)
        if self.failing and self.chance.random() < 0.1:
            raise BusAway(TOPIC)
        return Tail(self.log[-LOOKED_AT:], {0: len(self.log)} if self.log else {})

    async def stop(self) -> None:
        await asyncio.sleep(0)


def facts(streams: Sequence[str]) -> list[Pending]:
    ids = [new_id() for _ in streams]
    return [Pending(i, stream, "t", HEADERS % (i, stream), b"{}") for i, stream in zip(ids, streams, strict=True)]


async def append(connection: asyncpg.Connection, streams: Sequence[str]) -> None:
    values = bind(facts(streams))
    await connection.fetch(COMPILED.string, *(values[name] for name in COMPILED.positiontup or ()))


async def transact(connection: asyncpg.Connection, chance: Random, shared: Sequence[str], own: str) -> None:
    """One transaction of a random kind, over shared streams and over one of the writer's own."""
    kind = chance.choice(["plain", "plain", "plain", "savepoints", "writes early", "commits late", "many"])
    streams = [chance.choice(shared) for _ in range(chance.randint(1, 4))]
    async with connection.transaction():
        if kind == "savepoints":
            with contextlib.suppress(ZeroDivisionError):
                async with connection.transaction():
                    await connection.execute("INSERT INTO business VALUES (1)")
                    await append(connection, [own])
                    if chance.random() < 0.5:
                        raise ZeroDivisionError
            async with connection.transaction():
                await append(connection, streams)
        elif kind == "writes early":
            await connection.execute("INSERT INTO business VALUES (1)")
            await asyncio.sleep(chance.choice([0.01, 0.05, 0.4]))
            await append(connection, streams)
        elif kind == "commits late":
            await append(connection, [own] * chance.randint(1, 3))
            await asyncio.sleep(chance.choice([0.01, 0.05, 0.4]))
        else:
            await append(connection, streams * 15 if kind == "many" else streams)
        if chance.random() < 0.15:
            raise ZeroDivisionError


async def write(dsn: str, name: int, stop: asyncio.Event) -> None:
    chance, tenant = Random(SEED + name), "00000000-0000-7000-8000-000000000000"
    shared, own = [f"{tenant}:{n}" for n in range(10)], f"{tenant}:own{name}"
    connection = await asyncpg.connect(dsn)
    while not stop.is_set():
        with contextlib.suppress(ZeroDivisionError, asyncpg.DeadlockDetectedError):
            await transact(connection, chance, shared, own)
    await connection.close()


async def relay_and_crash(dsn: str, bus: Bus, stop: asyncio.Event) -> int:
    """Our relay, killed wherever it stands at random moments and followed by a new one; returns how often."""
    chance, crashes = Random(SEED), 0
    while not stop.is_set():
        relay = Relay(dsn, bus, topic=TOPIC, page=PAGE, read_ahead=AHEAD).comparing_with(bus.tail)
        running = asyncio.create_task(relay.run(asyncio.Event()))
        await asyncio.sleep(chance.uniform(0.05, 0.4))
        running.cancel()
        crashes += 1
        with contextlib.suppress(asyncio.CancelledError):
            await running
    bus.failing, ending = False, asyncio.Event()
    last = Relay(dsn, bus, topic=TOPIC, page=PAGE, read_ahead=AHEAD).comparing_with(bus.tail)
    running = asyncio.create_task(last.run(ending))
    async with asyncio.timeout(60):
        while True:
            if last.drained():
                break
            await asyncio.sleep(0.05)
    ending.set()
    await running
    return crashes


class NaiveRelay(NamedTuple):
    """A relay that looks right: how it reads on from its mark, and the mark it begins with."""

    read: Callable[[asyncpg.Connection, Any], Awaitable[tuple[Sequence[Any], Any]]]
    mark: Any


async def by_id(connection: asyncpg.Connection, last: Any) -> tuple[Sequence[Any], Any]:
    """Ids are given before commits: what commits late with a low id is never seen."""
    rows = await connection.fetch("SELECT * FROM outbox_event WHERE id > $1 ORDER BY id LIMIT 200", last)
    return rows, rows[-1]["id"] if rows else last


async def by_xmin(connection: asyncpg.Connection, last: Any) -> tuple[Sequence[Any], Any]:
    """Nothing is lost behind the oldest running transaction, but transactions do not commit in the order they began."""
    rows = await connection.fetch(
        "SELECT *, txid::text AS xid FROM outbox_event WHERE txid < pg_snapshot_xmin(pg_current_snapshot()) "
        "AND (txid, id) > ($1::text::xid8, $2) ORDER BY txid, id LIMIT 200", *last)  # fmt: skip
    return rows, (rows[-1]["xid"], rows[-1]["id"]) if rows else last


async def by_window_without_its_place(connection: asyncpg.Connection, prev: Any) -> tuple[Sequence[Any], Any]:
    """The right window, but cut off at a page and not remembered."""
    cur = await connection.fetchval("SELECT pg_current_snapshot()::text")
    return await connection.fetch(WINDOW, prev, cur, PAGE), cur


NAIVE = {
    "by id": NaiveRelay(by_id, 0),
    "by xmin": NaiveRelay(by_xmin, ("0", 0)),
    "by window": NaiveRelay(by_window_without_its_place, "1:1:"),
}


async def relay_naively(dsn: str, naive: NaiveRelay, stop: asyncio.Event) -> list[Place]:
    """Read until the writers have ended and nothing more comes."""
    connection, sent, mark = await asyncpg.connect(dsn), list[Place](), naive.mark
    while True:
        ending = stop.is_set()
        rows, mark = await naive.read(connection, mark)
        sent.extend((row["stream"], row["seq"], str(row["event_id"])) for row in rows)
        if ending and not rows:
            break
        await asyncio.sleep(0.005)
    await connection.close()
    return sent


@pytest.mark.timeout(120)
async def test_ours_loses_nothing_and_three_others_are_caught(outbox_dsn: str) -> None:
    admin = await asyncpg.connect(outbox_dsn)
    await admin.execute("CREATE TABLE business(n int)")
    written, ended, bus = asyncio.Event(), asyncio.Event(), Bus(Random(SEED))
    ours = asyncio.create_task(relay_and_crash(outbox_dsn, bus, ended))
    others = {name: asyncio.create_task(relay_naively(outbox_dsn, one, ended)) for name, one in NAIVE.items()}
    writers = [asyncio.create_task(write(outbox_dsn, n, written)) for n in range(WRITERS)]
    await asyncio.sleep(SECONDS)
    written.set()
    await asyncio.gather(*writers)
    ended.set()
    crashes = await ours

    rows = await admin.fetch("SELECT stream, seq, event_id FROM outbox_event")
    await admin.close()
    stored = [(row["stream"], row["seq"], str(row["event_id"])) for row in rows]
    verdicts = {name: judge(stored, await task) for name, task in others.items()}
    print(f"seed {SEED}: {len(stored)} facts, {len(bus.sent)} sent, {crashes} crashes;", verdicts)

    assert len(stored) > 500 and crashes > 10 and len(bus.sent) > len(stored) and bus.looks > 10
    assert judge(stored, bus.sent) == Verdict(lost=0, ghosts=0, misordered=0)
    assert verdicts["by id"].lost > 0
    assert verdicts["by xmin"].misordered > 0
    assert verdicts["by window"].lost > 0


@pytest.mark.parametrize(
    ("sent", "verdict"),
    [
        ("a1 a2 b1", Verdict(0, 0, 0)),
        ("b1 a1 a1 a2 a1", Verdict(0, 0, 0)),
        ("a1 b1", Verdict(1, 0, 0)),
        ("a1 a2 b1 b2", Verdict(0, 1, 0)),
        ("a2 a1 b1", Verdict(0, 0, 1)),
        ("", Verdict(3, 0, 0)),
    ],
)
def test_the_checker_sees_each_fault(sent: str, verdict: Verdict) -> None:
    def places(said: str) -> list[Place]:
        return [(one[0], int(one[1]), one) for one in said.split()]

    assert judge(places("a1 a2 b1"), places(sent)) == verdict
