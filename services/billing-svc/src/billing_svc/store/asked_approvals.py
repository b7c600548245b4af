"""What another service asked a second person to sign, as it told: waiting, or decided since."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Index, Text, Uuid, text
from sqlmodel import Field

from billing_svc.store.rows import Row
from dunlin_events.subscription import Tx
from dunlin_kernel.money import Money

_WAITING = text("""
SELECT * FROM asked_approval WHERE waiting AND customer_id = ANY(CAST(:customer_ids AS uuid[]))""")


class AskedApprovalRow(Row, table=True):
    """Something to be signed elsewhere, by the customer in whose stream it was asked for; amount null: not rated."""

    __tablename__ = "asked_approval"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    approval_id: UUID = Field(primary_key=True, sa_type=Uuid)
    customer_id: UUID = Field(primary_key=True, sa_type=Uuid)
    subject: str = Field(sa_type=Text)
    currency: str | None = Field(sa_type=Text)
    amount: int | None = Field(sa_type=BigInteger)
    maker: str = Field(sa_type=Text)
    since: datetime = Field(sa_type=DateTime(timezone=True))
    waiting: bool
    __table_args__ = (
        Index("ix_asked_approval_waiting", "tenant_id", "approval_id", postgresql_where=text("waiting")),
        Index("ix_asked_approval_customer", "tenant_id", "customer_id", postgresql_where=text("waiting")),
    )


class AskedGroupLimitRow(Row, table=True):
    """A group's limit to be signed elsewhere, told in the tenant's own stream; amount null: it is to have none."""

    __tablename__ = "asked_group_limit"
    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)
    approval_id: UUID = Field(primary_key=True, sa_type=Uuid)
    group_id: UUID = Field(sa_type=Uuid)
    group_number: str = Field(sa_type=Text)
    group_name: str = Field(sa_type=Text)
    currency: str | None = Field(sa_type=Text)
    amount: int | None = Field(sa_type=BigInteger)
    maker: str = Field(sa_type=Text)
    since: datetime = Field(sa_type=DateTime(timezone=True))
    waiting: bool
    __table_args__ = (
        Index("ix_asked_group_limit_waiting", "tenant_id", "approval_id", postgresql_where=text("waiting")),)


@dataclass(frozen=True, slots=True)
class GroupAsked:
    """A group's limit that waits: None where the group is to have none."""

    id: UUID
    group_id: UUID
    number: str
    name: str
    amount: Money | None
    maker: str
    since: datetime


@dataclass(frozen=True, slots=True)
class AskedApproval:
    """One of them as it stands."""

    id: UUID
    subject: str
    amount: Money | None
    maker: str
    since: datetime
    waiting: bool = True


async def waiting_of(tx: Tx, customer_ids: Collection[UUID]) -> Mapping[UUID, Mapping[UUID, AskedApproval]]:
    """By customer and id; the watermark of each stream keeps other writers away."""
    found: dict[UUID, dict[UUID, AskedApproval]] = {}
    for row in await tx.rows(_WAITING, customer_ids=list(customer_ids)):
        amount = None if row["amount"] is None else Money(row["amount"], row["currency"])
        found.setdefault(row["customer_id"], {})[row["approval_id"]] = AskedApproval(
            row["approval_id"], row["subject"], amount, row["maker"], row["since"])
    return found


def keep(tx: Tx, customer_id: UUID, asked: Iterable[AskedApproval]) -> None:
    """Gather them as they stand now."""
    tx.put(AskedApprovalRow, *(
        {"approval_id": one.id, "customer_id": customer_id, "subject": one.subject,
         "currency": one.amount.currency if one.amount else None, "amount": one.amount.minor if one.amount else None,
         "maker": one.maker, "since": one.since, "waiting": one.waiting} for one in asked
    ), key=("approval_id", "customer_id"))


def keep_of_group(tx: Tx, one: GroupAsked) -> None:
    """Gather that it waits."""
    tx.put(AskedGroupLimitRow, {
        "approval_id": one.id, "group_id": one.group_id, "group_number": one.number, "group_name": one.name,
        "currency": one.amount.currency if one.amount else None, "amount": one.amount.minor if one.amount else None,
        "maker": one.maker, "since": one.since, "waiting": True}, key=("approval_id",))


def end_of_group(tx: Tx, approval_id: UUID) -> None:
    """Gather that it waits no more."""
    tx.change(AskedGroupLimitRow, {"approval_id": approval_id, "waiting": False}, key=("approval_id",))
