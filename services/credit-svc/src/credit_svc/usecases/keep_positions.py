"""Keep credit positions that billing's facts have moved: exposures, captures, alerts, mismatches; and tell of them."""

from collections.abc import Collection

from credit_svc.domain.exposure import Mismatch
from credit_svc.domain.position import Alert, Captured, CreditPosition, Outcome
from credit_svc.store import authorizations, conduct, deliveries, exposures, heads, kept_credits, owed_items
from credit_svc.store.authorizations import Movement
from credit_svc.usecases.raise_alert import raise_alert
from dunlin_events.consuming import Tx
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.credit import (
    AuthorizationCaptured,
    AuthorizationReleased,
    ReleaseCause,
)

ACTOR = "billing"
"""Who captures: the delivery or the invoice that names the authorisation."""


def keep_positions(tx: Tx, positions: Collection[CreditPosition]) -> None:
    """Gather all of it, so that no read sees a reservation and its invoice both, or neither."""
    exposures.keep(tx, {one.customer_id: one.exposures for one in positions})
    owed_items.keep(tx, {one.customer_id: one.items for one in positions if one.items})
    deliveries.keep(tx, {one.customer_id: one.deliveries for one in positions if one.deliveries})
    for one in positions:
        conduct.keep(tx, one.customer_id, one.conduct)
        kept_credits.keep(tx, one.customer_id, one.kept.values(), one.orders.values())
        for outcome in one.outcomes:
            _record(tx, one, outcome)


def _record(tx: Tx, position: CreditPosition, outcome: Outcome) -> None:
    match outcome:
        case Captured():
            _captured(tx, position, outcome)
        case Alert():
            _alerted(tx, position, outcome)
        case Mismatch():
            exposures.add_mismatch(tx, position.customer_id, outcome)


def _captured(tx: Tx, position: CreditPosition, outcome: Captured) -> None:
    use, done, after = outcome.use, outcome.capture, outcome.capture.after
    authorizations.keep(tx, after)
    if not (done.captured.is_zero and done.released.is_zero):
        heads.reserve(tx, position.customer_id, position.reserved[after.currency])
    for kind, amount in (("captured", done.captured), ("over_captured", done.over), ("released", done.released)):
        authorizations.add_movement(tx, Movement(
            after.id, kind, amount, invoice_id=use.invoice_id, moved_by=ACTOR, moved_at=use.at,
            delivery_id=use.delivery_id))
    tx.emit(AuthorizationCaptured(
        customer_id=after.customer_id, authorization_id=after.id, reference=after.reference,
        invoice_id=use.invoice_id, delivery_id=use.delivery_id, amount=Amount.of(done.captured),
        over_captured=Amount.of(done.over), reserved_left=Amount.of(after.reserved)))
    if done.released.is_positive:
        tx.emit(AuthorizationReleased(
            customer_id=after.customer_id, authorization_id=after.id, reference=after.reference,
            amount=Amount.of(done.released), cause=ReleaseCause.FINAL_INVOICE))


def _alerted(tx: Tx, position: CreditPosition, alert: Alert) -> None:
    raise_alert(tx, position.customer_id, alert)
