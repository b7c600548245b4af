"""Many customers at once are given to a member of staff, or to nobody: those of a class, or of one who has left."""

from collections.abc import Sequence
from dataclasses import dataclass

from customer_svc.domain.customer import Customer
from customer_svc.store import archive, customers, staff
from dunlin_events.contracts.customer_relationship import CustomerOwnerChanged
from dunlin_kernel.errors import Conflict
from dunlin_kernel.ids import CustomerId, StaffId
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Assigned:
    """What came of each customer: given, answered for by that member of staff before, closed, or not there."""

    given: tuple[CustomerId, ...]
    unchanged: tuple[CustomerId, ...]
    closed: tuple[CustomerId, ...]
    unknown: tuple[CustomerId, ...]


async def assign_customers(tx: Transaction, ids: Sequence[CustomerId], owner_id: StaffId | None) -> Assigned:
    """Whatever version each has; closed ones stay. Refuses: tenant_not_known_yet, staff_not_found."""
    tenant = await present(tx)
    held = await customers.lock_some(tx, ids)
    owner = None if owner_id is None else await staff.get(tx, owner_id)
    given: list[CustomerId] = []
    unchanged: list[CustomerId] = []
    closed: list[CustomerId] = []
    for before in held.values():
        after = _owned(before, owner_id)
        if after is None:
            closed.append(before.id)
            continue
        (unchanged if after is before else given).append(before.id)
        told = CustomerOwnerChanged(customer_id=before.id, owner_id=owner_id, owner_code=owner.code if owner else None)
        archive.keep_with(tx, before, after, told, at=tenant.now)
    return Assigned(tuple(given), tuple(unchanged), tuple(closed), tuple(one for one in ids if one not in held))


def _owned(customer: Customer, owner_id: StaffId | None) -> Customer | None:
    """None where it is closed."""
    try:
        return customer.owned_by(owner_id)
    except Conflict:
        return None
