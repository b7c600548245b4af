"""The transaction: what is gathered, what is retried, and what never goes back into the pool."""

import asyncio
from uuid import UUID

import asyncpg
import pytest
from toy_service import FIND, LIST, LOCK, NOTE

from dunlin_kernel.errors import Conflict, DomainError, RuleBroken
from dunlin_kernel.ids import NIL, new_id
from dunlin_kit.database import OutcomeUnknown, ReadStale
from dunlin_kit.testing import Running, deadlocks
from dunlin_kit.transaction import Transaction


class Gone(Conflict, ReadStale):
    """A refusal that the next run may not meet any more."""

    def __init__(self) -> None:
        super().__init__("gone_elsewhere", "It went on elsewhere.")


def _note(text: str, size: int = 0) -> dict[str, object]:
    return {"id": new_id(), "text": text, "size": size, "tags": ["x"]}


async def _stored(toy: Running, tenant: UUID) -> dict[str, int]:
    async def work(tx: Transaction) -> dict[str, int]:
        return {row["text"]: row["size"] for row in await tx.rows(LIST, after="", most=1000)}

    return await toy.database.read(tenant, work)


async def test_changes_are_gathered_over_all_calls_and_the_last_of_a_key_wins(toy: Running) -> None:
    tenant, one, two = new_id(), _note("one"), _note("two")

    async def make(tx: Transaction) -> None:
        tx.insert(NOTE, one)
        tx.insert(NOTE, two)

    async def change(tx: Transaction) -> None:
        tx.change(NOTE, {"id": one["id"], "size": 1})
        tx.change(NOTE, {"id": two["id"], "size": 2})
        tx.change(NOTE, {"id": one["id"], "size": 3})
        tx.change(NOTE, {"id": one["id"], "text": "uno"})

    await toy.database.transact(tenant, make)
    await toy.database.transact(tenant, change)
    assert await _stored(toy, tenant) == {"uno": 3, "two": 2}


async def test_a_row_made_here_is_changed_in_place(toy: Running) -> None:
    tenant, note = new_id(), _note("made")

    async def work(tx: Transaction) -> None:
        tx.insert(NOTE, note)
        tx.change(NOTE, {"id": note["id"], "size": 9})

    await toy.database.transact(tenant, work)
    assert await _stored(toy, tenant) == {"made": 9}


async def test_a_row_put_here_is_changed_in_place_and_a_put_wins_over_an_earlier_change(toy: Running) -> None:
    """In one statement two parts that write one row count once: each row may stand in one part only."""
    tenant, note, other = new_id(), _note("put", 1), _note("changed", 1)

    async def make(tx: Transaction) -> None:
        tx.put(NOTE, note)
        tx.change(NOTE, {"id": note["id"], "size": 2})
        tx.insert(NOTE, other)

    async def again(tx: Transaction) -> None:
        tx.change(NOTE, {"id": other["id"], "size": 3})
        tx.put(NOTE, {**other, "size": 4})
        tx.put(NOTE, {**note, "size": 5})
        tx.change(NOTE, {"id": note["id"], "size": 6})

    await toy.database.transact(tenant, make)
    assert await _stored(toy, tenant) == {"put": 2, "changed": 1}
    await toy.database.transact(tenant, again)
    assert await _stored(toy, tenant) == {"put": 6, "changed": 4}


async def test_put_replaces_and_once_passes_over(toy: Running) -> None:
    tenant, note = new_id(), _note("put")

    async def put(tx: Transaction) -> None:
        tx.put(NOTE, {**note, "size": 5})

    async def once(tx: Transaction) -> None:
        tx.once(NOTE, {**note, "size": 7}, _note("other", 8))

    await toy.database.transact(tenant, put)
    await toy.database.transact(tenant, put)
    await toy.database.transact(tenant, once)
    assert await _stored(toy, tenant) == {"put": 5, "other": 8}


