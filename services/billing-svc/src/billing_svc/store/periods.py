"""The posting barrier and the lock date: a posting waits at the barrier, and reads the date in the next statement."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import BigInteger, Integer, bindparam, func, literal_column, select

from billing_svc.domain.period import MayPost, PeriodState, closed_for
from billing_svc.domain.posting_dates import Books
from billing_svc.store.ledger_tables import PeriodLockRow
from billing_svc.store.lock_exceptions import LockExceptionRow
from dunlin_kit.database import glimpse, settle
from dunlin_kit.tenants import TENANT, Also, Tenant, present, present_with
from dunlin_kit.transaction import Transaction

T = TypeVar("T")
_t, _tenant = PeriodLockRow.__table__.c, TENANT.c
_latest = (
    select(_t.closed_until).order_by(_t.sequence.desc()).limit(literal_column("1")).scalar_subquery())
_hardest = select(func.max(_t.closed_until)).where(_t.hard.is_(literal_column("true"))).scalar_subquery()
CLOSED_UNTIL = func.greatest(_latest, _hardest).label("closed_until")
MAX_PLACE = 2**62
LOCKS = (
    select(PeriodLockRow.__table__).where(_t.sequence < bindparam("before", type_=BigInteger))
    .order_by(_t.sequence.desc()).limit(bindparam("wanted", type_=Integer)))
STATE = select(CLOSED_UNTIL, _hardest.label("hard_until"))
_e = LockExceptionRow.__table__.c
OPEN_FROM = (
    select(func.jsonb_agg(func.jsonb_build_array(_e.from_on, _e.subject, _e.scope, _e.actor)))
    .where(_e.ends_at > func.coalesce(_tenant.clock_at, func.now()))
    .correlate(TENANT).scalar_subquery().label("open_from"))
"""Who may post from which day on, of exceptions that have not ended; to be read with the tenant."""
HARD_UNTIL = _hardest.label("hard_until")
HOLD = select(func.pg_advisory_xact_lock(bindparam("posting_barrier", type_=BigInteger)))


def barrier_of(tenant: UUID) -> int:
    """The key of a tenant's posting barrier: shared by postings, exclusive for a period lock."""
    digest = hashlib.blake2b(b"posting barrier" + tenant.bytes, digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


async def hold(tx: Transaction) -> None:
    """Take the posting barrier alone: no posting is under way, and none begins before this transaction ends."""
    await tx.row(HOLD, posting_barrier=barrier_of(tx.tenant))


async def at_rest(tx: Transaction, look: Callable[[Transaction], Awaitable[T]]) -> T:
    """Look while nothing is being posted, and hold postings up no longer than for that look, which only reads."""
    return await glimpse(tx, HOLD, look, posting_barrier=barrier_of(tx.tenant))


async def present_for(tx: Transaction, known_at: datetime | None) -> Tenant:
    """The tenant now, before a report reads. One for a recording time waits until no posting is under way.

    Then `now` was read while none was: whatever is recorded by a time before it is in the report's snapshot.
    Refuses: tenant_not_known_yet.
    """
    if known_at is None:
        return await present(tx)
    return await settle(tx, HOLD, present, posting_barrier=barrier_of(tx.tenant))


async def state(tx: Transaction) -> PeriodState:
    """What is closed. Only after `hold`, in the next statement."""
    row = await tx.row(STATE)
    return PeriodState(row["closed_until"], row["hard_until"])


async def locks(tx: Transaction, before: int | None, limit: int) -> list[Any]:
    """Locks as they were recorded, the latest first; up to `limit` + 1 before this place."""
    return list(await tx.rows(LOCKS, before=before or MAX_PLACE, wanted=limit + 1))


def add(tx: Transaction, lock_id: UUID, closed_until: date, *, hard: bool, reason: str, recorded_at: datetime) -> None:
    tx.insert(PeriodLockRow, {"id": lock_id, "closed_until": closed_until, "hard": hard, "actor": tx.actor,
                              "reason": reason, "recorded_at": recorded_at})


async def present_books(tx: Transaction) -> tuple[Tenant, Books]:
    """The tenant now, and the days on which it may post: only after the barrier was waited for, in the next statement.

    Refuses: tenant_not_known_yet.
    """
    tenant, books, _ = await present_books_with(tx)
    return tenant, books


async def present_books_with(
    tx: Transaction, *beside: Any, also: Also | None = None,
) -> tuple[Tenant, Books, Sequence[Any]]:
    """As `present_books`, and the rows in which these constant columns and what is wanted `also` were read by the same
    statement."""
    tenant, rows = await present_with(tx, CLOSED_UNTIL, HARD_UNTIL, OPEN_FROM, *beside, also=also)
    row = rows[0]
    mine = [date.fromisoformat(day) for day, *who in row["open_from"] or ()
            if MayPost(*who).is_for(tx.actor, tx.scopes)]
    closed = closed_for(PeriodState(row["closed_until"], row["hard_until"]), mine)
    return tenant, Books(closed, tenant.today), rows
