"""A member of staff is entered, to answer for customers and to stand in for others."""

from customer_svc.domain.staff import Staff
from customer_svc.store import facts
from customer_svc.store import staff as staff_rows
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def add_staff(tx: Transaction, staff: Staff) -> Staff:
    """Refuses: tenant_not_known_yet, id_taken, staff_code_taken, staff_not_found (the deputy)."""
    tenant = await present(tx)
    if staff.deputy_id is not None:
        await staff_rows.get(tx, staff.deputy_id)
    staff_rows.add(tx, staff)
    tx.emit(facts.staff_configured(staff, (), tenant.today))
    return staff
