"""Facts put into an outbox, as the last statement of a transaction does it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql.asyncpg import dialect

from dunlin_events.contracts.customer import CustomerContactsChanged
from dunlin_events.outbox import APPEND, Trace, bind, pending

COMPILED = APPEND.compile(dialect=dialect())  # type: ignore[no-untyped-call]
NOW = datetime(2026, 3, 4, tzinfo=UTC)


async def emit(connection: Any, tenant: UUID, *customers: UUID) -> None:
    """One fact each, in the transaction under way or in one of their own."""
    facts = [CustomerContactsChanged(customer_id=one, contacts=1, purposes=[]) for one in customers]
    values = bind([
        pending(fact, tenant=tenant, now=NOW, recorded_at=NOW, trace=Trace("c"), source="/dunlin/customer")
        for fact in facts
    ])  # fmt: skip
    await connection.fetch(COMPILED.string, *(values[name] for name in COMPILED.positiontup or ()))
