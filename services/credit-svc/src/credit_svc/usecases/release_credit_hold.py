"""Release a hold by hand; a rule's own hold comes back after the day until which it is waived, if its cause stands."""

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from credit_svc.domain.hold import HoldRule
from credit_svc.store import holds
from credit_svc.store.holds import Hold, HoldEnd
from dunlin_events.contracts.credit_holds import CreditHoldReleased, HoldReleaseCause, HoldRuleTold
from dunlin_kernel.errors import Conflict, RuleBroken
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class ReleaseCreditHold:
    """`waived_until` None: a rule is kept still for today."""

    hold_id: UUID
    reason: str
    waived_until: date | None


async def release_credit_hold(tx: Transaction, command: ReleaseCreditHold) -> Hold:
    """Refuses: tenant_not_known_yet, hold_not_found, hold_released, waiver_in_past."""
    tenant = await present(tx)
    hold = await holds.get(tx, command.hold_id, to_change=True)
    if hold.released_at is not None:
        raise Conflict("hold_released", "This hold has been released.")
    until = None if hold.rule is HoldRule.MANUAL else command.waived_until or tenant.today
    if until is not None and until < tenant.today:
        raise RuleBroken("waiver_in_past", "A rule is waived until today or a later day.")
    holds.end(tx, hold.id, HoldEnd(tx.actor, tenant.now, command.reason, until))
    tx.emit(CreditHoldReleased(
        customer_id=hold.customer_id, hold_id=hold.id, rule=HoldRuleTold(hold.rule.value),
        cause=HoldReleaseCause.BY_HAND, waived_until=until))
    return replace(
        hold, released_by=tx.actor, released_at=tenant.now, release_reason=command.reason, waived_until=until)
