"""The pool of one role of a service's database: transactions run, again when the server asks, and leave no trace."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from random import Random  # noqa: TID251  spreads retries; nothing is decided by it
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
from prometheus_client import Counter

from dunlin_events.broken_world import Away, is_world_broken
from dunlin_events.crash_points import passing
from dunlin_kernel.clock import Clock, SystemClock
from dunlin_kernel.errors import Conflict, DomainError, NotReady
from dunlin_kit.pooling import LOST, PLANNED_AFRESH, PLANNED_ONCE, SHUT, Sessions, Unavailable, engine_for
from dunlin_kit.telemetry import log
from dunlin_kit.transaction import Transaction

T = TypeVar("T")
BEGIN_READING = f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL plan_cache_mode = {PLANNED_AFRESH}"
_jitter = Random()


class ReadStale(Exception):
    """What was read before a lock decided which lock to take, and has changed meanwhile: the work runs again.

    One that is also a refusal is the answer when it comes again on the last run.
    """


RETRIED = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.UniqueViolationError, ReadStale)
_REASONS = dict(zip(RETRIED, ("serialization", "deadlock", "unique", "stale"), strict=True))
RETRIES = Counter(
    "dunlin_transaction_retries_total", "Runs of a transaction that came to nothing because of others, by reason.",
    ("service", "reason"))


class OutcomeUnknown(Away):
    """The answer to COMMIT was lost; repeating the request with its key finds out."""


class Database:
    """The pool of one role of one service's database, and transactions on it.

    `conflicts` gives the problem code for a broken unique constraint by the constraint's name.
    """

    plans = PLANNED_AFRESH

    def __init__(
        self,
        url: str,
        *,
        source: str,
        clock: Clock | None = None,
        pool_size: int = 10,
        conflicts: Mapping[str, str] | None = None,
    ) -> None:
        self.engine = engine_for(url, pool_size=pool_size, plans=self.plans)
        self._sessions = Sessions(self.engine, pool_size)
        self.clock: Clock = clock or SystemClock()
        self._source = source
        service = source.rpartition("/")[2]
        self._retried = {kind: RETRIES.labels(service, reason) for kind, reason in _REASONS.items()}
        self._conflicts = conflicts or {}
        self.after_commit: Callable[[], None] | None = None
        """Called after each one: facts may have been told, jobs scheduled."""

    async def transact(self, tenant: UUID, work: Callable[[Transaction], Awaitable[T]], *, keep: bool = True) -> T:
        """Run work in one transaction; again, at most twice, when the server asks for that. `keep=False` rolls back.

        Refuses: in_progress (a lock was not had in time), and a code by constraint name for a repeated key.
        """
        for last in (False, False, True):
            try:
                return await self._once(tenant, work, keep)
            except RETRIED as asked:
                next(count for kind, count in self._retried.items() if isinstance(asked, kind)).inc()
                if last:
                    raise self._conflict_of(asked) from asked
            except asyncpg.LockNotAvailableError as busy:
                raise NotReady("in_progress", "Another request works on the same thing; try again.") from busy
            await asyncio.sleep(_jitter.uniform(0, 0.02))
        raise AssertionError

    async def read(self, tenant: UUID, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run work on one snapshot that cannot write. Refuses: in_progress (a lock was not had in time)."""
        try:
            return await self._once(tenant, work, False, BEGIN_READING)
        except asyncpg.LockNotAvailableError as busy:
            raise NotReady("in_progress", "Another request works on the same thing; try again.") from busy

    async def close(self) -> None:
        await self._sessions.close()

    def _conflict_of(self, asked: Exception) -> Exception:
        if isinstance(asked, DomainError):
            return asked
        if isinstance(asked, asyncpg.UniqueViolationError):
            code = self._conflicts.get(asked.constraint_name or "", "already_exists")
            return Conflict(code, "Something with this key is there already.", constraint=asked.constraint_name)
        return NotReady("in_progress", "Other requests work on the same thing; try again.")

    async def _once(
        self, tenant: UUID, work: Callable[[Transaction], Awaitable[T]], keep: bool, begin: str = "BEGIN"
    ) -> T:
        session = await self._sessions.begun(_beginning(begin, tenant))
        driver = session.driver
        transaction = Transaction(driver, tenant, source=self._source, clock=self.clock)
        try:
            result = await work(transaction)
            await transaction.flush(last=True)
            await (_commit(driver) if keep else driver.execute("ROLLBACK"))
            if keep and self.after_commit is not None:
                self.after_commit()
            return result
        except asyncpg.QueryCanceledError as slow:
            raise Unavailable("the database took too long") from slow
        except asyncpg.InsufficientResourcesError as full:
            log.error("the database has no room left", reason=repr(full))
            raise Unavailable("the database has no room left") from full
        except LOST as lost:
            if driver.is_closed() or isinstance(lost, SHUT):
                raise Unavailable("the database went away") from lost
            raise
        finally:
            try:
                await transaction.abandon()
            finally:
                await self._sessions.put_back(session)


class RequestDatabase(Database):
    """For an API: what writes goes by keys and is planned once per connection, not each time; reports are not."""

    plans = PLANNED_ONCE


@lru_cache(maxsize=1024)
def _beginning(begin: str, tenant: UUID) -> str:
    """The text that begins a transaction of a tenant, whatever was given for one."""
    return f"{begin}; SET LOCAL dunlin.tenant = '{UUID(int=tenant.int)}'"


async def _commit(driver: Any) -> None:
    passing("before_commit")
    try:
        await driver.execute("COMMIT")
    except LOST as lost:
        raise OutcomeUnknown("the answer to COMMIT was lost") from lost
    passing("after_commit")


def is_passing(error: Exception) -> bool:
    """Whether it was the database, so that the same may be asked of it again later, and not who asked."""
    return isinstance(error, (asyncpg.PostgresError, NotReady)) or is_world_broken(error)


async def settle(
    tx: Transaction, statement: Any, look: Callable[[Transaction], Awaitable[T]], **values: Any
) -> T:
    """Wait by a statement in a transaction of its own, look, then begin this read anew, on a snapshot of after it.

    What `look` sees, the time above all, is of before anything that had to wait for this can go on. Only for a read
    that has looked at nothing yet: what it had seen would be of another snapshot.
    """
    tenant = f"SET LOCAL dunlin.tenant = '{UUID(int=tx.tenant.int)}'"
    await tx.driver.execute(f"ROLLBACK; BEGIN; {tenant}")
    await tx.row(statement, **values)
    seen = await look(tx)
    await tx.driver.execute(f"ROLLBACK; {BEGIN_READING}; {tenant}")
    return seen


async def glimpse(
    tx: Transaction, statement: Any, look: Callable[[Transaction], Awaitable[T]], **values: Any
) -> T:
    """Wait for a lock by a statement, look, and give the lock back at once: the transaction goes on without it.

    `look` only reads: what it wrote would be given back too.
    """
    await tx.driver.execute("SAVEPOINT glimpse")
    await tx.row(statement, **values)
    seen = await look(tx)
    await tx.driver.execute("ROLLBACK TO SAVEPOINT glimpse; RELEASE SAVEPOINT glimpse")
    return seen
