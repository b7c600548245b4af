"""Settle a dispute, whole or in part: accepted (what is to be credited), rejected or withdrawn (it stays owed)."""

from uuid import UUID

from billing_svc.domain.dispute import Dispute, DisputeOutcome, settle_by_hand
from billing_svc.store import disputes, items
from billing_svc.usecases.posting import open_posting
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction


async def settle_dispute(tx: Transaction, dispute_id: UUID, outcome: DisputeOutcome, amount: Money | None) -> Dispute:
    """`amount` None means all that is left of it.

    Refuses: dispute_not_found, not_by_hand, dispute_settled, currency_mismatch, amount_not_positive,
    more_than_disputed.
    """
    named = (await disputes.by_id(tx, [dispute_id]))[dispute_id]
    posting = await open_posting(tx, [(named.customer_id, named.amount.currency)])
    held = posting.disputes.get(dispute_id) or (await disputes.by_id(tx, [dispute_id]))[dispute_id]
    settled = settle_by_hand(held, outcome, amount)
    posting.items |= await items.by_id(tx, [held.item_id])
    after = posting.disputes.settle(posting, held, outcome, settled)
    posting.save()
    return after
