"""A person is no longer a contact of a customer."""

from customer_svc.store import archive, contacts, customers, history
from dunlin_kernel.ids import ContactId, CustomerId
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from dunlin_kit.versions import stale


async def remove_contact(tx: Transaction, customer_id: CustomerId, contact_id: ContactId, *, seen: int) -> None:
    """`seen` is the version that the client has read.

    Refuses: customer_not_found, contact_not_found, etag_mismatch, customer_closed.
    """
    tenant = await present(tx)
    await customers.lock_open(tx, customer_id)
    before = await contacts.get(tx, customer_id, contact_id)
    if before.version != seen:
        raise stale()
    await contacts.remove(tx, contact_id)
    history.contact_changed(tx, before, None, at=tenant.now)
    archive.tell_contacts(tx, customer_id, await contacts.of_customer(tx, customer_id))
