"""Place and release holds as the rules say of a position; and tell of it."""

from credit_svc.domain.hold import HoldCause
from credit_svc.domain.position import CreditPosition
from credit_svc.store import holds
from credit_svc.store.holds import Hold, HoldEnd
from dunlin_events.consuming import Tx
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.credit_holds import CreditHoldPlaced, CreditHoldReleased, HoldReleaseCause, HoldRuleTold
from dunlin_kernel.ids import new_id

ACTOR = "policy"
CURED = "cured"


def keep_holds(tx: Tx, position: CreditPosition) -> None:
    """Gather what the rules place now, and the end of what nothing is left of."""
    beside, changes = position.beside, position.hold_changes()
    if beside is None:
        return
    for cause in changes.place:
        place_hold(tx, Hold(new_id(), position.customer_id, cause, cause.rule.value, None, ACTOR, beside.now))
    for rule in changes.release:
        hold_id = beside.standing[rule]
        holds.end(tx, hold_id, HoldEnd(ACTOR, beside.now, CURED))
        tx.emit(CreditHoldReleased(
            customer_id=position.customer_id, hold_id=hold_id, rule=HoldRuleTold(rule.value),
            cause=HoldReleaseCause.CURED, waived_until=None))


def place_hold(tx: Tx, hold: Hold) -> None:
    """Gather a hold and its event; free text stays here."""
    cause: HoldCause = hold.cause
    holds.add(tx, hold)
    tx.emit(CreditHoldPlaced(
        customer_id=hold.customer_id, hold_id=hold.id, rule=HoldRuleTold(hold.rule.value), reason=hold.reason,
        amount=None if cause.amount is None else Amount.of(cause.amount), days=cause.days))
