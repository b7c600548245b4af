"""Open a dispute: an amount of an item is contested from now on; it stays owed and keeps ageing."""

from billing_svc.domain.dispute import Dispute, DisputeWish
from billing_svc.domain.dispute import open_dispute as contested
from billing_svc.domain.item import Item
from billing_svc.store import audit, disputes, items
from billing_svc.usecases.move_of import move_of
from billing_svc.usecases.posting import open_posting
from dunlin_events.contracts.base import AccountFigures, Amount
from dunlin_events.contracts.billing import Origin
from dunlin_events.contracts.billing_disputes import DisputeOpened
from dunlin_kernel.errors import NotFound
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction


async def open_dispute(tx: Transaction, wish: DisputeWish) -> Dispute:
    """Refuses: item_not_found, currency_mismatch, more_than_undisputed, amount_not_positive."""
    named = (await items.by_id(tx, [wish.item_id])).get(wish.item_id)
    if named is None:
        raise NotFound("item_not_found", "There is no such item.", item_id=wish.item_id)
    posting = await open_posting(tx, [(named.customer_id, named.amount.currency)])
    posting.items |= await items.by_id(tx, [wish.item_id])
    dispute = contested(wish, posting.items[wish.item_id], posting.tenant.today)
    figures = posting.dispute(dispute.item_id, dispute.amount)
    disputes.add(tx, dispute, recorded_at=posting.tenant.now)
    audit.add(tx, "dispute_opened", dispute.id, customer_id=dispute.customer_id, recorded_at=posting.tenant.now,
              after={"disputed": str(dispute.amount), "reason": dispute.reason.value})
    tx.emit(_told(dispute, posting.items[dispute.item_id], figures))
    posting.save()
    return dispute


def _told(dispute: Dispute, item: Item, figures: AccountFigures) -> DisputeOpened:
    return DisputeOpened(
        customer_id=dispute.customer_id, origin=Origin.LIVE, account=figures, dispute_id=dispute.id,
        invoice_id=item.invoice_id, number=item.number, amount=Amount.of(dispute.amount), reason=dispute.reason.value,
        opened_on=dispute.opened_on, items=[move_of(item, Money.zero(dispute.amount.currency))])
