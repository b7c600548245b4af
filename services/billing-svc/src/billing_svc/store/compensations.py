"""Compensations with what was recovered since and passed on; written under the lock of the item's account."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Text, Uuid, bindparam, text

from billing_svc.domain.compensation import (
    ClaimPaid,
    Compensation,
    CompensationReversal,
    CompensationReversalReason,
    CompensationStanding,
    PaidBefore,
)
from billing_svc.store.compensation_tables import CompensationReversalRow, CompensationRow, CompensationShareRow
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_PAID = """
(SELECT coalesce(sum(a.amount), 0)::bigint FROM allocation a JOIN credit p ON p.id = a.credit_id
 WHERE a.item_id = {item} AND p.kind <> 'credit_note'
   AND NOT EXISTS (SELECT FROM allocation_reversal v WHERE v.allocation_id = a.id))"""
_VIEW = f"""
SELECT c.*, i.number AS item_number, u.number AS customer_number, u.name,
       u.owner_code, i.open,
       greatest({_PAID.format(item="c.item_id")} - c.paid_before, 0) AS recovered,
       (SELECT coalesce(sum(s.amount), 0)::bigint FROM compensation_share s WHERE s.compensation_id = c.id) AS shared,
       r.effective_on AS reversed_on, r.reason AS reversal_reason
FROM compensation c JOIN item i ON i.id = c.item_id JOIN customer u ON u.customer_id = i.customer_id
LEFT JOIN compensation_reversal r ON r.compensation_id = c.id"""  # noqa: S608
FIND = text(f"{_VIEW} WHERE c.id = :id").bindparams(bindparam("id", type_=Uuid))
_after = (bindparam("after", type_=Uuid), bindparam("most", type_=Integer))
ALL = text(f"{_VIEW} WHERE c.id > :after ORDER BY c.id LIMIT :most").bindparams(*_after)
OF_CUSTOMER = text(
    f"{_VIEW} WHERE c.customer_id = :customer_id AND c.id > :after ORDER BY c.id LIMIT :most",
).bindparams(bindparam("customer_id", type_=Uuid), *_after)
BEFORE = text(f"""
SELECT coalesce((
  SELECT sum(amount) FROM compensation c WHERE item_id = :item_id
  AND NOT EXISTS (SELECT FROM compensation_reversal r WHERE r.compensation_id = c.id)), 0)::bigint AS compensated,
       {_PAID.format(item=":item_id")} AS paid""").bindparams(bindparam("item_id", type_=Uuid))  # noqa: S608

CLAIM = text("""
SELECT currency, amount FROM asked_approval WHERE approval_id = :claim_id AND subject = 'claim_settled'
FOR NO KEY UPDATE""").bindparams(bindparam("claim_id", type_=Uuid))
BOOKED = text("""
SELECT coalesce(sum(c.amount), 0)::bigint AS booked FROM compensation c
WHERE c.claim_id = :claim_id AND c.currency = :currency
  AND NOT EXISTS (SELECT FROM compensation_reversal r WHERE r.compensation_id = c.id)""").bindparams(
    bindparam("claim_id", type_=Uuid), bindparam("currency", type_=Text))


@dataclass(frozen=True, slots=True)
class CompensationView:
    """A compensation as people read it: for which item of whom, and why it was taken back."""

    standing: CompensationStanding
    item_number: str
    item_open: Money
    customer_number: str
    customer_name: str | None
    owner_code: str | None
    reversal_reason: CompensationReversalReason | None


async def get(tx: Transaction, compensation_id: UUID) -> CompensationView:
    """Refuses: compensation_not_found."""
    row = await tx.row(FIND, id=compensation_id)
    if row is None:
        raise NotFound("compensation_not_found", "There is no such compensation.", compensation_id=compensation_id)
    return _view(row)


async def some(tx: Transaction, customer_id: UUID | None, after: UUID | None, limit: int) -> list[CompensationView]:
    """Up to `limit` + 1 after this one, in the order in which they were recorded."""
    bound: dict[str, Any] = {"after": after or NIL, "most": limit + 1}
    rows = await (tx.rows(ALL, **bound) if customer_id is None else
                  tx.rows(OF_CUSTOMER, customer_id=customer_id, **bound))
    return [_view(row) for row in rows]


async def before(tx: Transaction, item_id: UUID, currency: str) -> PaidBefore:
    row = await tx.row(BEFORE, item_id=item_id)
    return PaidBefore(Money(row["compensated"], currency), Money(row["paid"], currency))


async def paid_on(tx: Transaction, claim_id: UUID | None) -> ClaimPaid | None:
    """What was paid on a claim, as credit-svc told, locked until the end; None where nothing is known of that."""
    if claim_id is None or (row := await tx.row(CLAIM, claim_id=claim_id)) is None:
        return None
    currency = row["currency"]
    booked = await tx.row(BOOKED, claim_id=claim_id, currency=currency)
    assert booked is not None, "a sum is one row"
    return ClaimPaid(Money(row["amount"], currency), Money(booked["booked"], currency))


def add(tx: Transaction, one: Compensation, *, recorded_at: datetime) -> None:
    tx.insert(CompensationRow, {
        "id": one.id, "item_id": one.item_id, "customer_id": one.customer_id, "currency": one.amount.currency,
        "amount": one.amount.minor, "claimed": one.claimed.minor, "paid_before": one.paid_before.minor,
        "payer": one.payer, "received_on": one.received_on, "effective_on": one.effective_on,
        "reference": one.reference, "claim_id": one.claim_id, "actor": tx.actor, "recorded_at": recorded_at})


def add_share(
    tx: Transaction, share_id: UUID, one: Compensation, amount: Money, *, on: tuple[date, datetime],
) -> None:
    """`on`: its day in the books, and when it was recorded."""
    tx.insert(CompensationShareRow, {
        "id": share_id, "compensation_id": one.id, "amount": amount.minor, "effective_on": on[0], "actor": tx.actor,
        "recorded_at": on[1]})


def add_reversal(tx: Transaction, one: CompensationReversal, *, recorded_at: datetime) -> None:
    tx.insert(CompensationReversalRow, {
        "id": one.id, "compensation_id": one.compensation.id, "amount": one.amount.minor, "reason": one.reason.value,
        "effective_on": one.effective_on, "actor": tx.actor, "recorded_at": recorded_at})


def _view(row: Any) -> CompensationView:
    currency = row["currency"]
    one = Compensation(
        row["id"], row["item_id"], row["customer_id"], Money(row["amount"], currency), Money(row["claimed"], currency),
        Money(row["paid_before"], currency), row["payer"], row["received_on"], row["effective_on"], row["reference"],
        row["claim_id"])
    standing = CompensationStanding(
        one, Money(row["recovered"], currency), Money(row["shared"], currency), row["reversed_on"])
    return CompensationView(
        standing, row["item_number"], Money(row["open"], currency), row["customer_number"], row["name"],
        row["owner_code"], CompensationReversalReason(row["reversal_reason"]) if row["reversal_reason"] else None)
