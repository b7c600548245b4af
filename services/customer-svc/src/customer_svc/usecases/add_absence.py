"""A member of staff will be away; the deputy acts on those days."""

from customer_svc.domain.staff import Absence
from customer_svc.store import facts, staff
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def add_absence(tx: Transaction, absence: Absence) -> Absence:
    """Refuses: staff_not_found, id_taken."""
    tenant = await present(tx)
    away = await staff.lock(tx, absence.staff_id)
    others = await staff.absences_of(tx, away.id)
    staff.add_absence(tx, absence)
    tx.emit(facts.staff_configured(away, [*others, absence], tenant.today))
    return absence
