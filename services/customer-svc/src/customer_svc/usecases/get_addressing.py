"""Whom to write to for a purpose: what a sender asks right before it sends."""

from dataclasses import dataclass

from customer_svc.domain.address import Address, AddressPurpose, address_for
from customer_svc.domain.contact import Channel, Contact, ContactPurpose, addressee
from customer_svc.domain.customer import Customer
from customer_svc.store import addresses, contacts, customers
from dunlin_kernel.ids import CustomerId
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Addressing:
    """The customer, the person to reach (None where nobody may be), where letters go, and the person's time zone."""

    customer: Customer
    contact: Contact | None
    address: Address | None
    zone: str


async def get_addressing(
    tx: Transaction, customer_id: CustomerId, purpose: ContactPurpose, channel: Channel = Channel.EMAIL
) -> Addressing:
    """Refuses: tenant_not_known_yet, customer_not_found."""
    tenant = await present(tx)
    customer = await customers.get(tx, customer_id)
    contact = addressee(await contacts.of_customer(tx, customer_id), purpose, channel)
    place = AddressPurpose.LEGAL_SERVICE if purpose is ContactPurpose.DUNNING else AddressPurpose.BILLING
    address = address_for(await addresses.of_customer(tx, customer_id), place)
    return Addressing(customer, contact, address, (contact.zone if contact else None) or tenant.zone)
