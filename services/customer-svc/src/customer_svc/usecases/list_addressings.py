"""Whom to write to of many customers for a purpose: what a sender asks before it writes to them all."""

from collections.abc import Sequence
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


async def list_addressings(
    tx: Transaction, customer_ids: Sequence[CustomerId], purpose: ContactPurpose, channel: Channel = Channel.EMAIL
) -> list[Addressing]:
    """Of those of these customers that are there. Refuses: tenant_not_known_yet."""
    found = await customers.some(tx, customer_ids)
    return await addressings_of(tx, list(found.values()), purpose, channel)


async def addressings_of(
    tx: Transaction, found: Sequence[Customer], purpose: ContactPurpose, channel: Channel
) -> list[Addressing]:
    """One for each of these customers, in this order. Refuses: tenant_not_known_yet."""
    tenant, ids = await present(tx), [customer.id for customer in found]
    place = AddressPurpose.LEGAL_SERVICE if purpose is ContactPurpose.DUNNING else AddressPurpose.BILLING
    people, places = await contacts.of_customers(tx, ids), await addresses.of_customers(tx, ids)

    def addressing(customer: Customer) -> Addressing:
        contact = addressee(people[customer.id], purpose, channel)
        zone = (contact.zone if contact else None) or tenant.zone
        return Addressing(customer, contact, address_for(places[customer.id], place), zone)

    return [addressing(customer) for customer in found]
