"""Plan the reminder to answer a statement that is being sent."""

from datetime import timedelta

from dunlin_kit import jobs
from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction
from notify_svc.store import collection_policies
from notify_svc.store.notices import Statement

SEND_STATEMENT = "send_statement"
REMIND_RECONCILE = "remind_reconcile"


async def plan_statement(tx: Transaction, statement: Statement, moment: Tenant) -> None:
    """So many days after, as the policy says; one that is planned stays."""
    policy = (await collection_policies.in_force(tx, moment.currency)).policy
    jobs.schedule(tx, REMIND_RECONCILE, str(statement.id), moment.now + timedelta(days=policy.reconcile_after_days),
                  {"statement_id": str(statement.id), "customer_id": str(statement.customer_id)})
