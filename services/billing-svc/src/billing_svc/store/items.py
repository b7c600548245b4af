"""Items: what is owed. Read only after the lock of the account they belong to."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, Uuid, and_, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY

from billing_svc.domain.item import Item, ItemKind
from billing_svc.domain.ledger import Origin
from billing_svc.store.discounts import offer_kept, offer_text
from billing_svc.store.document_tables import ItemRow
from dunlin_kernel.money import Money
from dunlin_kit.tenants import Joined
from dunlin_kit.transaction import Transaction

_t = ItemRow.__table__.c
_ids = bindparam("ids", type_=ARRAY(Uuid))


_COLUMNS = (
    _t.id, _t.invoice_id, _t.number, _t.customer_id, _t.currency, _t.amount, _t.open, _t.disputed, _t.effective_on,
    _t.raised_on, _t.due_on, _t.due_version, _t.kind, _t.claim_item_id, _t.instalment, _t.instalments,
    _t.standing_due_on, _t.arrangement_id, _t.written_off, _t.discount)


def _items() -> Select[Any]:
    return select(*_COLUMNS)


_named = _t.id == func.any(_ids)
_owed = and_(_t.customer_id == func.any(_ids), _t.open > literal_column("0"))
BY_ID = _items().where(_named)
OPEN_OF = _items().where(_owed)
NAMED_TOO, OPEN_TOO = Joined(_COLUMNS, _named), Joined(_COLUMNS, _owed)
"""Read in one trip with the tenant."""
OF_INVOICES = _items().where(
    _t.invoice_id == func.any(_ids), _t.kind == literal_column(f"'{ItemKind.INVOICE.value}'"),
).order_by(_t.due_on, _t.instalment)


CHARGES_ON = _items().where(
    _t.claim_item_id == func.any(_ids), _t.kind == bindparam("kind", type_=Text)).order_by(_t.id)


async def by_id(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, Item]:
    return _by_id(await tx.rows(BY_ID, ids=list(ids))) if ids else {}


async def open_of(tx: Transaction, customer_ids: Collection[UUID]) -> dict[UUID, Item]:
    """All open items of these customers, in any currency."""
    return _by_id(await tx.rows(OPEN_OF, ids=list(customer_ids))) if customer_ids else {}


async def of_invoices(tx: Transaction, invoice_ids: Collection[UUID]) -> list[Item]:
    """What these invoices themselves ask for, without interest and fees on it, by due date."""
    return [_item(row) for row in await tx.rows(OF_INVOICES, ids=list(invoice_ids))]


async def charges_on(
    tx: Transaction, claim_item_ids: Collection[UUID], kind: ItemKind,
) -> dict[UUID, list[Item]]:
    """What was charged of a kind on each of these items."""
    found: dict[UUID, list[Item]] = {}
    for row in await tx.rows(CHARGES_ON, ids=list(claim_item_ids), kind=kind.value):
        found.setdefault(row["claim_item_id"], []).append(_item(row))
    return found


def add(tx: Transaction, item: Item, *, origin: Origin, told_version: int, recorded_at: datetime) -> None:
    """`told_version` is the version of its due date that is not to be told of as overdue, 0 for none."""
    tx.insert(ItemRow, {
        "id": item.id, "customer_id": item.customer_id, "invoice_id": item.invoice_id, "kind": item.kind.value,
        "number": item.number, "claim_item_id": item.claim_item_id, "instalment": item.instalment,
        "instalments": item.instalments,
        "currency": item.amount.currency, "amount": item.amount.minor, "open": item.open.minor,
        "disputed": item.disputed.minor, "effective_on": item.effective_on, "raised_on": item.raised_on,
        "due_on": item.due_on, "standing_due_on": item.stands_due_on, "arrangement_id": item.arrangement_id,
        "written_off": item.lost.minor, "due_version": item.due_version, "overdue_told_version": told_version,
        "discount": offer_text(item.offer),
        "origin": origin.value, "recorded_at": recorded_at})


def move(tx: Transaction, *items: Item) -> None:
    tx.change(ItemRow, *({"id": item.id, "open": item.open.minor, "disputed": item.disputed.minor,
                          "raised_on": item.raised_on, "written_off": item.lost.minor} for item in items))


def of_rows(rows: Collection[Any]) -> dict[UUID, Item]:
    """Items that were read with the tenant."""
    return _by_id([row for row in rows if row["id"] is not None])


def _by_id(rows: Collection[Any]) -> dict[UUID, Item]:
    return {row["id"]: _item(row) for row in rows}


def _item(row: Mapping[str, Any]) -> Item:
    currency = row["currency"]
    return Item(
        row["id"], row["invoice_id"], row["number"], row["customer_id"], Money(row["amount"], currency),
        Money(row["open"], currency), Money(row["disputed"], currency), row["effective_on"], row["raised_on"],
        row["due_on"], row["due_version"], ItemKind(row["kind"]), row["claim_item_id"], row["instalment"],
        row["instalments"], row["standing_due_on"], row["arrangement_id"],
        Money(row["written_off"], currency), offer_kept(row["discount"]))
