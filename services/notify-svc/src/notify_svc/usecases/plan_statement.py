"""Plan the next reminder to answer a statement."""

from datetime import timedelta

from dunlin_kernel.calendar import days_between
from dunlin_kit import jobs
from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction
from notify_svc.domain.notice import reconcile_key
from notify_svc.store import collection_policies
from notify_svc.store.notices import Statement

SEND_STATEMENT = "send_statement"
REMIND_RECONCILE = "remind_reconcile"


async def plan_statement(tx: Transaction, statement: Statement, moment: Tenant, *, reminded: int = 0) -> None:
    """The one after so many, while the policy asks for one; one that is planned stays."""
    policy = (await collection_policies.in_force(tx, moment.currency)).policy
    following = policy.reconciles_on(moment.today, reminded)
    if following is None:
        return
    at = moment.now + timedelta(days=days_between(moment.today, following))
    jobs.schedule(tx, REMIND_RECONCILE, reconcile_key(statement.id, reminded + 1), at, {
        "statement_id": str(statement.id), "customer_id": str(statement.customer_id), "number": reminded + 1})
