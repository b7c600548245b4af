"""Contacts as rows: read, added, changed, removed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Uuid, bindparam, delete, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from customer_svc.domain.contact import Channel, Consent, Contact, ContactPurpose, Language
from customer_svc.store.tables import ContactRow
from dunlin_kernel.errors import NotFound
from dunlin_kernel.ids import ContactId, CustomerId
from dunlin_kit.transaction import Transaction

_COLUMNS = (
    col(ContactRow.id), col(ContactRow.customer_id), col(ContactRow.name), col(ContactRow.language),
    col(ContactRow.email), col(ContactRow.phone), col(ContactRow.role), col(ContactRow.purposes),
    col(ContactRow.consents), col(ContactRow.opted_out), col(ContactRow.zone), col(ContactRow.version),
)
_ALL: Any = (
    select(*_COLUMNS).where(col(ContactRow.customer_id) == bindparam("customer_id")).order_by(col(ContactRow.id)))
_OF_SOME: Any = (
    select(*_COLUMNS).where(col(ContactRow.customer_id) == bindparam("customer_ids", type_=ARRAY(Uuid)).any_())
    .order_by(col(ContactRow.id)))
_ONE: Any = select(*_COLUMNS).where(
    col(ContactRow.id) == bindparam("id"), col(ContactRow.customer_id) == bindparam("customer_id"))
_REMOVE: Any = delete(ContactRow).where(col(ContactRow.id) == bindparam("id"))


async def of_customer(tx: Transaction, customer_id: CustomerId) -> list[Contact]:
    """All contacts of a customer, the first made first."""
    return [_contact_of(row) for row in await tx.rows(_ALL, customer_id=customer_id)]


async def of_customers(tx: Transaction, ids: Sequence[CustomerId]) -> dict[CustomerId, list[Contact]]:
    """All contacts of each of these customers, the first made first."""
    found: dict[CustomerId, list[Contact]] = {one: [] for one in ids}
    for row in await tx.rows(_OF_SOME, customer_ids=list(ids)):
        found[row["customer_id"]].append(_contact_of(row))
    return found


async def beside(tx: Transaction, contact: Contact) -> list[Contact]:
    """The other contacts of its customer."""
    return [other for other in await of_customer(tx, contact.customer_id) if other.id != contact.id]


async def get(tx: Transaction, customer_id: CustomerId, contact_id: ContactId) -> Contact:
    """Refuses: contact_not_found."""
    row = await tx.row(_ONE, id=contact_id, customer_id=customer_id)
    if row is None:
        raise NotFound("contact_not_found", "This customer has no such contact.")
    return _contact_of(row)


def add(tx: Transaction, contact: Contact) -> None:
    tx.insert(ContactRow, {"id": contact.id, "customer_id": contact.customer_id, **held(contact),
                           "version": contact.version})


def move(tx: Transaction, contact: Contact) -> None:
    """Keep the contact as it stands now."""
    tx.change(ContactRow, {"id": contact.id, **held(contact), "version": contact.version})


async def remove(tx: Transaction, contact_id: ContactId) -> None:
    await tx.row(_REMOVE, id=contact_id)


def held(contact: Contact) -> dict[str, Any]:
    """The fields that a person gives, as they are stored."""
    return {
        "name": contact.name, "language": contact.language.value, "email": contact.email, "phone": contact.phone,
        "role": contact.role, "purposes": [purpose.value for purpose in contact.purposes],
        "consents": [f"{consent.purpose.value}:{consent.channel.value}" for consent in contact.consents],
        "zone": contact.zone, "opted_out": [channel.value for channel in contact.opted_out],
    }


def _contact_of(row: Any) -> Contact:
    return Contact(
        id=ContactId(row["id"]), customer_id=CustomerId(row["customer_id"]), name=row["name"],
        language=Language(row["language"]), email=row["email"], phone=row["phone"], role=row["role"],
        purposes=tuple(ContactPurpose(purpose) for purpose in row["purposes"]),
        consents=tuple(_consent_of(consent) for consent in row["consents"]), zone=row["zone"],
        opted_out=tuple(Channel(channel) for channel in row["opted_out"]), version=row["version"])


def _consent_of(text: str) -> Consent:
    purpose, _, channel = text.partition(":")
    return Consent(ContactPurpose(purpose), Channel(channel))
