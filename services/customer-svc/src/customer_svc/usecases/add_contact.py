"""A person is added through whom a customer is reached."""

from customer_svc.domain.contact import Contact, must_have_room
from customer_svc.store import archive, contacts, customers, history
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def add_contact(tx: Transaction, contact: Contact) -> Contact:
    """Refuses: customer_not_found, customer_closed, too_many_contacts, id_taken."""
    tenant = await present(tx)
    await customers.lock_open(tx, contact.customer_id)
    before = await contacts.of_customer(tx, contact.customer_id)
    must_have_room(before)
    contacts.add(tx, contact)
    history.contact_changed(tx, None, contact, at=tenant.now)
    archive.tell_contacts(tx, contact.customer_id, [*before, contact])
    return contact
