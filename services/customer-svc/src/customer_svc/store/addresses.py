"""Addresses as rows: read, added, changed, removed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Uuid, bindparam, delete, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from customer_svc.domain.address import Address, AddressPurpose
from customer_svc.store.relationship_tables import AddressRow
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import AddressId, CustomerId
from dunlin_kit.transaction import Transaction

_COLUMNS = (
    col(AddressRow.id), col(AddressRow.customer_id), col(AddressRow.purposes), col(AddressRow.recipient),
    col(AddressRow.street), col(AddressRow.city), col(AddressRow.postal_code), col(AddressRow.region),
    col(AddressRow.country), col(AddressRow.version),
)
_ALL: Any = (
    select(*_COLUMNS).where(col(AddressRow.customer_id) == bindparam("customer_id")).order_by(col(AddressRow.id)))
_OF_SOME: Any = (
    select(*_COLUMNS).where(col(AddressRow.customer_id) == bindparam("customer_ids", type_=ARRAY(Uuid)).any_())
    .order_by(col(AddressRow.id)))
_ONE: Any = select(*_COLUMNS).where(
    col(AddressRow.id) == bindparam("id"), col(AddressRow.customer_id) == bindparam("customer_id"))
_REMOVE: Any = delete(AddressRow).where(col(AddressRow.id) == bindparam("id"))


async def of_customer(tx: Transaction, customer_id: CustomerId) -> list[Address]:
    """All addresses of a customer, the first made first."""
    return [_address_of(row) for row in await tx.rows(_ALL, customer_id=customer_id)]


async def of_customers(tx: Transaction, ids: Sequence[CustomerId]) -> dict[CustomerId, list[Address]]:
    """All addresses of each of these customers, the first made first."""
    found: dict[CustomerId, list[Address]] = {one: [] for one in ids}
    for row in await tx.rows(_OF_SOME, customer_ids=list(ids)):
        found[row["customer_id"]].append(_address_of(row))
    return found


async def get(tx: Transaction, customer_id: CustomerId, address_id: AddressId) -> Address:
    """Refuses: address_not_found."""
    row = await tx.row(_ONE, id=address_id, customer_id=customer_id)
    if row is None:
        raise NotFound("address_not_found", "This customer has no such address.")
    return _address_of(row)


def add(tx: Transaction, address: Address) -> None:
    tx.insert(AddressRow, {"id": address.id, "customer_id": address.customer_id, **held(address),
                           "version": address.version})


def move(tx: Transaction, address: Address) -> None:
    """Keep the address as it stands now."""
    tx.change(AddressRow, {"id": address.id, **held(address), "version": address.version})


async def remove(tx: Transaction, address_id: AddressId) -> None:
    await tx.row(_REMOVE, id=address_id)


def held(address: Address) -> dict[str, Any]:
    """The fields that a person gives, as they are stored."""
    return {
        "purposes": [purpose.value for purpose in address.purposes], "recipient": address.recipient,
        "street": address.street, "city": address.city, "postal_code": address.postal_code, "region": address.region,
        "country": address.country}


def _address_of(row: Any) -> Address:
    return Address(**{**dict(row.items()), "purposes": tuple(AddressPurpose(one) for one in row["purposes"])})
