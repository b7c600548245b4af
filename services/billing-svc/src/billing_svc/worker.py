"""The worker of billing-svc: relay, consumers, jobs."""

from billing_svc.consumers.credit import credit
from billing_svc.consumers.customer import customer
from billing_svc.consumers.notify import notify
from billing_svc.jobs.charge_interest import charge_interest
from billing_svc.jobs.charge_reminder_fee import charge_reminder_fee
from billing_svc.jobs.expire_payment import expire_payment
from billing_svc.jobs.import_ledger import import_ledger
from billing_svc.jobs.issue_statements import issue_statements
from billing_svc.jobs.tell_ageing_policy import tell_ageing_policy
from billing_svc.jobs.transfer_balances import transfer_balances
from billing_svc.jobs.turn_day import turn_day
from billing_svc.store.integrity import CHECKS
from billing_svc.usecases.plan_day_turn import TURN_DAY
from billing_svc.usecases.plan_ledger_round import IMPORT_LEDGER
from billing_svc.usecases.plan_payment_expiry import EXPIRE_PAYMENT
from billing_svc.usecases.plan_reminder_fee import CHARGE_REMINDER_FEE
from billing_svc.usecases.plan_transfer import TRANSFER_BALANCES
from billing_svc.usecases.run_interest import CHARGE_INTEREST
from billing_svc.usecases.run_statements import ISSUE_STATEMENTS
from billing_svc.usecases.tell_ageing_policy import TELL_AGEING_POLICY
from dunlin_events.topics import Bus
from dunlin_kernel.clock import Clock
from dunlin_kit.process import Worker
from dunlin_kit.settings import ServiceSettings


def create_worker(settings: ServiceSettings, *, clock: Clock | None = None, bus: Bus | None = None) -> Worker:
    """Relay, consumers and jobs of billing-svc."""
    jobs = {TURN_DAY: turn_day, IMPORT_LEDGER: import_ledger, EXPIRE_PAYMENT: expire_payment,
            ISSUE_STATEMENTS: issue_statements, CHARGE_INTEREST: charge_interest, TRANSFER_BALANCES: transfer_balances,
            CHARGE_REMINDER_FEE: charge_reminder_fee, TELL_AGEING_POLICY: tell_ageing_policy}
    worker = Worker("billing", settings, subscriptions=[customer, credit, notify], jobs=jobs, clock=clock, bus=bus)
    return worker.watching(CHECKS)
