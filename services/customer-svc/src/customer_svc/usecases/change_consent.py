"""A person decides to be reached or not, for a purpose or for all, on a channel; it holds at once."""

from customer_svc.domain.contact import ConsentDecision, Contact
from customer_svc.store import archive, contacts, customers
from dunlin_kernel.ids import ContactId, CustomerId
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def change_consent(
    tx: Transaction, customer_id: CustomerId, contact_id: ContactId, decision: ConsentDecision
) -> Contact:
    """The contact as it stands now, also of a closed customer. Refuses: customer_not_found, contact_not_found."""
    tenant = await present(tx)
    await customers.lock(tx, customer_id)
    before = await contacts.get(tx, customer_id, contact_id)
    after = before.decided(decision)
    if after is not before:
        contacts.move(tx, after)
        archive.move_contact(tx, before, after, await contacts.beside(tx, before), at=tenant.now)
    return after
