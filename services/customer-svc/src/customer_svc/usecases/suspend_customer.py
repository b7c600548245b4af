"""A customer may not be sold to until activated again; what is owed stays owed."""

from customer_svc.domain.customer import Customer, CustomerStatus
from customer_svc.store import archive, customers
from dunlin_events.contracts.customer import CustomerSuspended
from dunlin_kernel.ids import CustomerId
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def suspend_customer(tx: Transaction, customer_id: CustomerId) -> Customer:
    """The entry as it stands now. Refuses: customer_not_found, illegal_transition."""
    tenant = await present(tx)
    before = await customers.lock(tx, customer_id)
    after = before.becoming(CustomerStatus.SUSPENDED)
    archive.keep(tx, before, after, CustomerSuspended, at=tenant.now)
    return after