async def test_what_is_put_counts_also_where_it_is_put_in_once(toy: Running) -> None:
    tenant, note = new_id(), _note("put", 5)

    async def work(tx: Transaction) -> None:
        tx.once(NOTE, {**note, "text": "once", "size": 7})
        tx.put(NOTE, note)

    await toy.database.transact(tenant, work)
    assert await _stored(toy, tenant) == {"put": 5}


async def test_text_arrays_travel_whole(toy: Running, admin: asyncpg.Connection) -> None:
    tenant, words = new_id(), ["a,b", 'c"d\\e', "", "北京", "{x}"]

    async def work(tx: Transaction) -> None:
        tx.insert(NOTE, {**_note("array"), "tags": words}, {**_note("none"), "tags": None})

    await toy.database.transact(tenant, work)
    found = await admin.fetch("SELECT tags FROM note WHERE tenant_id = $1 ORDER BY text", tenant)
    assert [row["tags"] for row in found] == [words, None]


async def test_another_tenant_sees_and_changes_nothing(toy: Running) -> None:
    tenant, stranger, note = new_id(), new_id(), _note("mine")

    async def make(tx: Transaction) -> None:
        tx.insert(NOTE, note)

    async def meddle(tx: Transaction) -> object:
        tx.change(NOTE, {"id": note["id"], "size": 1})
        return await tx.row(FIND, id=note["id"])

    async def forge(tx: Transaction) -> None:
        tx.insert(NOTE, {**_note("forged"), "tenant_id": tenant})

    await toy.database.transact(tenant, make)
    assert await toy.database.transact(stranger, meddle) is None
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await toy.database.transact(stranger, forge)
    assert await _stored(toy, tenant) == {"mine": 0}


@pytest.mark.parametrize("how", ["refusal", "cancellation", "broken statement"])
async def test_no_connection_goes_back_with_a_tenant_or_a_transaction(toy: Running, how: str) -> None:
    async def fail(tx: Transaction) -> None:
        tx.insert(NOTE, _note("gone"))
        await tx.flush()
        if how == "refusal":
            raise RuleBroken("no", "No.")
        if how == "cancellation":
            await asyncio.sleep(30)
        await tx.driver.execute("SELECT 1/0")

    async def look(tx: Transaction) -> tuple[str, bool]:
        return await tx.driver.fetchval("SELECT current_setting('dunlin.tenant')"), tx.driver.is_in_transaction()

    tenant = new_id()
    tasks = [asyncio.create_task(toy.database.transact(tenant, fail)) for _ in range(4)]
    await asyncio.sleep(0.2)
    for task in tasks:
        task.cancel()
    assert all(isinstance(end, BaseException) for end in await asyncio.gather(*tasks, return_exceptions=True))
    async with toy.database.engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        assert not driver.is_in_transaction()
        assert await driver.fetchval("SELECT current_setting('dunlin.tenant', true)") in (None, "")
    assert await toy.database.read(NIL, look) == (str(NIL), True)
    assert await _stored(toy, tenant) == {}


async def test_a_deadlock_is_run_again(toy: Running) -> None:
    tenant, notes = new_id(), [_note("a"), _note("b")]
    runs = 0

    async def make(tx: Transaction) -> None:
        tx.insert(NOTE, *notes)

    await toy.database.transact(tenant, make)
    counted = deadlocks("toy")
    met = asyncio.Barrier(2)

    async def cross(first: int, second: int) -> None:
        tried = False

        async def work(tx: Transaction) -> None:
            nonlocal runs, tried
            runs += 1
            await tx.row(LOCK, id=notes[first]["id"])
            if not tried:
                tried = True
                await met.wait()
            row = await tx.row(LOCK, id=notes[second]["id"])
            tx.change(NOTE, {"id": notes[second]["id"], "size": row["size"] + 1})

        await toy.database.transact(tenant, work)

    await asyncio.gather(cross(0, 1), cross(1, 0))
    assert runs == 3
    assert deadlocks("toy") == counted + 1
    assert await _stored(toy, tenant) == {"a": 1, "b": 1}


