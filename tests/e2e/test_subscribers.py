"""The subscribers of docs/subscribing.md, run as another team runs them: killed, given all twice, and late."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from dunlin_events.broker_for_tests import Broker, make_on_mock
from dunlin_events.contracts.billing import InvoiceIssued
from dunlin_events.envelope import Envelope, Record, stream_of
from dunlin_events.eras import Era
from dunlin_events.java_broker import fetch_jars, jars
from dunlin_events.kafka import KafkaBus
from dunlin_events.testing import kafka_broker
from dunlin_kernel.ids import new_id

__all__ = ["kafka_broker"]

EXAMPLES = Path(__file__).resolve().parents[2] / "docs/examples"
AT = datetime(2026, 1, 5, tzinfo=UTC)
TENANT = new_id()
FACTS = 40


class Kept(NamedTuple):
    """What a subscriber has kept: the last sequence by stream, and (open, how many facts) by customer."""

    heard: Mapping[str, int]
    accounts: Mapping[str, tuple[str, int]]


def told(customer: UUID, sequence: int, *, era: int = 1, event_id: UUID | None = None) -> Record:
    """An invoice after which the customer owes as many yuan as the sequence says."""
    figures = {name: {"amount": f"{owed}.00", "currency": "CNY"} for name, owed in
               {"open": sequence, "disputed": 0, "unapplied": 0}.items()}
    fact = InvoiceIssued.model_validate(
        InvoiceIssued.examples[0] | {"customer_id": str(customer), "account": figures})
    stream = stream_of(TENANT, customer)
    envelope = Envelope(event_id or new_id(), fact.wire_type(), "/dunlin/billing", stream, era, sequence, AT, AT, "c")
    return Record(stream, envelope.headers(), fact.model_dump_json().encode())


class Topic(NamedTuple):
    """A topic of its own, on the broker of this run."""

    bootstrap: str
    name: str
    bus: KafkaBus

    async def tell(self, *records: Record) -> None:
        publisher = self.bus.publisher()
        for at in range(0, len(records), 25):
            await publisher.publish(self.name, records[at : at + 25])
        await publisher.stop()


@pytest.fixture
async def topic(kafka_broker: Broker) -> Topic:
    name = f"billing-{new_id()}"
    if kafka_broker.kind == "mock":
        make_on_mock(kafka_broker.bootstrap, name)
    bus = KafkaBus(kafka_broker.bootstrap, topics={name: 4})
    await bus.ensure_topics()
    return Topic(kafka_broker.bootstrap, name, bus)


@pytest.fixture
def group() -> str:
    return f"team-{new_id()}"


class Subscriber(NamedTuple):
    """One of the examples: how it is started, and how its books are read."""

    command: Callable[[Topic, str, Path], Sequence[str]]
    read: Callable[[Path], Kept]
    anew: Callable[[Path], Sequence[str]]

    @contextlib.asynccontextmanager
    async def running(
        self, topic: Topic, group: str, books: Path, *more: str
    ) -> AsyncIterator[asyncio.subprocess.Process]:
        process = await asyncio.create_subprocess_exec(
            *self.command(topic, group, books), *more, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
        try:
            yield process
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGKILL)
                await process.communicate()

    async def run_once(self, topic: Topic, group: str, books: Path, *, fails: bool = False) -> str:
        """Until nothing comes any more, or it cannot go on; returns what it said."""
        async with self.running(topic, group, books, "--once") as process:
            said, _ = await asyncio.wait_for(process.communicate(), 90)
            assert bool(process.returncode) == fails, said.decode()
            return said.decode()


    async def begin_anew(self, books: Path) -> None:
        emptying = await asyncio.create_subprocess_exec(*self.anew(books), stdout=asyncio.subprocess.DEVNULL)
        assert await asyncio.wait_for(emptying.wait(), 90) == 0


def python_anew(books: Path) -> list[str]:
    return [sys.executable, str(EXAMPLES / "books.py"), str(books), "--begin-anew"]


def java_anew(books: Path) -> list[str]:
    return ["java", "-cp", f"{books.parent}:{jars()}/*", "Subscriber", "--begin-anew", str(books)]


def python_command(topic: Topic, group: str, books: Path) -> list[str]:
    return [sys.executable, str(EXAMPLES / "subscriber.py"), "--bootstrap", topic.bootstrap, "--group", group,
            "--books", str(books), "--topic", topic.name]


def java_command(topic: Topic, group: str, books: Path) -> list[str]:
    return ["java", "-cp", f"{books.parent}:{jars()}/*", "Subscriber", topic.bootstrap, group, str(books), topic.name]


def python_books(books: Path) -> Kept:
    sys.path.insert(0, str(EXAMPLES))
    try:
        from books import Books
    finally:
        sys.path.remove(str(EXAMPLES))
    shown = Books(str(books)).shown()
    return Kept(shown["heard"], {row[0]: (row[2], row[4]) for row in shown["accounts"]})


def java_books(books: Path) -> Kept:
    kept: dict[str, Any] = json.loads(books.read_text()) if books.exists() else {"heard": {}, "accounts": {}}
    accounts = {key.split()[0]: (account["open"], account["facts"]) for key, account in kept["accounts"].items()}
    return Kept({stream: mark["sequence"] for stream, mark in kept["heard"].items()}, accounts)


@pytest.fixture(params=["python", "java"])
async def subscriber(request: pytest.FixtureRequest, tmp_path: Path) -> Subscriber:
    if request.param == "python":
        return Subscriber(python_command, python_books, python_anew)
    if not (shutil.which("javac") and shutil.which("mvn")):
        if os.environ.get("DUNLIN_REQUIRE_KAFKA") == "1":
            pytest.fail("the Java subscriber needs a JDK and Maven")
        pytest.skip("no JDK with Maven")
    fetch_jars()
    compiling = await asyncio.create_subprocess_exec(
        "javac", "-Xlint:all", "-Werror", "-d", str(tmp_path), "-cp", f"{jars()}/*", str(EXAMPLES / "Subscriber.java"))
    assert await compiling.wait() == 0
    return Subscriber(java_command, java_books, java_anew)


def mixed(customers: Sequence[UUID], first: int, last: int, dice: Random) -> list[Record]:
    """Facts of all customers, each customer's in order."""
    waiting = {one: list(range(first, last + 1)) for one in customers}
    records = []
    while waiting:
        one = dice.choice(sorted(waiting))
        records.append(told(one, waiting[one].pop(0)))
        if not waiting[one]:
            del waiting[one]
    return records


