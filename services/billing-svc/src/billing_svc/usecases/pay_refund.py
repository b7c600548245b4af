"""Pay unapplied credit back: money leaves the bank, and the credit has so much less left."""

from collections.abc import Sequence

from billing_svc.domain.deposit_request import check_not_kept
from billing_svc.domain.proposal import alone
from billing_svc.domain.refund import PayRefund, Refund, fact_of_refund, refund_of
from billing_svc.store import customer_credits, deposits, pending_payments, refunds
from billing_svc.usecases.posting import Posting, open_posting
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import CreditKind, Origin
from dunlin_events.contracts.billing_refunds import RefundPaid
from dunlin_kit.transaction import Transaction


async def pay_refund(tx: Transaction, wishes: Sequence[PayRefund], *, approved: bool = False) -> list[Refund]:
    """Pay refunds, in order; all or none. `approved`: by a second person.

    Refuses: credit_not_found, credit_kept_for_order, second_person_needed, and what `refund_of` refuses.
    """
    ids = [wish.credit_id for wish in wishes]
    named = await customer_credits.named(tx, ids)
    posting = await open_posting(
        tx, [(one.customer_id, one.amount.currency) for one in named.values()], pending_payments.POLICY)
    posting.credits |= await customer_credits.named(tx, ids)
    check_not_kept(ids, await deposits.kept(tx, ids))
    await posting.remember_steps(ids)
    paid = [_paid(posting, wish) for wish in wishes]
    if not approved:
        policy = pending_payments.policy_of(posting.beside[0])
        for refund in paid:
            alone(refund.amount, policy)
    posting.save()
    return paid


def _paid(posting: Posting, wish: PayRefund) -> Refund:
    credit = posting.credits[wish.credit_id]
    refund = refund_of(wish, credit, posting.steps_of(credit.id) or [], posting.books)
    figures = posting.post(fact_of_refund(refund))
    refunds.add(posting.tx, wish, refund, recorded_at=posting.tenant.now)
    posting.tx.emit(RefundPaid(
        customer_id=refund.customer_id, origin=Origin.LIVE, account=figures, refund_id=refund.id,
        external_id=wish.external_id, credit_kind=CreditKind(credit.kind.value), credit_id=credit.id,
        amount=Amount.of(refund.amount), effective_on=refund.effective_on, method=wish.method,
        reason=wish.reason.value))
    return refund
