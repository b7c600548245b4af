"""The last statement: rows are written in one order, and a stream's head is taken after all that can be waited for."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import pytest
from toy_service import NOTE, NoteTaken

from dunlin_kernel.ids import new_id
from dunlin_kit.tenants import TENANT
from dunlin_kit.testing import Running
from dunlin_kit.transaction import Transaction

HELD_UP = "SELECT pid FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))"
HEAD = "SELECT seq FROM event_stream WHERE stream = $1 FOR UPDATE NOWAIT"
ROW = "SELECT FROM note WHERE id = $1 FOR UPDATE"
NEW = "INSERT INTO note (tenant_id, id, text, size) VALUES ($1, $2, $3, 0)"

Write = Callable[[Transaction, dict[str, Any]], None]
WAYS: dict[str, Write] = {
    "changed": lambda tx, note: tx.change(NOTE, {"id": note["id"], "size": 7}),
    "put": lambda tx, note: tx.put(NOTE, note),
    "put in once": lambda tx, note: tx.once(NOTE, note),
    "new, with a text that is taken": lambda tx, note: tx.insert(NOTE, {**note, "id": new_id()}),
}


class Held(NamedTuple):
    """A note whose row somebody else holds in `session`, whether it is stored yet or not."""

    tenant: UUID
    note: dict[str, Any]
    session: asyncpg.Connection
    admin: asyncpg.Connection

    async def holds_up(self, writing: "asyncio.Task[None]") -> None:
        """Return when somebody waits for it."""
        async with asyncio.timeout(60):
            while not await self.admin.fetch(HELD_UP, self.session.get_server_pid()):
                assert not writing.done()
                await asyncio.sleep(0.01)


@pytest.fixture
async def held(toy: Running, admin: asyncpg.Connection) -> AsyncIterator[Held]:
    """Of a tenant of which a fact was told."""
    session = await asyncpg.connect(toy.urls.app)
    tenant, note_id = await toy.tenant(), new_id()

    async def tell(tx: Transaction) -> None:
        tx.emit(NoteTaken(customer_id=note_id, text="told"))

    await toy.database.transact(tenant, tell)
    await session.execute(f"BEGIN; SET LOCAL dunlin.tenant = '{tenant}'")
    yield Held(tenant, {"id": note_id, "text": "held", "size": 0, "tags": None}, session, admin)
    await session.close()


async def stored(toy: Running, held: Held) -> None:
    async def make(tx: Transaction) -> None:
        tx.insert(NOTE, held.note)

    await toy.database.transact(held.tenant, make)


@pytest.mark.parametrize("way", WAYS)
async def test_whoever_waits_for_a_row_holds_no_stream(toy: Running, held: Held, way: str) -> None:
    if way in ("changed", "put"):
        await stored(toy, held)
        await held.session.fetch(ROW, held.note["id"])
    else:
        await held.session.execute(NEW, held.tenant, held.note["id"], held.note["text"])

    async def write(tx: Transaction) -> None:
        WAYS[way](tx, held.note)
        tx.emit(NoteTaken(customer_id=held.note["id"], text="told"))

    writing = asyncio.create_task(toy.database.transact(held.tenant, write))
    await held.holds_up(writing)
    stream = f"{held.tenant}:{held.note['id']}"
    assert await held.admin.fetchval(HEAD, stream) == 1
    await held.session.execute("ROLLBACK")
    await writing
    assert await held.admin.fetchval(HEAD, stream) == 2


@pytest.mark.parametrize("facts", [0, 1, 2, 3])
@pytest.mark.parametrize("first", [True, False])
async def test_rows_are_written_in_the_order_of_their_tables_however_they_were_gathered(
    toy: Running, held: Held, first: bool, facts: int,
) -> None:
    """Whoever waits for a row of one table has written none of a later one."""
    await stored(toy, held)
    await held.session.fetch(ROW, held.note["id"])
    tenant = {"name": "Test", "currency": "CNY", "zone": "Asia/Shanghai", "sandbox": False, "clock_at": None}

    async def write(tx: Transaction) -> None:
        (tx.put if first else tx.change)(NOTE, held.note)
        (tx.change if first else tx.put)(TENANT, tenant, key=())
        for n in range(facts):
            tx.emit(NoteTaken(customer_id=held.note["id"] if n < 2 else new_id(), text="told"))

    writing = asyncio.create_task(toy.database.transact(held.tenant, write))
    await held.holds_up(writing)
    assert await held.admin.fetch("SELECT FROM tenant WHERE tenant_id = $1 FOR UPDATE NOWAIT", held.tenant)
    await held.session.execute("ROLLBACK")
    await writing
