"""Plan the end of a pending payment: the turn of the tenant's day after the last one for its confirmation."""

from datetime import timedelta

from billing_svc.domain.payment import Payment
from dunlin_kernel.clock import start_of_day
from dunlin_kit import jobs
from dunlin_kit.transaction import Transaction

EXPIRE_PAYMENT = "expire_payment"


def plan_payment_expiry(tx: Transaction, zone: str, payment: Payment) -> None:
    assert payment.expires_on is not None, "a pending payment has a last day"
    jobs.schedule(tx, EXPIRE_PAYMENT, str(payment.id), start_of_day(zone, payment.expires_on + timedelta(days=1)), {})
