"""Whom to write to for a purpose: what a sender asks right before it sends."""

from dataclasses import dataclass

from customer_svc.domain.contact import Contact, ContactPurpose, addressee
from customer_svc.domain.customer import Customer
from customer_svc.store import contacts, customers
from dunlin_kernel.ids import CustomerId
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Addressing:
    """The customer, the person to write to (None where nobody may be), and the time zone that is theirs."""

    customer: Customer
    contact: Contact | None
    zone: str


async def get_addressing(tx: Transaction, customer_id: CustomerId, purpose: ContactPurpose) -> Addressing:
    """Refuses: tenant_not_known_yet, customer_not_found."""
    tenant = await present(tx)
    customer = await customers.get(tx, customer_id)
    contact = addressee(await contacts.of_customer(tx, customer_id), purpose)
    return Addressing(customer, contact, (contact.zone if contact else None) or tenant.zone)
