"""The pull feed over HTTP: whose facts, in which order, from where, and what a cursor is good for."""

import json
from collections.abc import AsyncIterator
from random import Random
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from dunlin_events.envelope import Envelope, Record
from dunlin_events.feed import Place
from dunlin_events.outbox import wire_headers
from dunlin_events.relay_state import IDENTITY
from dunlin_kernel.ids import new_id
from dunlin_kit.event_feed import LONGEST_CURSOR, Positions
from dunlin_kit.testing import Running

URL = "/toy/v1/events"
NOTE_TAKEN = "dunlin.toy.NoteTaken.v1"


async def take(toy: Running, tenant: UUID, *texts: str) -> None:
    for text in texts:
        headers = toy.headers(tenant, "notes:write")
        answer = await toy.client.post("/toy/v1/notes", json={"text": text}, headers=headers)
        assert answer.status_code == 201, answer.text


async def ask(toy: Running, tenant: UUID | None, **query: Any) -> httpx.Response:
    return await toy.client.get(URL, params=query, headers=toy.headers(tenant, "events:read", key=None))


async def page(toy: Running, tenant: UUID, **query: Any) -> tuple[list[str], str, bool]:
    answer = await ask(toy, tenant, **query)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return [fact["data"]["text"] for fact in body["data"]], body["next_cursor"], body["has_more"]


async def test_a_tenant_reads_its_own_facts_page_by_page_and_then_what_comes(toy: Running) -> None:
    mine, theirs = new_id(), new_id()
    await take(toy, mine, "a", "b")
    await take(toy, theirs, "secret")
    await take(toy, mine, "c")
    first, cursor, more = await page(toy, mine, limit=2)
    assert (first, more) == (["a", "b"], True)
    second, cursor, more = await page(toy, mine, limit=2, after=cursor)
    assert (second, more) == (["c"], False)
    assert await page(toy, mine, after=cursor) == ([], cursor, False)
    await take(toy, mine, "d")
    assert (await page(toy, mine, after=cursor))[0] == ["d"]
    assert (await page(toy, mine))[0] == ["a", "b", "c", "d"]
    assert (await page(toy, theirs))[0] == ["secret"]


async def test_what_tells_nothing_moves_no_cursor_and_promises_nothing(toy: Running, admin: asyncpg.Connection) -> None:
    """A cursor names the transactions under way, and those of other databases are among them."""
    for end in ("COMMIT", "ROLLBACK"):
        tenant = new_id()
        await admin.execute("BEGIN; SELECT pg_current_xact_id()")
        await take(toy, tenant, "a", "b", "c")
        _, middle, _ = await page(toy, tenant, limit=2)
        _, behind, _ = await page(toy, tenant)
        await admin.execute(end)
        assert await page(toy, tenant, after=behind) == ([], behind, False)
        rest, cursor, more = await page(toy, tenant, after=middle)
        assert (rest, more) == (["c"], False)
        assert await page(toy, tenant, after=cursor) == ([], cursor, False)


async def test_a_fact_has_the_envelope_that_it_has_on_the_bus(toy: Running) -> None:
    tenant = new_id()
    await take(toy, tenant, "a")
    fact = (await ask(toy, tenant)).json()["data"][0]
    connection = await asyncpg.connect(toy.urls.ops)
    row = await connection.fetchrow(
        "SELECT stream, era, seq, headers, payload FROM outbox_event WHERE starts_with(stream, $1)", str(tenant))
    await connection.close()
    headers = wire_headers(row["headers"], row["era"], row["seq"])
    on_the_bus = {name.removeprefix("ce_"): value.decode() for name, value in headers}
    on_the_bus["datacontenttype"] = on_the_bus.pop("content-type")
    assert fact.pop("data") == json.loads(row["payload"])
    assert {name: value for name, value in fact.items() if value is not None} == on_the_bus
    assert Envelope.of(Record(row["stream"], headers, None)).sequence == int(fact["sequence"]) == 1


async def test_only_facts_of_the_named_types_are_given_and_the_cursor_passes_the_others(toy: Running) -> None:
    tenant = new_id()
    await take(toy, tenant, "a", "b")
    none, cursor, more = await page(toy, tenant, types="dunlin.toy.NoteLost.v1")
    assert (none, more) == ([], False)
    assert await page(toy, tenant, after=cursor) == ([], cursor, False)
    assert (await page(toy, tenant, types=[NOTE_TAKEN, "dunlin.toy.NoteLost.v1"]))[0] == ["a", "b"]


async def test_what_commits_late_comes_late_and_in_the_order_of_its_stream(toy: Running) -> None:
    tenant, one, other = new_id(), new_id(), new_id()
    slow = await asyncpg.connect(toy.urls.ops.replace("toy_ops", "toy_app").replace("test-ops", "test-app"))
    transaction = slow.transaction()
    await transaction.start()
    await append(slow, f"{tenant}:{one}", 1, "late")
    quick = await asyncpg.connect(toy.urls.ops.replace("toy_ops", "toy_app").replace("test-ops", "test-app"))
    await append(quick, f"{tenant}:{other}", 1, "early")
    seen, cursor, _ = await page(toy, tenant)
    assert seen == ["early"]
    await transaction.commit()
    assert (await page(toy, tenant, after=cursor))[0] == ["late"]
    assert sorted((await page(toy, tenant))[0]) == ["early", "late"]
    await slow.close()
    await quick.close()


