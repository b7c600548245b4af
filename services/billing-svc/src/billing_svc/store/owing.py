"""What several customers owe right now: asked by a sender right before it writes to them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Uuid, bindparam, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.instalments import Instalment
from billing_svc.domain.item import Item
from billing_svc.domain.pending_payment import pending_by_item
from billing_svc.store import arrangements, customers, items, pending_payments
from billing_svc.store.deposit_tables import DepositPaymentRow, DepositRequestRow
from billing_svc.store.document_tables import ItemRow
from billing_svc.store.ledger_tables import AccountRow, CreditRow
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

MOST_ITEMS = 5000
_item, _account, _credit = ItemRow.__table__.c, AccountRow.__table__.c, CreditRow.__table__.c
_asked, _paid = DepositRequestRow.__table__.c, DepositPaymentRow.__table__.c
_ids = bindparam("customer_ids", type_=ARRAY(Uuid))
COUNTS = select(_item.customer_id, func.count().label("items")).where(
    _item.customer_id == func.any(_ids), _item.open > literal_column("0")).group_by(_item.customer_id)
_kept = (
    select(func.coalesce(func.sum(_credit.unapplied), literal_column("0")))
    .join_from(CreditRow.__table__, DepositPaymentRow.__table__, _paid.credit_id == _credit.id)
    .join(DepositRequestRow.__table__, _asked.id == _paid.request_id)
    .where(_credit.customer_id == _account.customer_id, _credit.currency == _account.currency,
           _credit.unapplied > literal_column("0"), _asked.ended.is_(None)).scalar_subquery())
UNAPPLIED = select(
    _account.customer_id, _account.currency,
    (_account.unapplied - cast(_kept, BigInteger)).label("unapplied"),
).where(_account.customer_id == func.any(_ids)).order_by(_account.currency)
"""Without what is kept for orders: that pays nothing that is owed now."""


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An open item, what of it would be paid by pending payments, and by an arrangement the parts of it, next first."""

    item: Item
    pending: Money
    parts: tuple[Instalment, ...]


@dataclass(frozen=True, slots=True)
class Owing:
    """One customer; `known` is false where billing has not heard of it, so that nothing can be said."""

    customer_id: UUID
    known: bool
    items: Sequence[OpenItem]
    unapplied: Sequence[Money]


async def of_some(tx: Transaction, customer_ids: Sequence[UUID]) -> list[Owing]:
    """The first of these customers, as many as owe `MOST_ITEMS` together, at least one."""
    counts = {row["customer_id"]: row["items"] for row in await tx.rows(COUNTS, customer_ids=list(customer_ids))}
    asked = _first(customer_ids, counts)
    known, by_customer = await customers.known(tx, asked), await _open_items(tx, asked)
    unapplied: dict[UUID, list[Money]] = {}
    for row in await tx.rows(UNAPPLIED, customer_ids=asked):
        unapplied.setdefault(row["customer_id"], []).append(Money(row["unapplied"], row["currency"]))
    return [Owing(one, one in known, by_customer.get(one, ()), unapplied.get(one, ())) for one in asked]


def _first(customer_ids: Sequence[UUID], counts: dict[UUID, int]) -> list[UUID]:
    taken: list[UUID] = []
    items_taken = 0
    for customer_id in dict.fromkeys(customer_ids):
        items_taken += counts.get(customer_id, 0)
        if taken and items_taken > MOST_ITEMS:
            break
        taken.append(customer_id)
    return taken


async def _open_items(tx: Transaction, customer_ids: Collection[UUID]) -> dict[UUID, list[OpenItem]]:
    """By due date."""
    found = await items.open_of(tx, customer_ids)
    parts = await arrangements.schedules_of(tx, found.values())
    of: dict[UUID, dict[UUID, Item]] = {}
    for item in sorted(found.values(), key=lambda one: (one.due_on, one.id)):
        of.setdefault(item.customer_id, {})[item.id] = item
    pending: dict[UUID, Any] = {
        customer_id: pending_by_item(announced, of[customer_id])
        for customer_id, announced in (await pending_payments.announced_by(tx, list(of))).items() if announced}
    return {customer_id: [
        OpenItem(item, pending.get(customer_id, {}).get(item.id, Money.zero(item.open.currency)),
                 parts.get(item.id, ())) for item in own.values()] for customer_id, own in of.items()}
