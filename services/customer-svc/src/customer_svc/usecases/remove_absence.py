"""An absence is taken back."""

from uuid import UUID

from customer_svc.store import facts, staff
from dunlin_kernel.ids import StaffId
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def remove_absence(tx: Transaction, staff_id: StaffId, absence_id: UUID) -> None:
    """Refuses: staff_not_found, absence_not_found."""
    tenant = await present(tx)
    there = await staff.lock(tx, staff_id)
    await staff.remove_absence(tx, staff_id, absence_id)
    tx.emit(facts.staff_configured(there, await staff.absences_of(tx, staff_id), tenant.today))