@pytest.mark.kafka
@pytest.mark.timeout(180)
async def test_killed_given_all_twice_and_late_each_fact_counts_once(
    topic: Topic, group: str, subscriber: Subscriber, tmp_path: Path, kafka_broker: Broker
) -> None:
    if kafka_broker.kind == "mock":
        pytest.skip("the mock cluster knows no static members, so a killed one is waited for")
    customers = [new_id() for _ in range(8)]
    records = mixed(customers, 1, FACTS, Random(7))
    books = tmp_path / "books"
    async with subscriber.running(topic, group, books) as process:
        for at in range(0, len(records), 40):
            await topic.tell(*records[at : at + 40])
            if at == 120:
                async with asyncio.timeout(60):
                    while not books.exists() or not subscriber.read(books).heard:  # noqa: ASYNC110
                        await asyncio.sleep(0.1)
                process.kill()
    await topic.tell(*records[80:200], *records[-30:])
    await subscriber.run_once(topic, group, books)
    expected = Kept(
        {stream_of(TENANT, one): FACTS for one in customers}, {str(one): (f"{FACTS}.00", FACTS) for one in customers})
    assert subscriber.read(books) == expected
    late = tmp_path / "late"
    await subscriber.run_once(topic, f"late-{group}", late)
    assert subscriber.read(late) == expected


