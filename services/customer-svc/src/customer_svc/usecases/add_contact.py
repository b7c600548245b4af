"""A person is added through whom a customer is reached."""

from customer_svc.domain.contact import Contact, must_have_room
from customer_svc.store import archive, contacts, customers
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def add_contact(tx: Transaction, contact: Contact) -> Contact:
    """Refuses: customer_not_found, customer_closed, too_many_contacts, id_taken."""
    tenant = await present(tx)
    await customers.lock_open(tx, contact.customer_id)
    before = await contacts.of_customer(tx, contact.customer_id)
    must_have_room(before)
    contacts.add(tx, contact)
    archive.move_contact(tx, None, contact, before, at=tenant.now)
    return contact
