"""Exceptions of soft period locks: who may post from which day on, and until when."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, Integer, Text, Uuid, bindparam, select
from sqlmodel import Field

from billing_svc.domain.period import LockException
from billing_svc.store.rows import Row
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import NIL
from dunlin_kit.transaction import Transaction


class LockExceptionRow(Row, table=True):
    """A person or a role may post into what is softly closed; ended early by an earlier `ends_at`."""

    __tablename__ = "lock_exception"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    subject: str | None = Field(sa_type=Text)
    scope: str | None = Field(sa_type=Text)
    from_on: date
    ends_at: datetime = Field(sa_type=DateTime(timezone=True))
    reason: str = Field(sa_type=Text)
    actor: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    __table_args__ = (
        CheckConstraint("subject <> actor", name="two_persons"),
        CheckConstraint("(subject IS NULL) <> (scope IS NULL)", name="for_one"),
        Index(None, "tenant_id", "ends_at"),
    )


_t = LockExceptionRow.__table__.c
BY_ID = select(LockExceptionRow.__table__).where(_t.id == bindparam("id", type_=Uuid))
PAGE = (
    select(LockExceptionRow.__table__).where(_t.id > bindparam("after", type_=Uuid)).order_by(_t.id)
    .limit(bindparam("wanted", type_=Integer)))


async def by_id(tx: Transaction, exception_id: UUID) -> LockException:
    """Only after the posting barrier was taken alone. Refuses: lock_exception_not_found."""
    row = await tx.row(BY_ID, id=exception_id)
    if row is None:
        raise NotFound("lock_exception_not_found", "There is no such exception.", exception_id=exception_id)
    return _exception(row)


async def page(tx: Transaction, after: UUID | None, limit: int) -> list[LockException]:
    """Up to `limit` + 1, in the order in which they were given."""
    return [_exception(row) for row in await tx.rows(PAGE, after=after or NIL, wanted=limit + 1)]


def add(tx: Transaction, one: LockException) -> None:
    tx.insert(LockExceptionRow, {
        "id": one.id, "subject": one.subject, "scope": one.scope, "from_on": one.from_on, "ends_at": one.ends_at,
        "reason": one.reason, "actor": one.granted_by, "recorded_at": one.recorded_at})


def end(tx: Transaction, one: LockException) -> None:
    tx.change(LockExceptionRow, {"id": one.id, "ends_at": one.ends_at})


def _exception(row: Any) -> LockException:
    return LockException(row["id"], row["subject"], row["scope"], row["from_on"], row["ends_at"], row["reason"],
                         row["actor"], row["recorded_at"])
