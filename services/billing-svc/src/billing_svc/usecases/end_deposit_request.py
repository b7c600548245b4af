"""End a deposit request: what is left of its money is plain unapplied credit again."""

from uuid import UUID

from billing_svc.domain.deposit_request import DepositEndReason, DepositRequest, ended
from billing_svc.store import audit, deposits
from billing_svc.usecases.posting import open_posting
from dunlin_events.contracts.billing_deposits import DepositRequestEnded
from dunlin_kit.transaction import Transaction


async def end_deposit_request(tx: Transaction, request_id: UUID, reason: DepositEndReason) -> DepositRequest:
    """No money moves. Refuses: deposit_request_not_found, deposit_request_ended."""
    named = (await deposits.get(tx, request_id)).standing.request
    posting = await open_posting(tx, [(named.customer_id, named.amount.currency)], moving=named.customer_id)
    view = await deposits.get(tx, request_id)
    after = ended(view.standing.request, reason)
    deposits.end(tx, after, view.payments)
    audit.add(tx, "deposit_request_ended", after.id, customer_id=after.customer_id, recorded_at=posting.tenant.now,
              after={"reason": reason.value})
    tx.emit(DepositRequestEnded(
        customer_id=after.customer_id, request_id=after.id, number=after.number, reason=reason.value))
    return after
