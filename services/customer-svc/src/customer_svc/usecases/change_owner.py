"""Another member of staff, or nobody, answers for a customer from now on."""

from customer_svc.domain.customer import Customer
from customer_svc.store import archive, customers, staff
from dunlin_events.contracts.customer_relationship import CustomerOwnerChanged
from dunlin_kernel.ids import CustomerId, StaffId
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from dunlin_kit.versions import stale


async def change_owner(tx: Transaction, customer_id: CustomerId, *, seen: int, owner_id: StaffId | None) -> Customer:
    """The entry as it stands now. Refuses: customer_not_found, staff_not_found, etag_mismatch, customer_closed."""
    tenant = await present(tx)
    before = await customers.lock(tx, customer_id)
    if before.version != seen:
        raise stale()
    owner = None if owner_id is None else await staff.get(tx, owner_id)
    after = before.owned_by(owner_id)
    told = CustomerOwnerChanged(customer_id=customer_id, owner_id=owner_id, owner_code=owner.code if owner else None)
    archive.keep_with(tx, before, after, told, at=tenant.now)
    return after