@pytest.mark.kafka
@pytest.mark.timeout(180)
async def test_a_hole_is_told_and_closes_by_itself(
    topic: Topic, group: str, subscriber: Subscriber, tmp_path: Path
) -> None:
    one, other, books = new_id(), new_id(), tmp_path / "books"
    await topic.tell(told(one, 1), told(one, 3), told(one, 4), told(other, 1))
    said = await subscriber.run_once(topic, group, books)
    assert f"HOLE {stream_of(TENANT, one)}: 2 is missing" in said
    assert subscriber.read(books).heard == {stream_of(TENANT, one): 1, stream_of(TENANT, other): 1}
    await topic.tell(told(one, 2), told(one, 3))
    await subscriber.run_once(topic, group, books)
    assert subscriber.read(books).accounts == {str(one): ("4.00", 4), str(other): ("1.00", 1)}


@pytest.mark.kafka
@pytest.mark.timeout(180)
async def test_a_new_era_goes_on_where_it_is_the_same_and_stops_where_it_is_not(
    topic: Topic, group: str, subscriber: Subscriber, tmp_path: Path
) -> None:
    one, books = new_id(), tmp_path / "books"
    ids = [new_id() for _ in range(4)]
    await topic.tell(*(told(one, n, event_id=ids[n]) for n in (1, 2)))
    await subscriber.run_once(topic, group, books)
    await topic.tell(*(told(one, n, era=2, event_id=ids[n]) for n in (1, 2, 3)))
    await subscriber.run_once(topic, group, books)
    assert subscriber.read(books).accounts == {str(one): ("3.00", 3)}
    await topic.tell(*(told(one, n, era=3) for n in (1, 2, 3, 4)))
    said = await subscriber.run_once(topic, group, books, fails=True)
    assert "era 3 does not go on" in said
    assert subscriber.read(books).accounts == {str(one): ("3.00", 3)}


@pytest.mark.kafka
@pytest.mark.timeout(180)
async def test_a_stream_that_a_new_era_cut_back_or_does_not_have_stops_the_reading(
    topic: Topic, group: str, subscriber: Subscriber, tmp_path: Path
) -> None:
    """The one is doubted from the first fact below its mark on; both, once all that the era begins with was told."""
    whole, cut, gone, books = new_id(), new_id(), new_id(), tmp_path / "books"
    ids = [new_id() for _ in range(3)]
    await topic.tell(*(told(one, n, event_id=ids[n]) for n in (1, 2) for one in (whole, cut, gone)))
    await subscriber.run_once(topic, group, books)
    await topic.tell(*(told(one, n, era=7, event_id=ids[n]) for one, n in ((whole, 1), (whole, 2), (cut, 1))))
    said = await subscriber.run_once(topic, group, books)
    assert f"ERA {stream_of(TENANT, cut)}" in said and str(whole) not in said
    await topic.tell(told(cut, 2, era=7, event_id=ids[2]), *Era(7, new_id(), AT).endings("billing"))
    said = await subscriber.run_once(topic, group, books, fails=True)
    assert f"{stream_of(TENANT, gone)}: all was told again" in said
    assert subscriber.read(books).heard == {stream_of(TENANT, one): 2 for one in (whole, cut, gone)}
    late, lives = tmp_path / "late", {str(whole): ("2.00", 2), str(cut): ("2.00", 2)}
    assert "all was told again" in await subscriber.run_once(topic, f"again-{group}", books, fails=True)
    await subscriber.begin_anew(books)
    await subscriber.run_once(topic, f"anew-{group}", books)
    await subscriber.run_once(topic, f"late-{group}", late)
    for kept in (books, late):
        assert subscriber.read(kept).accounts == lives


@pytest.mark.kafka
@pytest.mark.timeout(180)
async def test_of_two_stories_in_one_era_neither_is_heard_once_the_owner_has_begun_another(
    topic: Topic, group: str, subscriber: Subscriber, tmp_path: Path
) -> None:
    one, books = new_id(), tmp_path / "books"
    await topic.tell(told(one, 1), told(one, 2), told(one, 2), told(one, 3))
    said = await subscriber.run_once(topic, group, books, fails=True)
    assert "era 1 does not go on" in said
    await subscriber.begin_anew(books)
    await topic.tell(told(one, 1, era=7), *Era(7, new_id(), AT).endings("billing"))
    await subscriber.run_once(topic, f"anew-{group}", books)
    assert subscriber.read(books).accounts == {str(one): ("1.00", 1)}
