"""A place is added at which a customer is reached."""

from customer_svc.domain.address import Address, must_have_room_for_address
from customer_svc.store import addresses, customers, history
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def add_address(tx: Transaction, address: Address) -> Address:
    """Addresses never travel in facts. Refuses: customer_not_found, customer_closed, too_many_addresses, id_taken."""
    tenant = await present(tx)
    await customers.lock_open(tx, address.customer_id)
    must_have_room_for_address(await addresses.of_customer(tx, address.customer_id))
    addresses.add(tx, address)
    history.address_changed(tx, None, address, at=tenant.now)
    return address
