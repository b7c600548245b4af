"""Facts are numbered per stream without a gap, in the order of commits, together with whatever else is written."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import bindparam, column, insert, literal_column, table
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from dunlin_events.contracts.base import Event
from dunlin_events.contracts.customer import ClockAdvanced, CustomerContactsChanged
from dunlin_events.envelope import Envelope, Record
from dunlin_events.outbox import APPEND, APPENDING, Pending, Trace, appending, bind, pending, wire_headers
from dunlin_kernel.ids import new_id

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
LATER = datetime(2026, 3, 4, 9, tzinfo=UTC)
TENANT = new_id()
ANNE, BERT = new_id(), new_id()


def changed(customer: UUID, contacts: int = 1) -> CustomerContactsChanged:
    return CustomerContactsChanged(customer_id=customer, contacts=contacts, purposes=[])


def put_in(*events: Event) -> list[Pending]:
    trace = Trace("corr-1", "cause-1", "00-aa-bb-01")
    return [
        pending(e, tenant=TENANT, now=NOW, recorded_at=LATER, trace=trace, source="/dunlin/customer") for e in events
    ]


async def run(connection: asyncpg.Connection, statement: Any, values: dict[str, object]) -> list[Sequence[Any]]:
    compiled = statement.compile(dialect=dialect())  # type: ignore[no-untyped-call]
    return list(await connection.fetch(compiled.string, *(values[name] for name in compiled.positiontup)))


async def append(connection: asyncpg.Connection, *events: Event) -> dict[str, tuple[int, int]]:
    """In the form that a transaction takes for these facts."""
    facts = put_in(*events)
    form = appending(facts) if facts else APPENDING
    values = dict(zip(form.binds, form.values(facts), strict=True))
    return {row[0]: (row[1], row[2]) for row in await run(connection, form.after(()), values)}


async def test_numbers_go_on_per_stream_in_the_order_of_emission(outbox_dsn: str) -> None:
    connection = await asyncpg.connect(outbox_dsn)
    first = await append(connection, changed(ANNE, 1), changed(BERT, 2), changed(ANNE, 3), ClockAdvanced(now=NOW))
    second = await append(connection, changed(ANNE, 4))
    third = await append(connection, changed(ANNE, 5), changed(ANNE, 6))
    stored = await connection.fetch("SELECT stream, seq, payload FROM outbox_event ORDER BY id")
    await connection.close()

    assert first == {f"{TENANT}:{ANNE}": (2, 1), f"{TENANT}:{BERT}": (1, 1), f"{TENANT}:": (1, 1)}
    assert (second, third) == ({f"{TENANT}:{ANNE}": (3, 1)}, {f"{TENANT}:{ANNE}": (5, 1)})
    annes = [(row["seq"], changed(ANNE).read(row["payload"]).contacts) for row in stored if str(ANNE) in row["stream"]]
    assert annes == [(1, 1), (2, 3), (3, 4), (4, 5), (5, 6)]


async def test_no_facts_are_no_rows(outbox_dsn: str) -> None:
    connection = await asyncpg.connect(outbox_dsn)
    assert await append(connection) == {}
    assert await connection.fetchval("SELECT count(*) FROM event_stream") == 0
    await connection.close()


async def test_other_writes_leave_in_the_same_statement(outbox_dsn: str) -> None:
    connection = await asyncpg.connect(outbox_dsn)
    await connection.execute("CREATE TABLE change(note text)")
    change = insert(table("change", column("note"))).values(note=bindparam("note"))
    values = bind(put_in(changed(ANNE))) | {"note": "changed"}
    heads = await run(connection, APPENDING.after([change.returning(literal_column("1")).cte("w0")]), values)
    assert [tuple(row) for row in heads] == [(f"{TENANT}:{ANNE}", 1, 1)]
    assert await connection.fetchval("SELECT note FROM change") == "changed"
    await connection.close()


async def test_the_stored_row_gives_the_record_without_reading_the_payload(outbox_dsn: str) -> None:
    connection = await asyncpg.connect(outbox_dsn)
    [fact] = put_in(changed(ANNE, 7))
    await run(connection, APPEND, bind([fact]))
    row = await connection.fetchrow("SELECT * FROM outbox_event")
    await connection.close()

    headers = wire_headers(row["headers"], row["era"], row["seq"])
    envelope = Envelope.of(Record(row["stream"], headers, row["payload"]))
    assert envelope == Envelope(
        event_id=fact.event_id, type="dunlin.customer.CustomerContactsChanged.v1", source="/dunlin/customer",
        stream=f"{TENANT}:{ANNE}", era=1, sequence=1, time=NOW, recorded_at=LATER,
        correlation_id="corr-1", causation_id="cause-1", traceparent="00-aa-bb-01",
    )  # fmt: skip
    assert sorted(headers) == sorted(envelope.headers())
    assert (row["event_id"], row["type"]) == (envelope.event_id, envelope.type)
    heard = envelope.event(row["payload"])
    assert isinstance(heard, CustomerContactsChanged) and heard.contacts == 7


async def test_a_new_stream_begins_in_the_era_of_the_database(outbox_dsn: str) -> None:
    connection = await asyncpg.connect(outbox_dsn)
    await append(connection, changed(ANNE))
    await connection.execute("INSERT INTO event_stream VALUES ('', 0, 3)")
    assert await append(connection, changed(BERT)) == {f"{TENANT}:{BERT}": (1, 3)}
    assert await append(connection, changed(ANNE)) == {f"{TENANT}:{ANNE}": (2, 1)}
    await connection.close()


@pytest.mark.parametrize("isolation", ["read_committed", "repeatable_read"])
async def test_racing_transactions_leave_no_gap_and_order_ids_like_numbers(outbox_dsn: str, isolation: str) -> None:
    """Two streams taken in both orders: heads are locked in key order, so nobody deadlocks."""

    async def writer(events: Sequence[Event]) -> int:
        connection = await asyncpg.connect(outbox_dsn)
        done = 0
        for n in range(20):
            try:
                async with connection.transaction(isolation=isolation):
                    await connection.fetchval("SELECT 1")
                    await append(connection, *events)
                    if n % 5 == 4:
                        raise ZeroDivisionError
                done += 1
            except (ZeroDivisionError, asyncpg.SerializationError):
                continue
        await connection.close()
        return done

    there, back = [changed(ANNE), changed(BERT)], [changed(BERT), changed(ANNE)]
    done = sum(await asyncio.gather(*(writer(order) for order in (there, back, there, back))))
    connection = await asyncpg.connect(outbox_dsn)
    rows = await connection.fetch("SELECT stream, seq FROM outbox_event ORDER BY id")
    await connection.close()
    for customer in (ANNE, BERT):
        assert [row["seq"] for row in rows if str(customer) in row["stream"]] == list(range(1, done + 1))
