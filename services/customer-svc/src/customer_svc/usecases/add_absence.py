"""A member of staff will be away; the deputy acts on those days."""

from customer_svc.domain.staff import Absence
from customer_svc.store import staff
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def add_absence(tx: Transaction, absence: Absence) -> Absence:
    """Refuses: staff_not_found, id_taken."""
    await present(tx)
    await staff.lock(tx, absence.staff_id)
    staff.add_absence(tx, absence)
    return absence
