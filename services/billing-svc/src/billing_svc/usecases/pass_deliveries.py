"""Tell that deliveries of a customer that was merged are those of the one that goes on."""

from collections.abc import Collection
from uuid import UUID

from billing_svc.domain.delivery import Delivery
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing_transfers import DeliveriesTransferred, PassedDelivery, TransferSide
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction


def pass_deliveries(tx: Transaction, source_id: UUID, into_id: UUID, held: Collection[Delivery]) -> None:
    """One fact in each of the two streams; nothing where there are none."""
    if held:
        for customer_id, side in ((source_id, TransferSide.OUT), (into_id, TransferSide.IN)):
            tx.emit(DeliveriesTransferred(
                customer_id=customer_id, side=side, source_id=source_id, into_id=into_id,
                deliveries=[_told(one, side) for one in held]))


def _told(one: Delivery, side: TransferSide) -> PassedDelivery:
    left = side is TransferSide.OUT
    return PassedDelivery(
        delivery_id=one.id, authorization_id=one.authorization_id, reference=one.reference,
        delivered_on=one.delivered_on, total=Amount.of(one.amount), amount=Amount.of(-one.open if left else one.open),
        open_after=Amount.of(Money.zero(one.open.currency) if left else one.open))
