"""The pool of connections to one database as one role: time limits of its sessions, and when statements are planned."""

import asyncio
from contextlib import suppress
from typing import Any, NamedTuple

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from dunlin_events import sessions
from dunlin_events.broken_world import Away

PLANNED_ONCE, PLANNED_AFRESH = "force_generic_plan", "auto"
"""`plan_cache_mode`: left to itself, PostgreSQL plans a statement that takes arrays anew at each run."""

SHUT = (asyncpg.AdminShutdownError, asyncpg.CrashShutdownError, asyncpg.CannotConnectNowError,
        asyncpg.TransactionTimeoutError)
LOST = (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.InternalClientError, *SHUT)
_MORE_THAN_A_POOL_HOLDS = 100


class Unavailable(Away):
    """The database cannot be reached now; nothing has happened."""


def engine_for(url: str, *, pool_size: int = 10, plans: str = PLANNED_AFRESH) -> AsyncEngine:
    """A pool whose sessions have the time limits every service wants; `url` is `postgresql://...`."""
    return create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        pool_size=pool_size,
        max_overflow=5,
        pool_timeout=10,
        pool_pre_ping=False,
        hide_parameters=True,
        connect_args={
            "statement_cache_size": 512,
            "server_settings": {
                "statement_timeout": "30000",
                "lock_timeout": "5000",
                # A session whose process stopped in the middle of a message is neither idle nor in a statement.
                "transaction_timeout": "60000",
                "TimeZone": "UTC",
                "jit": "off",
                **sessions.impatient(),
                "plan_cache_mode": plans,
            },
        },
    )


class Session(NamedTuple):
    """A connection of the pool, and the driver's own underneath, on which statements run."""

    connection: AsyncConnection
    driver: Any


class Sessions:
    """Sessions of an engine between transactions: kept at hand, for to give one to its pool and take it again costs
    more than most statements. Whoever waits for one of the pool gets the next that is put back."""

    def __init__(self, engine: AsyncEngine, most: int) -> None:
        self._engine, self._most = engine, most
        self._at_hand: list[Session] = []
        self._waiting = 0

    async def begun(self, begin: str) -> Session:
        """A session on which the transaction has begun; those that went away meanwhile are thrown out first.

        Refuses: Unavailable, also while the server starts or takes no more sessions.
        """
        for _ in range(_MORE_THAN_A_POOL_HOLDS):
            session = self._at_hand.pop() if self._at_hand else await self._taken()
            try:
                with suppress(*LOST):
                    if not session.driver.is_closed():
                        await session.driver.execute(begin)
                        return session
            except BaseException:
                await _thrown_out(session)
                raise
            await _thrown_out(session)
        raise Unavailable("the database cannot be reached")

    async def put_back(self, session: Session) -> None:
        """Never inside a transaction or with the tenant still set. One that cannot be brought there is thrown out: what
        came of the work is known without it."""
        driver = session.driver
        if not driver.is_closed() and driver.is_in_transaction():
            try:
                await asyncio.wait_for(driver.execute("ROLLBACK"), 5)
            except LOST:
                driver.terminate()
            except BaseException:
                await _thrown_out(session)
                raise
        if driver.is_closed():
            await _thrown_out(session)
        elif self._waiting or len(self._at_hand) >= self._most:
            await session.connection.close()
        else:
            self._at_hand.append(session)

    async def close(self) -> None:
        while self._at_hand:
            await self._at_hand.pop().connection.close()
        await self._engine.dispose()

    async def _taken(self) -> Session:
        self._waiting += 1
        try:
            connection = await self._engine.connect()
            return Session(connection, (await connection.get_raw_connection()).driver_connection)
        except (DBAPIError, PoolTimeoutError, *LOST) as away:
            raise Unavailable("the database cannot be reached") from away
        finally:
            self._waiting -= 1


async def _thrown_out(session: Session) -> None:
    """Gone for good; its place in the pool is free."""
    session.driver.terminate()
    await session.connection.invalidate()
    await session.connection.close()
