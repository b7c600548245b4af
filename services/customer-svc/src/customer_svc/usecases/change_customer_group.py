"""A customer joins a group, leaves its group, or goes from one to another: it is never in two."""

from customer_svc.domain.customer import Customer
from customer_svc.store import archive, customers, groups
from dunlin_events.contracts.customer_groups import CustomerGroupChanged
from dunlin_kernel.ids import CustomerId, GroupId
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from dunlin_kit.versions import stale


async def change_customer_group(
    tx: Transaction, customer_id: CustomerId, *, seen: int, group_id: GroupId | None
) -> Customer:
    """The entry as it stands now; None takes it out of its group.

    Refuses: customer_not_found, group_not_found, etag_mismatch, customer_closed.
    """
    tenant = await present(tx)
    before = await customers.lock(tx, customer_id)
    if before.version != seen:
        raise stale()
    group = None if group_id is None else await groups.get(tx, group_id)
    after = before.member_of(group_id)
    told = CustomerGroupChanged(
        customer_id=customer_id, group_id=group_id, group_number=group.number if group else None)
    archive.keep_with(tx, before, after, told, at=tenant.now)
    return after
