"""Tell that a limit ended with the tenant's day before; it counts as zero from the turn of the day, job or no job."""

from datetime import date
from uuid import UUID

from credit_svc.domain.limit import LimitFact, has_run_out
from credit_svc.store import heads, limits
from credit_svc.store.watching import Moment
from credit_svc.usecases.watch_customers import watch_customers
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.credit import LimitExpired, LimitKind
from dunlin_kernel.calendar import days_after
from dunlin_kernel.clock import start_of_day
from dunlin_kit import jobs
from dunlin_kit.jobs import Job
from dunlin_kit.transaction import Transaction

KIND = "expire_limit"


def schedule_expiry_of_limit(tx: Transaction, customer_id: UUID, fact: LimitFact, *, zone: str) -> None:
    """Gather the job that falls due when the day after the limit's last begins; none where no such day comes."""
    if fact.valid_until is not None and fact.valid_until < date.max:
        due_at = start_of_day(zone, days_after(fact.valid_until, 1))
        jobs.schedule(tx, KIND, str(fact.id), due_at, {
            "customer_id": str(customer_id), "currency": fact.currency, "limit_id": str(fact.id)})


async def expire_limit(tx: Transaction, job: Job) -> None:
    """Tell it when the limit was still the one in force; one set since then has taken its place."""
    tenant = await jobs.moment_of(tx, job)
    customer_id, currency = UUID(job.payload["customer_id"]), job.payload["currency"]
    await heads.lock(tx, customer_id, currency)
    known = [one.fact for one in await limits.history(tx, customer_id, currency)]
    fact = has_run_out(known, UUID(job.payload["limit_id"]), today=tenant.today)
    if fact is not None and fact.valid_until is not None:
        tx.emit(LimitExpired(
            customer_id=customer_id, limit_id=fact.id, currency=currency, version=fact.version,
            limit=None if fact.amount is None else Amount.of(fact.amount), valid_until=fact.valid_until,
            kind=LimitKind(fact.kind.value)))
    await watch_customers(tx, [customer_id], Moment(tenant.now, tenant.today))
    jobs.finish(tx, job)
