"""Place a hold by hand: no new credit for this customer until a person releases it."""

from dataclasses import dataclass
from uuid import UUID

from credit_svc.domain.hold import HoldCause, HoldRule
from credit_svc.store import customers
from credit_svc.store.holds import Hold
from credit_svc.usecases.keep_holds import place_hold
from dunlin_kernel.ids import new_id
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class PlaceCreditHold:
    """`reason` is a code that is told, `note` free text that stays here."""

    customer_id: UUID
    reason: str
    note: str


async def place_credit_hold(tx: Transaction, command: PlaceCreditHold) -> Hold:
    """What was authorised before stays and is captured. Refuses: tenant_not_known_yet, customer_not_known_yet,
    hold_stands."""
    tenant = await present(tx)
    await customers.check_known(tx, command.customer_id)
    hold = Hold(
        new_id(), command.customer_id, HoldCause(HoldRule.MANUAL), command.reason, command.note, tx.actor, tenant.now)
    place_hold(tx, hold)
    return hold
