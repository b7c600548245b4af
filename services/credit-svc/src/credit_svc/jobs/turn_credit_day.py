"""The turn of the tenant's day: whom time alone has moved is looked at by the rules of holds, in slices."""

from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

from credit_svc.domain.policy_version import PolicyVersion
from credit_svc.store import alert_levels, exposures, policies
from credit_svc.store.customers import ToWatch
from credit_svc.store.watching import Moment
from credit_svc.usecases import plan_credit_day as planning
from credit_svc.usecases.warn_of_covers import warn_of_covers
from credit_svc.usecases.watch_customers import watch_customers
from credit_svc.usecases.watch_lines import watch_lines
from dunlin_kernel.calendar import days_after
from dunlin_kernel.money import Money
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job, finish, moment_of
from dunlin_kit.pace import Pace
from dunlin_kit.transaction import Transaction

KIND = planning.KIND
COVERS, CUSTOMERS, LEAST = 100, 200, 10
"""The most covers and customers of a slice, and the fewest customers: a slice has some ten trips, however few."""


async def run(database: Database, job: Job) -> None:
    """Each slice commits by itself; a run that was stopped begins anew and finds nothing more to change."""

    async def warn(tx: Transaction, most: int) -> bool:
        policy, moment = await _present(tx, job)
        return await warn_of_covers(tx, moment, policy.alerts, most)

    async def watch(tx: Transaction, most: int, after: int) -> int:
        policy, moment = await _present(tx, job)
        some = found[after:after + most]
        if not policy.holds.are_on:
            await exposures.lock_all(tx, some)
        await watch_customers(tx, some, moment)
        await watch_lines(tx, some, moment, policy.alerts, totals)
        return after + len(some)

    async def end(tx: Transaction) -> None:
        tenant = await moment_of(tx, job)
        if not job.payload["everyone"]:
            planning.plan_credit_day(tx, tenant.zone, tenant.today)
        finish(tx, job)

    warning, watching, seen = Pace(COVERS), Pace(CUSTOMERS, LEAST), 0
    while await warning.take(database, job.tenant, warn):
        continue
    found, totals = await database.read(job.tenant, partial(_find, job=job))
    while seen < len(found):
        seen = await watching.take(database, job.tenant, partial(watch, after=seen))
    await database.transact(job.tenant, end)


async def _present(tx: Transaction, job: Job) -> tuple[PolicyVersion, Moment]:
    tenant = await moment_of(tx, job)
    policy, _ = await policies.in_force(tx)
    return policy, Moment(tenant.now, tenant.today)


async def _find(tx: Transaction, job: Job) -> tuple[Sequence[UUID], Mapping[str, Money]]:
    """Who is to be looked at, and what is open with all customers where shares of it are looked at: read once, without
    a lock."""
    policy, moment = await _present(tx, job)
    lines = (policy.holds.overdue_grace_days or 0, *policy.alerts.ageing_days[:1])
    shares = bool(policy.alerts.concentration_bps)
    before, everyone = days_after(moment.today, -min(lines)), bool(job.payload["everyone"]) or shares
    found = await ToWatch(moment.today, before, everyone).all(tx)
    return found, await alert_levels.totals(tx) if shares else {}
