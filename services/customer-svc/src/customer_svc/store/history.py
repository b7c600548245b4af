"""The history of an entry: who changed which field when, from what to what. Rows are only ever added."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Integer, bindparam, select
from sqlmodel import col

from customer_svc.domain.address import Address
from customer_svc.domain.classification import ClassChange
from customer_svc.domain.contact import Contact
from customer_svc.domain.customer import Customer, FieldChange, field_changes
from customer_svc.store import addresses, contacts
from customer_svc.store.tables import CustomerChangeRow
from dunlin_kernel.ids import AddressId, ContactId, CustomerId
from dunlin_kit.transaction import Transaction

NEWEST = 2**63 - 1
_PAGE: Any = (
    select(col(CustomerChangeRow.id), col(CustomerChangeRow.contact_id), col(CustomerChangeRow.address_id),
           col(CustomerChangeRow.field),
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
    address_id: UUID | None
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
        _add(tx, Of(customer.id), [FieldChange("status", None, customer.status.value)], at)


def changed(tx: Transaction, before: Customer, after: Customer, *, at: datetime) -> None:
    _add(tx, Of(after.id), field_changes(before, after), at)


def contact_changed(tx: Transaction, before: Contact | None, after: Contact | None, *, at: datetime) -> None:
    """Every field of a contact that differs; `before` is None for one added, `after` for one removed."""
    contact = after or before
    assert contact is not None
    old, new = (contacts.held(one) if one else {} for one in (before, after))
    _add(tx, Of(contact.customer_id, contact_id=contact.id), _differing(old, new), at)


def address_changed(tx: Transaction, before: Address | None, after: Address | None, *, at: datetime) -> None:
    """Every field of an address that differs; `before` is None for one added, `after` for one removed."""
    address = after or before
    assert address is not None
    old, new = (addresses.held(one) if one else {} for one in (before, after))
    _add(tx, Of(address.customer_id, address_id=address.id), _differing(old, new), at)


def class_changed(tx: Transaction, change: ClassChange, *, at: datetime) -> None:
    """One line with both classes, as field `class.<dimension>`."""
    before, after = (held.value if held else None for held in (change.before, change.after))
    _add(tx, Of(change.customer_id), [FieldChange(f"class.{change.dimension.value}", before, after)], at)


class Of(NamedTuple):
    """What a line is about: the entry itself, or a contact or address of it."""

    customer_id: CustomerId
    contact_id: ContactId | None = None
    address_id: AddressId | None = None


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[FieldChange]:
    fields = [FieldChange(name, _text(old.get(name)), _text(new.get(name))) for name in new or old]
    return [field for field in fields if field.before != field.after]


def _add(tx: Transaction, of: Of, changes: Iterable[FieldChange], at: datetime) -> None:
    for change in changes:
        tx.insert(CustomerChangeRow, {
            **of._asdict(), "field": change.field,
            "before": _text(change.before), "after": _text(change.after), "actor": tx.actor, "changed_at": at})


def _text(value: str | int | bool | list[str] | None) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(value) or None
    return None if value is None else str(value)
