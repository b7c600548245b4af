"""Record money that came in on a deposit request: the customer's credit, kept for the order."""

from dataclasses import replace
from uuid import UUID

from billing_svc.domain.deposit_request import standing
from billing_svc.domain.payment import RecordPayment
from billing_svc.store import deposits
from billing_svc.usecases.record_payment import RecordedPayment, record_payment
from dunlin_kernel.errors import RuleBroken
from dunlin_kit.transaction import Transaction


async def pay_deposit(tx: Transaction, request_id: UUID, command: RecordPayment) -> RecordedPayment:
    """`command` names no customer that counts: it is the request's. A second person confirms it like any payment.

    Refuses: deposit_request_not_found, deposit_request_ended, currency_mismatch, and what `record_payment` refuses.
    """
    named = (await deposits.get(tx, request_id)).standing.request
    if command.amount.currency != named.amount.currency:
        raise RuleBroken("currency_mismatch", "A deposit is paid in the currency it was asked for in.",
                         currency=named.amount.currency)
    (recorded,) = await record_payment(tx, [replace(command, customer_id=named.customer_id, kept_for=request_id)])
    standing((await deposits.get(tx, request_id)).standing.request)
    deposits.add_payment(tx, request_id, recorded.payment.id)
    return recorded
