"""Who answers for a customer, and who acts today: what a sender asks right before it writes to them."""

from dataclasses import dataclass
from datetime import date

from customer_svc.domain.customer import Customer
from customer_svc.domain.staff import Staff, acting_for
from customer_svc.store import customers, staff
from dunlin_kernel.ids import CustomerId
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Ownership:
    """The customer, its owner (None where nobody answers for it), and who acts on this day (None when all are away)."""

    customer: Customer
    owner: Staff | None
    acting: Staff | None
    on: date


async def get_owner(tx: Transaction, customer_id: CustomerId) -> Ownership:
    """Refuses: tenant_not_known_yet, customer_not_found."""
    tenant = await present(tx)
    customer = await customers.get(tx, customer_id)
    everybody = await staff.everybody(tx)
    acting = acting_for(customer.owner_id, everybody, await staff.away_on(tx, tenant.today), tenant.today)
    owner = None if customer.owner_id is None else everybody[customer.owner_id]
    return Ownership(customer, owner, acting, tenant.today)
