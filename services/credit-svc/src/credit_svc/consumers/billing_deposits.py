"""What billing tells of deposits: for which orders they were asked for, and how much is kept for them."""

from collections.abc import Iterable
from uuid import UUID

from credit_svc.domain.kept_credit import DepositOrder, KeptCredit
from credit_svc.domain.position import CreditPosition
from dunlin_events.contracts.base import Event
from dunlin_events.contracts.billing_deposits import CreditKept, DepositRequested, DepositRequestEnded
from dunlin_events.subscription import Subscription
from dunlin_kernel.frozen import replace


def requests_named(events: Iterable[Event]) -> set[UUID]:
    """The deposit requests of which what is kept moves."""
    return {event.request_id for event in events if isinstance(event, CreditKept | DepositRequestEnded)}


def hear_deposits(billing: Subscription[CreditPosition]) -> None:
    """Fold them; no money of the account moves."""
    billing.on(DepositRequested)(deposit_requested)
    billing.on(CreditKept)(credit_kept)
    billing.on(DepositRequestEnded)(deposit_request_ended)


def deposit_requested(event: DepositRequested, position: CreditPosition) -> CreditPosition:
    """For which order it is."""
    order = DepositOrder(event.request_id, event.order_reference, event.authorization_id)
    return replace(position, orders={**position.orders, order.request_id: order})


def credit_kept(event: CreditKept, position: CreditPosition) -> CreditPosition:
    """So much of the credit is kept for its order now."""
    return position.keeping(KeptCredit(event.credit_id, event.request_id, event.kept.money), at=event.heard.sequence)


def deposit_request_ended(event: DepositRequestEnded, position: CreditPosition) -> CreditPosition:
    """What is left of it is credit like any other."""
    for one in position.kept.values():
        if one.request_id == event.request_id:
            position = position.keeping(replace(one, kept=one.kept - one.kept), at=event.heard.sequence)
    return position
