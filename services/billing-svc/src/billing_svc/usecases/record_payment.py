"""Record money: once certain it is the customer's credit and pays what the payer chose; the rest stays unapplied.

Money that is not certain yet waits, and moves nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from billing_svc.domain.allocation import Allocation, allocate
from billing_svc.domain.discounting import allocate_discounted
from billing_svc.domain.payment import Payment, RecordPayment, fact_of_payment, receive
from billing_svc.domain.payment_policy import PaymentPolicy, SecondPerson, second_person_for
from billing_svc.domain.pending_payment import awaiting
from billing_svc.store import audit, payments, pending_payments
from billing_svc.store.accounts import CustomerMerged
from billing_svc.usecases.allocate_credit import AllocationDay, allocate_credit
from billing_svc.usecases.holding import items_also
from billing_svc.usecases.plan_payment_expiry import plan_payment_expiry
from billing_svc.usecases.posting import Posting, open_posting
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing import Origin, PaymentConfirmed, PaymentReceived
from dunlin_kernel.frozen import replace
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class RecordedPayment:
    command: RecordPayment
    payment: Payment
    allocations: tuple[Allocation, ...]


async def record_payment(tx: Transaction, commands: Sequence[RecordPayment]) -> list[RecordedPayment]:
    """Take money in, in order; all or none. What a second person must confirm waits, whatever its command says.

    Money for a customer that was merged is taken in at the one that goes on.

    Refuses: customer_not_known_yet, period_locked, effective_in_future, and what `receive` and the allocation refuse.
    """
    posting, commands = await _opened(tx, commands)
    policy = pending_payments.policy_of(posting.beside[0])
    known = await pending_payments.known_payers(tx, commands) if policy.second_person_for_new_payer else {}
    recorded = []
    for command in commands:
        reason = second_person_for(command, policy, known.get(command.customer_id, ()))
        waits = command.pending or reason is not None
        recorded.append(_await(posting, command, policy, reason) if waits else await enter_payment(posting, command))
    for one in recorded:
        payments.add(tx, one.command, one.payment, posting.tenant.now)
    posting.save(fresh=[one.payment.id for one in recorded])
    return recorded


async def _opened(tx: Transaction, commands: Sequence[RecordPayment]) -> tuple[Posting, Sequence[RecordPayment]]:
    """What they hold, with the items that they may pay."""
    keys = [(one.customer_id, one.amount.currency) for one in commands]
    choices = [(one.customer_id, one.choice) for one in commands]
    try:
        posting = await open_posting(tx, keys, pending_payments.POLICY, also=items_also(choices))
        await posting.load_items(choices, posting.beside)
        return posting, commands
    except CustomerMerged as merged:
        return await _opened(tx, [
            replace(one, customer_id=merged.into_id) if one.customer_id == merged.source_id else one
            for one in commands])


async def enter_payment(posting: Posting, command: RecordPayment) -> RecordedPayment:
    """Take one payment in and allocate it; the caller stores it. Refuses: as `record_payment`."""
    effective_on = posting.books.open_on(command.effective_on or command.received_on)
    unentered = receive(command, effective_on=effective_on, today=posting.tenant.today)
    return await settle_in(posting, command, unentered)


async def settle_in(posting: Posting, command: RecordPayment, unentered: Payment) -> RecordedPayment:
    """Enter a payment that is certain, and allocate it as its payer chose. Refuses: what the allocation refuses."""
    effective_on = unentered.effective_on
    posting.credits[command.id] = unentered
    origin = Origin(command.origin.value)
    choice = posting.resolved(unentered.customer_id, command.choice)
    figures = posting.post(fact_of_payment(unentered))
    posting.tx.emit(PaymentConfirmed(
        customer_id=command.customer_id, origin=origin, account=figures, payment_id=command.id,
        external_id=command.external_id, amount=Amount.of(command.amount), received_on=command.received_on,
        method=command.method, unmatched=len(choice.unmatched), awaited=unentered.expires_on is not None))
    payment = posting.payment(command.id)
    if choice.unmatched:
        payment = posting.credits[payment.id] = replace(payment, unmatched=choice.unmatched)
    payable = posting.items_of(payment.customer_id, choice)
    made = await allocate_credit(
        posting, payment, allocate_discounted(payment, choice, payable), AllocationDay(None, effective_on),
        reason=choice.rule.value, origin=origin)
    return RecordedPayment(command, posting.payment(command.id), made)


def _await(
    posting: Posting, wish: RecordPayment, policy: PaymentPolicy, reason: SecondPerson | None,
) -> RecordedPayment:
    """Keep a pending payment: what its payer chose must be possible, and nothing of it is done yet."""
    tx, tenant, command = posting.tx, posting.tenant, replace(wish, pending=True)
    received = receive(command, effective_on=command.effective_on or command.received_on, today=tenant.today)
    payment = replace(awaiting(received, policy, tenant.today), second_person=reason and reason.value)
    choice = posting.resolved(payment.customer_id, command.choice)
    allocate(payment.amount, choice, posting.items_of(payment.customer_id, choice))
    command, payment = replace(command, choice=choice), replace(payment, unmatched=choice.unmatched)
    plan_payment_expiry(tx, tenant.zone, payment)
    audit.add(tx, "payment_received", payment.id, customer_id=payment.customer_id, recorded_at=tenant.now)
    assert payment.expires_on is not None, "a pending payment has a last day"
    tx.emit(PaymentReceived(
        customer_id=payment.customer_id, payment_id=payment.id, external_id=command.external_id,
        amount=Amount.of(payment.amount), received_on=payment.received_on, method=command.method,
        expires_on=payment.expires_on))
    return RecordedPayment(command, payment, ())
