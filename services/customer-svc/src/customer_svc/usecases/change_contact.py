"""How a person is reached, or for what, changes."""

from customer_svc.domain.contact import Contact, ContactChange
from customer_svc.store import archive, contacts, customers
from dunlin_kernel.ids import ContactId, CustomerId
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from dunlin_kit.versions import stale


async def change_contact(
    tx: Transaction, customer_id: CustomerId, contact_id: ContactId, *, seen: int, change: ContactChange
) -> Contact:
    """The contact as it stands now; `seen` is its version that the client has read.

    Refuses: customer_not_found, contact_not_found, etag_mismatch, customer_closed, bad_contact_name, bad_role,
    bad_email, bad_phone, unknown_zone.
    """
    tenant = await present(tx)
    await customers.lock_open(tx, customer_id)
    before = await contacts.get(tx, customer_id, contact_id)
    if before.version != seen:
        raise stale()
    after = before.changed(change)
    if after is not before:
        others = await contacts.beside(tx, before)
        contacts.move(tx, after)
        archive.move_contact(tx, before, after, others, at=tenant.now)
    return after
