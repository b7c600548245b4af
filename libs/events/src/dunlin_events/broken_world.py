"""The broken world: what no event is at fault for. It is waited for; whatever else fails is a fact of one event."""

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError


class Away(Exception):
    """The database cannot be used now, or did not answer in time."""


_BROKEN = (
    Away, OSError, MemoryError,
    asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError, asyncpg.InsufficientResourcesError, asyncpg.PostgresSystemError,
    asyncpg.InternalServerError, asyncpg.TransactionRollbackError, asyncpg.LockNotAvailableError,
    asyncpg.ReadOnlySQLTransactionError, asyncpg.TransactionTimeoutError,
    asyncpg.IdleInTransactionSessionTimeoutError, asyncpg.InvalidCachedStatementError,
    DBAPIError, PoolTimeoutError,
)


def is_world_broken(error: Exception) -> bool:
    """Whether waiting helps, and nothing is proved of the event that was worked on.

    A value that the driver cannot send is no trouble of the connection, though the driver says so.
    """
    return isinstance(error, _BROKEN) and not isinstance(error, ValueError)
