"""A person is no longer a contact of a customer."""

from customer_svc.store import archive, contacts, customers
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
    archive.move_contact(tx, before, None, await contacts.beside(tx, before), at=tenant.now)
