"""What waits for a second person's signature, by id, with the customer's number and name."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, literal_column, select

from billing_svc.domain.payment_policy import SecondPerson
from billing_svc.store.document_tables import CustomerRow
from billing_svc.store.ledger_tables import CreditRow
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_t, _customer = CreditRow.__table__.c, CustomerRow.__table__.c
WAITING = (
    select(_t.id, _t.customer_id, _customer.number, _customer.name, _t.currency, _t.amount, _t.payer, _t.second_person,
           _t.actor, _t.recorded_at, _t.expires_on)
    .join_from(CreditRow.__table__, CustomerRow.__table__, _customer.customer_id == _t.customer_id)
    .where(_t.state == literal_column("'pending'"), _t.second_person.is_not(None),
           _t.id > bindparam("after", type_=Uuid))
    .order_by(_t.id).limit(bindparam("wanted", type_=Integer)))


@dataclass(frozen=True, slots=True)
class Approval:
    """A payment that waits; `maker` recorded it, `since` then, and may not confirm it."""

    payment_id: UUID
    customer_id: UUID
    number: str
    name: str | None
    amount: Money
    payer: str | None
    reason: SecondPerson
    maker: str
    since: datetime
    expires_on: date


async def waiting(tx: Transaction, after: UUID | None, limit: int) -> list[Approval]:
    """Up to `limit` + 1 after this payment."""
    return [_approval(row) for row in await tx.rows(WAITING, after=after or NIL, wanted=limit + 1)]


def _approval(row: Any) -> Approval:
    return Approval(
        row["id"], row["customer_id"], row["number"], row["name"], Money(row["amount"], row["currency"]), row["payer"],
        SecondPerson(row["second_person"]), row["actor"], row["recorded_at"], row["expires_on"])