async def test_a_repeated_key_of_the_data_is_a_conflict_by_constraint_name(toy: Running) -> None:
    tenant = new_id()

    async def work(tx: Transaction) -> None:
        tx.insert(NOTE, _note("same"))

    await toy.database.transact(tenant, work)
    with pytest.raises(Conflict) as refused:
        await toy.database.transact(tenant, work)
    assert refused.value.code == "text_taken"


async def test_the_pool_heals_after_the_server_dropped_all_connections(toy: Running, admin: asyncpg.Connection) -> None:
    await asyncio.gather(*(_stored(toy, new_id()) for _ in range(4)))
    await admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE usename = 'toy_app' AND datname = current_database()")
    await asyncio.sleep(0.1)
    assert await asyncio.gather(*(_stored(toy, new_id()) for _ in range(8))) == [{}] * 8


async def test_a_lost_answer_to_commit_is_an_unknown_outcome(toy: Running, admin: asyncpg.Connection) -> None:
    await admin.execute("""
        CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
        $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER die AFTER INSERT ON note DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (NEW.text = 'die') EXECUTE FUNCTION die()""")

    async def work(tx: Transaction) -> None:
        tx.insert(NOTE, _note("die"))

    try:
        with pytest.raises(OutcomeUnknown):
            await toy.database.transact(new_id(), work)
    finally:
        await admin.execute("DROP TRIGGER die ON note; DROP FUNCTION die()")


async def test_a_locked_row_comes_back_fresh_and_the_next_statement_reads_what_it_protects(toy: Running) -> None:
    """The rule of the house: lock in one statement, read in the next; each is shown here to see the other's commit."""
    tenant, note = new_id(), _note("locked")

    async def make(tx: Transaction) -> None:
        tx.insert(NOTE, note)

    async def add(tx: Transaction) -> None:
        row = await tx.row(LOCK, id=note["id"])
        later = await tx.row(FIND, id=note["id"])
        assert later["size"] == row["size"]
        await asyncio.sleep(0.01)
        tx.change(NOTE, {"id": note["id"], "size": row["size"] + 7})

    await toy.database.transact(tenant, make)
    await asyncio.gather(*(toy.database.transact(tenant, add) for _ in range(8)))
    assert await _stored(toy, tenant) == {"locked": 56}


@pytest.mark.parametrize(("stale", "code"), [(ReadStale, "in_progress"), (Gone, "gone_elsewhere")])
async def test_what_was_read_too_early_runs_again_and_a_refusal_is_the_answer_at_last(
    toy: Running, stale: type[ReadStale], code: str,
) -> None:
    runs = 0

    async def work(tx: Transaction) -> None:
        nonlocal runs
        runs += 1
        raise stale

    with pytest.raises(DomainError) as refused:
        await toy.database.transact(new_id(), work)
    assert (refused.value.code, runs) == (code, 3)


async def test_what_is_written_ahead_is_there_for_the_next_statement_and_changed_by_later_ones(toy: Running) -> None:
    tenant, one, two = new_id(), _note("one"), _note("two")

    async def work(tx: Transaction) -> list[str]:
        tx.insert(NOTE, one)
        await tx.write_ahead()
        tx.insert(NOTE, two)
        tx.change(NOTE, {"id": one["id"], "size": 7})
        seen = [row["text"] for row in await tx.rows(LIST, after="", most=10)]
        await tx.write_ahead()
        return seen

    assert await toy.database.transact(tenant, work) == ["one"]
    assert await _stored(toy, tenant) == {"one": 7, "two": 0}


@pytest.mark.parametrize("refused", [True, False])
async def test_what_was_written_ahead_in_vain_leaves_nothing_behind(toy: Running, refused: bool) -> None:
    """Whether the work is refused while it is being written, or the writing itself fails."""
    tenant, note = new_id(), _note("twice")

    async def make(tx: Transaction) -> None:
        tx.insert(NOTE, note)
        if not refused:
            tx.insert(NOTE, note)
        await tx.write_ahead()
        if refused:
            raise RuleBroken("refused", "No.")

    with pytest.raises(DomainError) as told:
        await toy.database.transact(tenant, make)
    assert told.value.code == ("refused" if refused else "already_exists")
    assert await _stored(toy, tenant) == {}
