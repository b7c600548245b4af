"""The history of an entry: who changed which field when, from what to what. Rows are only ever added."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Integer, bindparam, select
from sqlmodel import col

from customer_svc.domain.contact import Contact
from customer_svc.domain.customer import Customer, FieldChange, field_changes
from customer_svc.store.contacts import held
from customer_svc.store.tables import CustomerChangeRow
from dunlin_kernel.ids import ContactId, CustomerId
from dunlin_kit.transaction import Transaction

NEWEST = 2**63 - 1
_PAGE: Any = (
    select(col(CustomerChangeRow.id), col(CustomerChangeRow.contact_id), col(CustomerChangeRow.field),
           col(CustomerChangeRow.before), col(CustomerChangeRow.after), col(CustomerChangeRow.actor),
           col(CustomerChangeRow.changed_at))
    .where(col(CustomerChangeRow.customer_id) == bindparam("customer_id"),
           col(CustomerChangeRow.id) < bindparam("before_id", type_=BigInteger))
    .order_by(col(CustomerChangeRow.id).desc()).limit(bindparam("wanted", type_=Integer)))


@dataclass(frozen=True, slots=True)
class RecordedChange:
    """A line of the history; `before` and `after` as text, None where there was nothing."""

    id: int
    contact_id: UUID | None
    field: str
    before: str | None
    after: str | None
    actor: str
    changed_at: datetime


async def page(
    tx: Transaction, customer_id: CustomerId, after: tuple[Any, ...] | None, limit: int
) -> list[RecordedChange]:
    """Up to `limit` + 1 lines, the newest first."""
    rows = await tx.rows(_PAGE, customer_id=customer_id, before_id=after[0] if after else NEWEST, wanted=limit + 1)
    return [RecordedChange(**dict(row.items())) for row in rows]


def registered(tx: Transaction, customers: Iterable[Customer], *, at: datetime) -> None:
    """The first line of each entry: its first status."""
    for customer in customers:
        _add(tx, customer.id, None, [FieldChange("status", None, customer.status.value)], at)


def changed(tx: Transaction, before: Customer, after: Customer, *, at: datetime) -> None:
    _add(tx, after.id, None, field_changes(before, after), at)


def contact_changed(tx: Transaction, before: Contact | None, after: Contact | None, *, at: datetime) -> None:
    """Every field of a contact that differs; `before` is None for one added, `after` for one removed."""
    contact = after or before
    assert contact is not None
    old, new = (held(one) if one else {} for one in (before, after))
    fields = [FieldChange(name, _text(old.get(name)), _text(new.get(name))) for name in held(contact)]
    _add(tx, contact.customer_id, contact.id, [field for field in fields if field.before != field.after], at)


def _add(
    tx: Transaction, customer_id: CustomerId, contact_id: ContactId | None, changes: Iterable[FieldChange], at: datetime
) -> None:
    for change in changes:
        tx.insert(CustomerChangeRow, {
            "customer_id": customer_id, "contact_id": contact_id, "field": change.field,
            "before": _text(change.before), "after": _text(change.after), "actor": tx.actor, "changed_at": at})


def _text(value: str | int | bool | list[str] | None) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(value) or None
    return None if value is None else str(value)
