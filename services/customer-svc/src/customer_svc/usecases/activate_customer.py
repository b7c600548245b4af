"""A customer may be sold to: a prospect for the first time, a suspended one again."""

from customer_svc.domain.customer import Customer, CustomerStatus
from customer_svc.store import archive, customers
from dunlin_events.contracts.customer import CustomerActivated
from dunlin_kernel.ids import CustomerId
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def activate_customer(tx: Transaction, customer_id: CustomerId) -> Customer:
    """The entry as it stands now. Refuses: customer_not_found, illegal_transition."""
    tenant = await present(tx)
    before = await customers.lock(tx, customer_id)
    after = before.becoming(CustomerStatus.ACTIVE)
    archive.keep(tx, before, after, CustomerActivated, at=tenant.now)
    return after
