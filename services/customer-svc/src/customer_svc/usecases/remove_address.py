"""A customer is no longer reached at a place."""

from customer_svc.store import addresses, customers, history
from dunlin_kernel.ids import AddressId, CustomerId
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from dunlin_kit.versions import stale


async def remove_address(tx: Transaction, customer_id: CustomerId, address_id: AddressId, *, seen: int) -> None:
    """`seen` is the version that the client has read.

    Refuses: customer_not_found, address_not_found, etag_mismatch, customer_closed.
    """
    tenant = await present(tx)
    await customers.lock_open(tx, customer_id)
    before = await addresses.get(tx, customer_id, address_id)
    if before.version != seen:
        raise stale()
    await addresses.remove(tx, address_id)
    history.address_changed(tx, before, None, at=tenant.now)
