"""All staff as they stand are told of again, for those who did not hear of them when they were entered."""

from collections import defaultdict

from customer_svc.domain.staff import Absence
from customer_svc.store import facts, staff
from dunlin_kernel.ids import StaffId
from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction

TELL_STAFF = "tell_staff"


async def tell_staff(tx: Transaction, tenant: Tenant) -> None:
    """Whoever hears of it twice keeps the same: what is told is how each one stands."""
    away: dict[StaffId, list[Absence]] = defaultdict(list)
    everybody = await staff.lock_everybody(tx)
    for one in await staff.away_since(tx, tenant.today):
        away[one.staff_id].append(one)
    tx.emit(*(facts.staff_configured(one, away[one.id], tenant.today) for one in everybody))
