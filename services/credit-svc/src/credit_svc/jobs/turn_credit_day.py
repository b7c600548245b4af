"""The turn of the tenant's day: whom time alone has moved is looked at by the rules of holds, in slices."""

from functools import partial
from uuid import UUID

from credit_svc.store import policies
from credit_svc.store.customers import ToWatch
from credit_svc.store.watching import Moment
from credit_svc.usecases import plan_credit_day as planning
from credit_svc.usecases.warn_of_covers import warn_of_covers
from credit_svc.usecases.watch_customers import watch_customers
from credit_svc.usecases.watch_lines import watch_lines
from dunlin_kernel.calendar import days_after
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job, finish, moment_of
from dunlin_kit.transaction import Transaction

KIND = planning.KIND
SLICE = 200


async def run(database: Database, job: Job) -> None:
    """Each slice commits by itself; a run that was stopped begins anew and finds nothing more to change."""

    async def work(tx: Transaction, after: UUID | None) -> UUID | None:
        tenant = await moment_of(tx, job)
        policy, _ = await policies.in_force(tx)
        everyone = bool(job.payload["everyone"])
        lines = (policy.holds.overdue_grace_days or 0, *policy.alerts.ageing_days[:1])
        before, everyone = days_after(tenant.today, -min(lines)), everyone or bool(policy.alerts.concentration_bps)
        found = await ToWatch(tenant.today, before, everyone, SLICE).after(tx, after)
        moment = Moment(tenant.now, tenant.today)
        if after is None:
            await warn_of_covers(tx, moment, policy.alerts)
        await watch_customers(tx, found, moment)
        await watch_lines(tx, found, moment, policy.alerts)
        if len(found) == SLICE:
            return found[-1]
        if not job.payload["everyone"]:
            planning.plan_credit_day(tx, tenant.zone, tenant.today)
        finish(tx, job)
        return None

    last: UUID | None = None
    while (last := await database.transact(job.tenant, partial(work, after=last))) is not None:
        continue
