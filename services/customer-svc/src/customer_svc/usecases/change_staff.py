"""How a member of staff is reached, who stands in, or whether it is still there, changes."""

from customer_svc.domain.staff import Staff, StaffChange
from customer_svc.store import facts, staff
from dunlin_kernel.ids import StaffId
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from dunlin_kit.versions import stale


async def change_staff(tx: Transaction, staff_id: StaffId, *, seen: int, change: StaffChange) -> Staff:
    """The member of staff as it stands now.

    Refuses: staff_not_found (also the deputy), etag_mismatch, bad_contact_name, bad_email, bad_phone, own_deputy.
    """
    tenant = await present(tx)
    before = await staff.lock(tx, staff_id)
    if before.version != seen:
        raise stale()
    after = before.changed(change)
    if after.deputy_id is not None and after.deputy_id != before.deputy_id:
        await staff.get(tx, after.deputy_id)
    if after is not before:
        staff.move(tx, after)
        tx.emit(facts.staff_configured(after, await staff.absences_of(tx, staff_id), tenant.today))
    return after
