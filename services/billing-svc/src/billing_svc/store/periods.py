"""The posting barrier and the lock date: a posting waits at the barrier, and reads the date in the next statement."""

import hashlib
from datetime import date
from uuid import UUID

from sqlalchemy import func, literal_column, select

from billing_svc.store.ledger_tables import PeriodLockRow
from dunlin_kit.transaction import Transaction

_t = PeriodLockRow.__table__.c
_latest = (
    select(_t.closed_until).order_by(_t.sequence.desc()).limit(literal_column("1")).scalar_subquery())
_hardest = select(func.max(_t.closed_until)).where(_t.hard.is_(literal_column("true"))).scalar_subquery()
CLOSED_UNTIL = select(func.greatest(_latest, _hardest).label("closed_until"))


def barrier_of(tenant: UUID) -> int:
    """The key of a tenant's posting barrier: shared by postings, exclusive for a period lock."""
    digest = hashlib.blake2b(b"posting barrier" + tenant.bytes, digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


async def closed_until(tx: Transaction) -> date | None:
    """The last closed day, or None. Only after the barrier was waited for, and never in the same statement."""
    row = await tx.row(CLOSED_UNTIL)
    day: date | None = row["closed_until"]
    return day
