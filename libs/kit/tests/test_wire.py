"""Dates and instants from outside: strict in form, inside bounds; and a read that waits before it looks."""

import asyncio
from datetime import date
from typing import Any

import asyncpg
import pytest
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import text
from toy_service import LIST

from dunlin_kernel.ids import new_id
from dunlin_kit.database import glimpse, settle
from dunlin_kit.testing import Running
from dunlin_kit.transaction import Transaction
from dunlin_kit.wire import Day, Instant

DAY: TypeAdapter[date] = TypeAdapter(Day)
INSTANT: TypeAdapter[Any] = TypeAdapter(Instant)


@pytest.mark.parametrize("said", ["1900-01-01", "2026-02-28", "2028-02-29", "2999-12-31"])
def test_days_in_bounds(said: str) -> None:
    assert DAY.validate_python(said) == date.fromisoformat(said)


@pytest.mark.parametrize("said", [
    0, 20260131, 1.5, True, None, "", "0", "20260131", "2026-1-1", "2026-02-29", "2026-13-01", "2026-01-31T00:00:00",
    "0001-01-01", "1899-12-31", "3000-01-01", "9999-12-31", "２０２６-01-01"])
def test_what_is_no_day_is_refused(said: object) -> None:
    with pytest.raises(ValidationError):
        DAY.validate_python(said)


@pytest.mark.parametrize("said", ["1900-01-01T00:00:00Z", "2999-12-31T23:59:59Z", "2026-01-31T10:00:00+08:00"])
def test_instants_in_bounds(said: str) -> None:
    assert INSTANT.validate_python(said).utcoffset() is not None


@pytest.mark.parametrize("said", [
    "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "3000-01-01T00:00:00Z", "2026-01-31T10:00:00",
    "2026-01-31"])
def test_what_is_no_instant_is_refused(said: str) -> None:
    with pytest.raises(ValidationError):
        INSTANT.validate_python(said)


async def test_a_read_that_settles_sees_what_was_committed_while_it_waited(
    toy: Running, admin: asyncpg.Connection
) -> None:
    tenant, lock = new_id(), text("SELECT pg_advisory_xact_lock(:key)")
    holding = admin.transaction()
    await holding.start()
    await admin.execute("SELECT pg_advisory_xact_lock_shared(4711)")
    committed = asyncio.Event()

    async def nobody_else(tx: Transaction) -> bool:
        await committed.wait()
        return not await admin.fetchval("SELECT pg_try_advisory_xact_lock_shared(4711)")

    async def look(tx: Transaction) -> tuple[int, str]:
        assert await settle(tx, lock, nobody_else, key=4711), "what it looks at is of before anybody goes on"
        rows = await tx.rows(LIST, after="", most=10)
        return len(rows), await tx.driver.fetchval("SHOW transaction_read_only")

    looking = asyncio.create_task(toy.database.read(tenant, look))
    await asyncio.sleep(0.2)
    assert not looking.done()
    await admin.execute("INSERT INTO note VALUES ($1, $2, 'late', 0, NULL)", tenant, new_id())
    await holding.commit()
    committed.set()
    assert await looking == (1, "on")


async def test_a_glimpse_gives_its_lock_back_and_goes_on_in_its_transaction(
    toy: Running, admin: asyncpg.Connection
) -> None:
    tenant, lock = new_id(), text("SELECT pg_advisory_xact_lock(:key)")

    async def free(_: Transaction) -> bool:
        async with admin.transaction():
            return bool(await admin.fetchval("SELECT pg_try_advisory_xact_lock_shared(4712)"))

    async def work(tx: Transaction) -> int:
        assert not await glimpse(tx, lock, free, key=4712), "nobody else has it while it looks"
        assert await free(tx), "everybody may have it afterwards"
        await tx.driver.execute("INSERT INTO note VALUES ($1, $2, 'kept', 0, NULL)", tenant, new_id())
        return len(await tx.rows(LIST, after="", most=10))

    assert await toy.database.transact(tenant, work) == 1
