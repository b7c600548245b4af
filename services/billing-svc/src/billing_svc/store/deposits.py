"""Deposit requests with what came in on them, and which credits are kept for orders; under their account's lock."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.deposit_request import DepositEndReason, DepositRequest, DepositStanding, KeptCredit
from billing_svc.domain.invoice import DraftInvoice
from billing_svc.store.deposit_tables import DepositPaymentRow, DepositRequestRow
from billing_svc.store.ledger_tables import CreditRow
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_VIEW = """
SELECT r.*, c.number AS customer_number, c.name, c.owner_code, m.paid, m.pending, m.held, m.payments
FROM deposit_request r JOIN customer c USING (customer_id)
CROSS JOIN LATERAL (
  SELECT coalesce(sum(p.amount) FILTER (WHERE p.state = 'confirmed'), 0)::bigint AS paid,
         coalesce(sum(p.amount) FILTER (WHERE p.state = 'pending'), 0)::bigint AS pending,
         coalesce(sum(p.unapplied) FILTER (WHERE p.state = 'confirmed'), 0)::bigint AS held,
         coalesce(array_agg(p.id ORDER BY p.id) FILTER (WHERE p.id IS NOT NULL), '{}') AS payments
  FROM deposit_payment d JOIN credit p ON p.id = d.credit_id WHERE d.request_id = r.id) m"""
FIND = text(f"{_VIEW} WHERE r.id = :id").bindparams(bindparam("id", type_=Uuid))
_after = (bindparam("after", type_=Uuid), bindparam("most", type_=Integer))
ALL = text(f"{_VIEW} WHERE r.id > :after ORDER BY r.id LIMIT :most").bindparams(*_after)
OF_CUSTOMER = text(
    f"{_VIEW} WHERE r.customer_id = :customer_id AND r.id > :after ORDER BY r.id LIMIT :most",
).bindparams(bindparam("customer_id", type_=Uuid), *_after)
KEPT = text("""
SELECT d.credit_id, r.number FROM deposit_payment d JOIN deposit_request r ON r.id = d.request_id
WHERE d.credit_id = ANY(:ids) AND r.ended IS NULL""").bindparams(bindparam("ids", type_=ARRAY(Uuid)))
OF_ORDERS = text("""
SELECT r.authorization_id, r.order_reference, p.customer_id, p.id FROM deposit_request r
JOIN deposit_payment d ON d.request_id = r.id JOIN credit p ON p.id = d.credit_id
WHERE (r.authorization_id = ANY(:ids) OR (r.order_reference = ANY(:references) AND p.customer_id = ANY(:customers)))
  AND r.ended IS NULL AND p.state = 'confirmed' AND p.unapplied > 0
ORDER BY p.id""").bindparams(
    bindparam("ids", type_=ARRAY(Uuid)), bindparam("references", type_=ARRAY(Text)),
    bindparam("customers", type_=ARRAY(Uuid)))


@dataclass(frozen=True, slots=True)
class DepositView:
    """A request as people read it: whose, and by which payments it was paid."""

    standing: DepositStanding
    customer_number: str
    customer_name: str | None
    owner_code: str | None
    payments: Sequence[UUID]


async def get(tx: Transaction, request_id: UUID) -> DepositView:
    """Refuses: deposit_request_not_found."""
    row = await tx.row(FIND, id=request_id)
    if row is None:
        raise NotFound("deposit_request_not_found", "There is no such deposit request.", deposit_request_id=request_id)
    return _view(row)


async def some(tx: Transaction, customer_id: UUID | None, after: UUID | None, limit: int) -> list[DepositView]:
    """Up to `limit` + 1 after this one, in the order in which they were made."""
    bound: dict[str, Any] = {"after": after or NIL, "most": limit + 1}
    rows = await (tx.rows(ALL, **bound) if customer_id is None else
                  tx.rows(OF_CUSTOMER, customer_id=customer_id, **bound))
    return [_view(row) for row in rows]


async def kept(tx: Transaction, credit_ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Those of these credits that are kept for orders, with the number of their request."""
    return {row["credit_id"]: row["number"] for row in await tx.rows(KEPT, ids=list(credit_ids))}


async def of_orders(tx: Transaction, wishes: Collection[DraftInvoice]) -> list[KeptCredit]:
    """The credits of which something is kept for the orders of these invoices, the first one first."""
    orders = {one.authorization_id for one in wishes if one.authorization_id is not None}
    references = {one.order_reference for one in wishes if one.order_reference is not None}
    if not orders and not references:
        return []
    return [KeptCredit(row["id"], row["customer_id"], row["authorization_id"], row["order_reference"])
            for row in await tx.rows(OF_ORDERS, ids=list(orders), references=list(references),
                                     customers=list({one.customer_id for one in wishes}))]


def add(tx: Transaction, one: DepositRequest, *, recorded_at: datetime) -> None:
    tx.insert(DepositRequestRow, {
        "id": one.id, "number": one.number, "customer_id": one.customer_id, "currency": one.amount.currency,
        "amount": one.amount.minor, "order_reference": one.order_reference, "authorization_id": one.authorization_id,
        "requested_on": one.requested_on, "due_on": one.due_on, "ended": None, "actor": tx.actor,
        "recorded_at": recorded_at})


def add_payment(tx: Transaction, request_id: UUID, credit_id: UUID) -> None:
    tx.insert(DepositPaymentRow, {"request_id": request_id, "credit_id": credit_id})


def end(tx: Transaction, one: DepositRequest, credit_ids: Collection[UUID]) -> None:
    """Gather that it stands no more, and that what was paid on it is kept no more."""
    assert one.ended is not None, "it says why"
    tx.change(DepositRequestRow, {"id": one.id, "ended": one.ended.value})
    tx.change(CreditRow, *({"id": credit_id, "kept_for": None} for credit_id in credit_ids))


def _view(row: Any) -> DepositView:
    currency = row["currency"]
    request = DepositRequest(
        row["id"], row["number"], row["customer_id"], Money(row["amount"], currency), row["order_reference"],
        row["authorization_id"], row["requested_on"], row["due_on"],
        DepositEndReason(row["ended"]) if row["ended"] else None)
    standing = DepositStanding(
        request, Money(row["paid"], currency), Money(row["pending"], currency), Money(row["held"], currency))
    return DepositView(standing, row["customer_number"], row["name"], row["owner_code"], row["payments"])
