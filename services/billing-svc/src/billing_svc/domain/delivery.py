"""Deliveries: what left the house and is not billed yet. An invoice bills them; a void of it gives them back.

An invoice bills those of the authorization that it names, the oldest first, as far as its total goes; the final one
ends them all. A delivery that is named by itself is billed whole, whatever the price that was agreed on in the end.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from billing_svc.domain.invoice import Invoice
from dunlin_kernel.errors import Conflict, RuleBroken
from dunlin_kernel.frozen import replace
from dunlin_kernel.money import Money


class DeliveryCancelReason(StrEnum):
    RECORDED_IN_ERROR = "recorded_in_error"
    GOODS_RETURNED = "goods_returned"


@dataclass(frozen=True, slots=True)
class RecordDelivery:
    """`amount` is incl. tax; `delivered_on` None means today."""

    id: UUID
    customer_id: UUID
    amount: Money
    reference: str
    delivered_on: date | None = None
    authorization_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """`open` is what is not billed of it yet."""

    id: UUID
    customer_id: UUID
    authorization_id: UUID | None
    reference: str
    amount: Money
    open: Money
    delivered_on: date
    cancelled: DeliveryCancelReason | None = None

    def moved(self, by: Money) -> "Delivery":
        return replace(self, open=self.open + by)


@dataclass(frozen=True, slots=True)
class Billed:
    """So much of a delivery was billed, and the delivery after it."""

    after: Delivery
    amount: Money


def delivered(wish: RecordDelivery, today: date) -> Delivery:
    """Refuses: amount_not_positive, effective_in_future."""
    day = wish.delivered_on or today
    if not wish.amount.is_positive:
        raise RuleBroken("amount_not_positive", "A delivery is worth more than zero.")
    if day > today:
        raise RuleBroken("effective_in_future", "It is recorded once it was delivered.", today=today.isoformat())
    return Delivery(wish.id, wish.customer_id, wish.authorization_id, wish.reference, wish.amount, wish.amount, day)


def cancel(delivery: Delivery, reason: DeliveryCancelReason) -> Delivery:
    """Refuses: delivery_billed, delivery_cancelled."""
    if delivery.cancelled is not None:
        raise Conflict("delivery_cancelled", "This delivery was cancelled already.")
    if delivery.open != delivery.amount:
        raise Conflict("delivery_billed", "Part of it is billed; credit the invoice instead.", open=delivery.open)
    return replace(delivery, open=Money.zero(delivery.amount.currency), cancelled=reason)


def billed_by(invoice: Invoice, held: Iterable[Delivery]) -> tuple[Billed, ...]:
    """What an invoice bills of the deliveries held, those that are named by themselves first.

    Refuses: delivery_not_billable.
    """
    wish, left, found = invoice.wish, invoice.totals.total, []
    known = sorted(held, key=lambda one: (one.delivered_on, one.id))
    check_named(invoice, known)
    for one in sorted(known, key=lambda one: one.id not in wish.delivery_ids):
        whole = one.id in wish.delivery_ids or (wish.final and one.authorization_id == wish.authorization_id)
        part = one.open if whole else min(one.open, left)
        if part.is_positive:
            found.append(Billed(one.moved(-part), part))
            left = max(left - part, Money.zero(left.currency))
    return tuple(found)


def check_named(invoice: Invoice, held: Sequence[Delivery]) -> None:
    """Refuses: delivery_not_billable."""
    open_ones: Collection[UUID] = {one.id for one in held if one.open.is_positive}
    for delivery_id in invoice.wish.delivery_ids:
        if delivery_id not in open_ones:
            raise RuleBroken("delivery_not_billable", "No delivery of this customer and currency with this id is open.",
                             delivery_id=delivery_id)
