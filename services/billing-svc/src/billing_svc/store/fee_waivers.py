"""Waivers of fees: facts, only ever added; and how they are shown."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, Index, Text, Uuid, bindparam, select
from sqlmodel import Field

from billing_svc.domain.fee_waiver import FeeWaiver, FeeWaiverReason
from billing_svc.store.document_tables import CustomerRow, ItemRow
from billing_svc.store.rows import Row
from dunlin_kernel.errors import NotFound
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction


class FeeWaiverRow(Row, table=True):
    """So much of a fee is not owed. A fact; above the threshold it has a second person."""

    __tablename__ = "fee_waiver"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    item_id: UUID
    customer_id: UUID
    currency: str = Field(sa_type=Text)
    amount: int = Field(sa_type=BigInteger)
    reason: str = Field(sa_type=Text)
    effective_on: date
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    maker: str = Field(sa_type=Text)
    checker: str | None = Field(sa_type=Text)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "item_id"], ["item.tenant_id", "item.id"]),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("checker <> maker", name="two_persons"),
        Index(None, "tenant_id", "item_id"),
    )


_t, _item, _customer = FeeWaiverRow.__table__.c, ItemRow.__table__.c, CustomerRow.__table__.c
VIEW = (
    select(*_t, _item.number, _customer.number.label("customer_number"), _customer.name)
    .join_from(FeeWaiverRow.__table__, ItemRow.__table__, _item.id == _t.item_id)
    .join(CustomerRow.__table__, _customer.customer_id == _t.customer_id)
    .where(_t.id == bindparam("id", type_=Uuid)))


@dataclass(frozen=True, slots=True)
class FeeWaiverView:
    """A waiver, the number of its fee, and whose it was."""

    waiver: FeeWaiver
    number: str
    customer_number: str
    customer_name: str | None
    recorded_at: datetime


def add(tx: Transaction, one: FeeWaiver, *, recorded_at: datetime) -> None:
    tx.insert(FeeWaiverRow, {
        "id": one.id, "item_id": one.item_id, "customer_id": one.customer_id, "currency": one.amount.currency,
        "amount": one.amount.minor, "reason": one.reason.value, "effective_on": one.effective_on,
        "recorded_at": recorded_at, "maker": one.maker, "checker": one.checker})


async def view(tx: Transaction, waiver_id: UUID) -> FeeWaiverView:
    """Refuses: waiver_not_found."""
    row = await tx.row(VIEW, id=waiver_id)
    if row is None:
        raise NotFound("waiver_not_found", "There is no such waiver.", waiver_id=waiver_id)
    return FeeWaiverView(
        FeeWaiver(row["id"], row["item_id"], row["customer_id"], Money(row["amount"], row["currency"]),
                  FeeWaiverReason(row["reason"]), row["effective_on"], row["maker"], row["checker"]),
        row["number"], row["customer_number"], row["name"], row["recorded_at"])
