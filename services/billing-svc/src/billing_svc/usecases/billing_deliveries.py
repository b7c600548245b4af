"""What invoices do to deliveries: those that are issued bill them, those that are voided give them back."""

from collections.abc import Collection, Iterable, Sequence
from typing import Self
from uuid import UUID

from billing_svc.domain.delivery import Billed, Delivery, billed_by
from billing_svc.domain.invoice import Invoice
from billing_svc.store import deliveries
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import DeliveryMove
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction


class BillingDeliveries:
    """The deliveries that drafts name, held, as they stand after the invoices so far."""

    def __init__(self, tx: Transaction, held: dict[UUID, Delivery]) -> None:
        self._tx, self._held = tx, held

    @classmethod
    async def begin(cls, tx: Transaction, drafts: Sequence[Invoice]) -> Self:
        """Only after the lock of the accounts."""
        return cls(tx, await deliveries.to_bill(tx, drafts))

    def bill(self, invoice: Invoice) -> list[DeliveryMove]:
        """Gather what this invoice bills, and how it is told. Refuses: delivery_not_billable."""
        wish = invoice.wish
        own = [one for one in self._held.values()
               if (one.customer_id, one.amount.currency) == invoice.account
               and (one.id in wish.delivery_ids
                    or (one.authorization_id is not None and one.authorization_id == wish.authorization_id))]
        billed = billed_by(invoice, own)
        self._held |= {one.after.id: one.after for one in billed}
        deliveries.bill(self._tx, invoice.id, billed)
        return _told(billed)


async def give_back(tx: Transaction, invoice_ids: Collection[UUID]) -> dict[UUID, list[DeliveryMove]]:
    """Gather that what these invoices billed is not billed any more; how it is told, by invoice."""
    billed = await deliveries.billed_by(tx, invoice_ids)
    held = await deliveries.hold_all(tx, {delivery_id for pairs in billed.values() for delivery_id, _ in pairs})
    moves: dict[UUID, list[DeliveryMove]] = {}
    for invoice_id, pairs in billed.items():
        given: list[Billed] = []
        for delivery_id, minor in pairs:
            part = Money(minor, held[delivery_id].amount.currency)
            held[delivery_id] = held[delivery_id].moved(part)
            given.append(Billed(held[delivery_id], part))
        moves[invoice_id] = _told(given)
    deliveries.change(tx, *held.values())
    return moves


def _told(moved: Iterable[Billed]) -> list[DeliveryMove]:
    return [DeliveryMove(
        delivery_id=one.after.id, authorization_id=one.after.authorization_id, amount=Amount.of(one.amount),
        open_after=Amount.of(one.after.open)) for one in moved]
