"""A place at which a customer is reached changes."""

from customer_svc.domain.address import Address, AddressChange
from customer_svc.store import addresses, customers, history
from dunlin_kernel.ids import AddressId, CustomerId
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from dunlin_kit.versions import stale


async def change_address(
    tx: Transaction, customer_id: CustomerId, address_id: AddressId, *, seen: int, change: AddressChange
) -> Address:
    """The address as it stands now; `seen` is its version that the client has read.

    Refuses: customer_not_found, address_not_found, etag_mismatch, customer_closed, bad_address.
    """
    tenant = await present(tx)
    await customers.lock_open(tx, customer_id)
    before = await addresses.get(tx, customer_id, address_id)
    if before.version != seen:
        raise stale()
    after = before.changed(change)
    if after is not before:
        addresses.move(tx, after)
        history.address_changed(tx, before, after, at=tenant.now)
    return after
