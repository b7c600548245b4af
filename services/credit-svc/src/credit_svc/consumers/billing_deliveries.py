"""What billing's facts say of deliveries, and of what uses an authorisation: each cent of an order is used once."""

from collections.abc import Iterable
from uuid import UUID

from credit_svc.domain.delivery import Delivery, Use
from credit_svc.domain.position import CreditPosition
from dunlin_events.contracts.base import Event
from dunlin_events.contracts.billing import InvoiceIssued, InvoiceVoided, Origin
from dunlin_events.contracts.billing_deliveries import DeliveryCancelled, DeliveryRecorded
from dunlin_events.contracts.billing_transfers import DeliveriesTransferred, TransferSide
from dunlin_events.subscription import Subscription
from dunlin_kernel.money import Money, sum_money


def authorizations_used(events: Iterable[Event]) -> dict[UUID, UUID]:
    """The authorisations that these facts use, each with the customer that it is used for."""
    found = (event for event in events if isinstance(event, InvoiceIssued | DeliveryRecorded))
    return {event.authorization_id: event.customer_id for event in found if event.authorization_id is not None}


def deliveries_named(events: Iterable[Event]) -> set[UUID]:
    """The deliveries that these facts move."""
    found: set[UUID] = set()
    for event in events:
        if isinstance(event, InvoiceIssued | InvoiceVoided):
            found.update(move.delivery_id for move in event.deliveries)
        elif isinstance(event, DeliveriesTransferred):
            found.update(one.delivery_id for one in event.deliveries)
        elif isinstance(event, DeliveryRecorded | DeliveryCancelled):
            found.add(event.delivery_id)
    return found


def hear_deliveries(billing: Subscription[CreditPosition]) -> None:
    """Fold what is told of them by themselves."""
    billing.on(DeliveryRecorded)(delivery_recorded)
    billing.on(DeliveryCancelled)(delivery_cancelled)
    billing.on(DeliveriesTransferred)(deliveries_transferred)


def delivery_recorded(event: DeliveryRecorded, position: CreditPosition) -> CreditPosition:
    """What left uses credit before it is billed; what was reserved for it is captured in the same step."""
    after = position.delivered(Delivery(
        event.delivery_id, event.authorization_id, event.reference, event.delivered_on, event.amount.money,
        event.amount.money), at=event.heard.sequence)
    if event.authorization_id is None:
        return after
    return after.using(Use(
        event.authorization_id, event.amount.money, event.heard.recorded_at, delivery_id=event.delivery_id))


def delivery_cancelled(event: DeliveryCancelled, position: CreditPosition) -> CreditPosition:
    """It never left, or came back; what it captured stays captured."""
    nothing = Money.zero(event.amount.currency)
    return position.delivery_left(event.delivery_id, nothing, at=event.heard.sequence)


def deliveries_transferred(event: DeliveriesTransferred, position: CreditPosition) -> CreditPosition:
    """What was delivered to the one customer, and is not billed yet, uses the credit of the other."""
    for one in event.deliveries:
        if event.side is TransferSide.OUT:
            position = position.delivery_left(one.delivery_id, one.open_after.money, at=event.heard.sequence)
        else:
            position = position.delivered(Delivery(
                one.delivery_id, one.authorization_id, one.reference, one.delivered_on, one.total.money,
                one.open_after.money), at=event.heard.sequence)
    return position


def billed(event: InvoiceIssued, position: CreditPosition) -> CreditPosition:
    """What had been delivered is debt now; what goes beyond it captures what is reserved still."""
    position = _left(event, position)
    if event.authorization_id is None:
        return position
    total = event.total.money
    captured = sum_money(total.currency, (
        move.amount.money for move in event.deliveries if move.authorization_id == event.authorization_id))
    rest = max(total - captured, Money.zero(total.currency))
    return position.using(Use(
        event.authorization_id, rest, event.heard.recorded_at, final=event.final,
        silent=event.origin is Origin.IMPORT, invoice_id=event.invoice_id))


def given_back(event: InvoiceVoided, position: CreditPosition) -> CreditPosition:
    """What a void left unbilled is delivered and not billed again."""
    return _left(event, position)


def _left(event: InvoiceIssued | InvoiceVoided, position: CreditPosition) -> CreditPosition:
    for move in event.deliveries:
        position = position.delivery_left(move.delivery_id, move.open_after.money, at=event.heard.sequence)
    return position
