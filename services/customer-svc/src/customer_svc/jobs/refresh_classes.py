"""The turn of the tenant's day: classes follow the rules in force, slice by slice; then the next turn is planned."""

from functools import partial

from customer_svc.domain.classification import Dimension
from customer_svc.usecases.plan_class_refresh import plan_class_refresh
from customer_svc.usecases.refresh_classes import refresh_classes as changes_of
from customer_svc.usecases.refresh_classes import take_class_slice
from dunlin_kit.database import Database
from dunlin_kit.jobs import Job, finish, moment_of
from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction

SLICE = 500


async def refresh_classes(database: Database, job: Job) -> None:
    """Each slice commits by itself; a run that was stopped finds what is left by judging again."""

    async def moment(tx: Transaction) -> Tenant:
        return await moment_of(tx, job)

    async def end(tx: Transaction) -> None:
        tenant = await moment_of(tx, job)
        plan_class_refresh(tx, tenant.zone, tenant.today)
        finish(tx, job)

    tenant = await database.transact(job.tenant, moment)
    for dimension in Dimension:
        rule, changed = await database.transact(job.tenant, partial(changes_of, tenant=tenant, dimension=dimension))
        for first in range(0, len(changed), SLICE):
            some = changed[first:first + SLICE]
            await database.transact(job.tenant, partial(take_class_slice, tenant=tenant, rule=rule, some=some))
    await database.transact(job.tenant, end)
