"""Record confirmed money: it becomes the customer's credit, pays what the payer chose, and the rest stays unapplied."""

from collections.abc import Sequence
from dataclasses import dataclass

from billing_svc.domain.allocation import Allocation, allocate
from billing_svc.domain.payment import Payment, RecordPayment, fact_of_payment, receive
from billing_svc.store import payments
from billing_svc.usecases.allocate_credit import AllocationDay, allocate_credit
from billing_svc.usecases.posting import Posting, open_posting
from dunlin_events.contracts.base import AccountFigures, Amount
from dunlin_events.contracts.billing import Origin, PaymentConfirmed
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class RecordedPayment:
    command: RecordPayment
    payment: Payment
    allocations: tuple[Allocation, ...]


async def record_payment(tx: Transaction, commands: Sequence[RecordPayment]) -> list[RecordedPayment]:
    """Take money in, in order; all or none.

    Refuses: customer_not_known_yet, period_locked, effective_in_future, and what `receive` and the allocation refuse.
    """
    posting = await open_posting(tx, [(one.customer_id, one.amount.currency) for one in commands])
    await posting.load_items([(one.customer_id, one.choice) for one in commands])
    recorded = [await enter_payment(posting, command) for command in commands]
    for one in recorded:
        payments.add(tx, one.command, one.payment, posting.tenant.now)
    posting.save(fresh=[one.payment.id for one in recorded])
    return recorded


async def enter_payment(posting: Posting, command: RecordPayment) -> RecordedPayment:
    """Take one payment in and allocate it; the caller stores it. Refuses: as `record_payment`."""
    effective_on = posting.books.open_on(command.effective_on or command.received_on)
    unentered = receive(command, effective_on=effective_on, today=posting.tenant.today)
    posting.payments[command.id] = unentered
    origin = Origin(command.origin.value)
    posting.tx.emit(_told(command, posting.post(fact_of_payment(unentered)), origin))
    payment = posting.payments[command.id]
    payable = posting.items_of(payment.customer_id, command.choice)
    made = await allocate_credit(
        posting, payment, allocate(payment.unapplied, command.choice, payable), AllocationDay(None, effective_on),
        reason=command.choice.rule.value, origin=origin)
    return RecordedPayment(command, posting.payments[command.id], made)


def _told(command: RecordPayment, figures: AccountFigures, origin: Origin) -> PaymentConfirmed:
    return PaymentConfirmed(
        customer_id=command.customer_id, origin=origin, account=figures, payment_id=command.id,
        external_id=command.external_id, amount=Amount.of(command.amount), received_on=command.received_on,
        method=command.method)
