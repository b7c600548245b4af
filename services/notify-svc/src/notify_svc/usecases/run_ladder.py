"""Run a tenant's ladder for a day: find the customers to be reminded, one piece of work each."""

from dunlin_kernel.calendar import days_after
from dunlin_kit import jobs
from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction
from notify_svc.domain.run_time import runs_now
from notify_svc.store import collection_policies, items, ladder_policies, limitations, notices
from notify_svc.usecases.plan_run import plan_run
from notify_svc.usecases.plan_slices import plan_slices

REVIEW_CASES = "review_cases"
OWNER_DIGEST = "owner_digest"
DAYS_AHEAD = 3


async def run_ladder(tx: Transaction, moment: Tenant) -> None:
    """Gather jobs for the customers with a level that is due, the review of cases, and the next run.

    A run that comes late, before the time of day at which runs begin, leaves the work to that day's own run.
    """
    policy = (await ladder_policies.in_force(tx)).policy
    if runs_now(zone=moment.zone, run_at=policy.run_at, now=moment.now):
        plan_slices(tx, await items.customers_due(tx, moment.today), moment.now, of=str(moment.today))
        jobs.schedule(tx, REVIEW_CASES, str(moment.today), moment.now, {})
        await _plan_digests(tx, moment)
    await plan_run(tx, zone=moment.zone, after=moment.now)


async def _plan_digests(tx: Transaction, moment: Tenant) -> None:
    """A digest per member of staff whose customers owe something due by the next days or need them today, or have a
    claim whose time runs out."""
    policy = (await collection_policies.in_force(tx, moment.currency)).policy
    if not policy.owner_digest.due(moment.today):
        return
    ending = await limitations.nearing(tx, moment, months=policy.limitation_months)
    owners = {one.owner_code: one.customer_id for one in ending if one.owner_code}
    owners |= dict(await notices.owners(tx, moment.today, days_after(moment.today, DAYS_AHEAD)))
    for owner_code, customer_id in sorted(owners.items()):
        jobs.schedule(tx, OWNER_DIGEST, f"{owner_code}:{moment.today}", moment.now,
                      {"owner_code": owner_code, "customer_id": str(customer_id)})
