"""Items that fell overdue and were not told of: found by due date, then read again under their accounts' locks."""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Integer, Uuid, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.overdue import Untold
from billing_svc.store.accounts import AccountKey
from billing_svc.store.document_tables import ItemRow
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction

_t = ItemRow.__table__.c
_fallen = (
    _t.open > literal_column("0"), _t.standing_due_on < bindparam("today", type_=Date),
    _t.overdue_told_version < _t.due_version)
FALLEN = (
    select(_t.id, _t.customer_id, _t.currency).where(*_fallen).order_by(_t.standing_due_on, _t.id)
    .limit(bindparam("most", type_=Integer)))
AGAIN = (
    select(_t.id, _t.invoice_id, _t.customer_id, _t.number, _t.currency, _t.open, _t.standing_due_on, _t.due_version,
           _t.overdue_told_version)
    .where(_t.id == func.any(bindparam("ids", type_=ARRAY(Uuid)))).order_by(_t.standing_due_on, _t.id))


async def fallen(tx: Transaction, today: date, most: int) -> dict[UUID, AccountKey]:
    """Up to `most` items, each with the account that protects it; read before any lock, so it decides nothing."""
    return {row["id"]: (row["customer_id"], row["currency"]) for row in await tx.rows(FALLEN, today=today, most=most)}


async def again(tx: Transaction, ids: Collection[UUID]) -> list[Untold]:
    """The same items as they stand under the locks."""
    return [_untold(row) for row in await tx.rows(AGAIN, ids=list(ids))]


def told(tx: Transaction, items: Collection[Untold]) -> None:
    tx.change(ItemRow, *({"id": item.item_id, "overdue_told_version": item.due_version} for item in items))


def _untold(row: Any) -> Untold:
    return Untold(row["id"], row["invoice_id"], row["customer_id"], row["number"], Money(row["open"], row["currency"]),
                  row["standing_due_on"], row["due_version"], row["overdue_told_version"])
