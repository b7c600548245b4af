"""What waits for a second person's signature, by id, with the customer's number and name."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Integer, Text, Uuid, bindparam, cast, literal_column, null, select, union_all

from billing_svc.domain.payment_policy import SecondPerson
from billing_svc.store.document_tables import CustomerRow
from billing_svc.store.ledger_tables import CreditRow
from billing_svc.store.write_off_tables import WriteOffRow
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_t, _customer, _lost = CreditRow.__table__.c, CustomerRow.__table__.c, WriteOffRow.__table__.c
_after = bindparam("after", type_=Uuid)
_payments = (
    select(_t.id, literal_column("true").label("is_payment"), _t.customer_id, _t.currency, _t.amount, _t.payer,
           _t.second_person, _t.actor, _t.recorded_at, _t.expires_on)
    .where(_t.state == literal_column("'pending'"), _t.second_person.is_not(None), _t.id > _after))
_write_offs = (
    select(_lost.id, literal_column("false"), _lost.customer_id, _lost.currency, _lost.amount, cast(null(), Text),
           literal_column(f"'{SecondPerson.WRITE_OFF.value}'"), _lost.maker, _lost.recorded_at, cast(null(), Date))
    .where(_lost.state == literal_column("'proposed'"), _lost.id > _after))
_all = union_all(_payments, _write_offs).subquery("waiting")
WAITING = (
    select(_all, _customer.number, _customer.name)
    .join_from(_all, CustomerRow.__table__, _customer.customer_id == _all.c.customer_id)
    .order_by(_all.c.id).limit(bindparam("wanted", type_=Integer)))


@dataclass(frozen=True, slots=True)
class Approval:
    """A payment or a write-off that waits; `maker` recorded it, `since` then, and may not sign it."""

    id: UUID
    is_payment: bool
    customer_id: UUID
    number: str
    name: str | None
    amount: Money
    payer: str | None
    reason: SecondPerson
    maker: str
    since: datetime
    expires_on: date | None


async def waiting(tx: Transaction, after: UUID | None, limit: int) -> list[Approval]:
    """Up to `limit` + 1 after this one."""
    return [_approval(row) for row in await tx.rows(WAITING, after=after or NIL, wanted=limit + 1)]


def _approval(row: Any) -> Approval:
    return Approval(
        row["id"], row["is_payment"], row["customer_id"], row["number"], row["name"],
        Money(row["amount"], row["currency"]), row["payer"], SecondPerson(row["second_person"]), row["actor"],
        row["recorded_at"], row["expires_on"])
