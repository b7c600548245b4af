"""Set a reference rate from a day on; the rate of a day is the latest that was set for it or before."""

from billing_svc.domain.interest_policy import RateStep
from billing_svc.store import audit, interest
from dunlin_kernel.ids import new_id
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


async def set_reference_rate(tx: Transaction, reference: str, step: RateStep) -> RateStep:
    """Each day has one rate, set once. Refuses: reference_rate_exists, tenant_not_known_yet."""
    tenant = await present(tx)
    interest.add_reference(tx, reference, step, recorded_at=tenant.now)
    audit.add(tx, "reference_rate_set", new_id(), customer_id=None, recorded_at=tenant.now,
              after={"reference": reference, "from": str(step.effective_from), "rate": f"{step.rate:f}"})
    return step