async def append(connection: asyncpg.Connection, stream: str, seq: int, text: str) -> None:
    headers = {"ce_specversion": "1.0", "ce_id": str(new_id()), "ce_source": "/dunlin/toy", "ce_type": NOTE_TAKEN,
               "ce_partitionkey": stream, "content-type": "application/json"}
    await connection.execute(
        "INSERT INTO outbox_event (event_id, stream, era, seq, type, headers, payload) VALUES ($1,$2,1,$3,$4,$5,$6)",
        new_id(), stream, seq, NOTE_TAKEN, json.dumps(headers), json.dumps({"text": text}).encode())


@pytest.mark.parametrize("damage", [lambda c: c[:-2], lambda c: "A" + c[1:], lambda c: "no cursor", lambda c: "é"])
async def test_a_cursor_that_was_not_made_here_is_refused(toy: Running, damage: Any) -> None:
    tenant = new_id()
    await take(toy, tenant, "a")
    cursor = (await page(toy, tenant))[1]
    refused = await ask(toy, tenant, after=damage(cursor))
    assert (refused.status_code, refused.json()["code"]) == (422, "cursor_invalid")
    refused = await ask(toy, new_id(), after=cursor)
    assert (refused.status_code, refused.json()["code"]) == (422, "cursor_invalid")


async def test_the_feed_needs_its_scope_and_a_tenant(toy: Running) -> None:
    without = await toy.client.get(URL, headers=toy.headers(new_id(), "notes:read", key=None))
    assert (without.status_code, without.json()["code"]) == (403, "forbidden")
    assert (await ask(toy, None)).json()["code"] == "tenant_required"
    assert (await ask(toy, new_id(), limit=201)).json()["code"] == "invalid_request"


@pytest.fixture
async def restored(toy: Running, admin: asyncpg.Connection) -> AsyncIterator[asyncpg.Connection]:
    """A connection to play a restore with; afterwards all is as it was."""
    yield admin
    await admin.execute("DELETE FROM event_stream WHERE stream = ''")
    await admin.execute("DELETE FROM relay_state")


async def test_a_restored_database_tells_nothing_until_it_was_rebased(
    toy: Running, restored: asyncpg.Connection
) -> None:
    tenant = new_id()
    await take(toy, tenant, "a")
    cursor = (await page(toy, tenant))[1]
    identity = await restored.fetchrow(IDENTITY)
    stored = "INSERT INTO relay_state VALUES (1, '1:1:', '1:1:', 0, 1, $1, $2, $3, $4)"
    await restored.execute(stored, identity[0] + 1, *identity[1:])
    stands = await ask(toy, tenant, after=cursor)
    assert (stands.status_code, stands.json()["code"]) == (409, "stands_after_restore")
    assert stands.headers["Retry-After"]
    await restored.execute("UPDATE relay_state SET system_identifier = $1", identity[0])
    assert await page(toy, tenant, after=cursor) == ([], cursor, False)


async def test_a_cursor_ends_with_its_era(toy: Running, restored: asyncpg.Connection) -> None:
    tenant = new_id()
    await take(toy, tenant, "a")
    cursor = (await page(toy, tenant))[1]
    await restored.execute("INSERT INTO event_stream VALUES ('', 0, 2)")
    ended = await ask(toy, tenant, after=cursor)
    assert (ended.status_code, ended.json()["code"], ended.json()["facts"]) == (409, "era_ended", {"era": "2"})
    assert (await page(toy, tenant))[0] == ["a"]


async def test_a_cursor_from_a_time_that_was_undone_is_refused(toy: Running, restored: asyncpg.Connection) -> None:
    tenant = new_id()
    await take(toy, tenant, "a")
    await restored.execute("BEGIN")
    await restored.execute("SELECT pg_current_xact_id()")
    await restored.execute("COMMIT")
    await take(toy, tenant, "b")
    cursor = (await page(toy, tenant))[1]
    await restored.execute("DELETE FROM outbox_event WHERE seq = 1 AND payload LIKE '%\"b\"%'::bytea")
    assert (await ask(toy, tenant, after=cursor)).json()["code"] == "era_ended"


async def test_a_cursor_names_no_transaction_that_a_crash_could_undo(toy: Running, admin: asyncpg.Connection) -> None:
    tenant = new_id()
    await take(toy, tenant, "a")
    cursor = (await page(toy, tenant))[1]
    for end in ("COMMIT", "ROLLBACK"):
        await admin.execute(f"BEGIN; SELECT pg_current_xact_id(); {end}")
    assert await page(toy, tenant, after=cursor) == ([], cursor, False)


def test_a_cursor_between_two_crowded_snapshots_is_not_too_long() -> None:
    dice = Random(1)

    def crowded(begins: int) -> str:
        under_way = sorted(dice.sample(range(begins, begins + 2**24), 1_000))
        return f"{under_way[0]}:{under_way[-1] + 1}:{','.join(map(str, under_way))}"

    place = Place(1, crowded(2**40), crowded(2**41), 2**60)
    state = SimpleNamespace(cursor_secret=b"s" * 32, service="toy")
    request: Any = SimpleNamespace(
        app=SimpleNamespace(state=state), state=SimpleNamespace(principal=SimpleNamespace(tenant=new_id())))
    positions = Positions(request)
    assert len(cursor := positions.told(place)) <= LONGEST_CURSOR
    assert positions.asked(cursor) == place
