"""Groups as rows: read, locked, added, changed, listed."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Text, Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from customer_svc.domain.group import CustomerGroup
from customer_svc.store.relationship_tables import CustomerGroupRow
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import GroupId
from dunlin_kit.transaction import Transaction

_COLUMNS = (
    col(CustomerGroupRow.id), col(CustomerGroupRow.number), col(CustomerGroupRow.name), col(CustomerGroupRow.currency),
    col(CustomerGroupRow.set_off), col(CustomerGroupRow.version),
)
_ONE: Any = select(*_COLUMNS).where(col(CustomerGroupRow.id) == bindparam("id"))
_LOCK: Any = _ONE.with_for_update(key_share=True)
_SOME: Any = select(*_COLUMNS).where(col(CustomerGroupRow.id) == bindparam("ids", type_=ARRAY(Uuid)).any_())
_PAGE: Any = (
    select(*_COLUMNS).where(col(CustomerGroupRow.number) > bindparam("after", type_=Text))
    .order_by(col(CustomerGroupRow.number)).limit(bindparam("wanted", type_=Integer)))


async def get(tx: Transaction, group_id: GroupId) -> CustomerGroup:
    """Refuses: group_not_found."""
    return _found(await tx.row(_ONE, id=group_id))


async def lock(tx: Transaction, group_id: GroupId) -> CustomerGroup:
    """The group, locked until the end of the transaction. Refuses: group_not_found."""
    return _found(await tx.row(_LOCK, id=group_id))


async def some(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, CustomerGroup]:
    """These groups by id."""
    return {row["id"]: _group_of(row) for row in await tx.rows(_SOME, ids=list(ids))} if ids else {}


async def page(tx: Transaction, after: tuple[Any, ...] | None, limit: int) -> list[CustomerGroup]:
    """Up to `limit` + 1 groups by number."""
    rows = await tx.rows(_PAGE, after=after[0] if after else "", wanted=limit + 1)
    return [_group_of(row) for row in rows]


def add(tx: Transaction, group: CustomerGroup) -> None:
    tx.insert(CustomerGroupRow, _held(group))


def move(tx: Transaction, group: CustomerGroup) -> None:
    """Keep the group as it stands now."""
    tx.change(CustomerGroupRow, _held(group))


def _held(group: CustomerGroup) -> dict[str, Any]:
    return {"id": group.id, "number": group.number, "name": group.name, "currency": group.currency,
            "set_off": group.set_off, "version": group.version}


def _found(row: Any) -> CustomerGroup:
    if row is None:
        raise NotFound("group_not_found", "There is no such group.")
    return _group_of(row)


def _group_of(row: Any) -> CustomerGroup:
    return CustomerGroup(**dict(row.items()))
