"""Enter a customer's financial statement; where the policy reviews, the customer is looked at again at once."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from credit_svc.domain.ability import Figures, FinancialStatement, StatementSource, check_statement
from credit_svc.domain.review import RatingCause
from credit_svc.store import customers, financial_statements
from credit_svc.store.financial_statements import EnteredStatement
from credit_svc.store.watching import Moment
from credit_svc.usecases.plan_reviews_now import plan_reviews_now
from dunlin_kernel.ids import new_id
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class AddFinancialStatement:
    """The figures of a fiscal year; entered again, the last one counts."""

    customer_id: UUID
    ended_on: date
    currency: str
    source: StatementSource
    figures: Figures


async def add_financial_statement(tx: Transaction, command: AddFinancialStatement) -> EnteredStatement:
    """Refuses: tenant_not_known_yet, customer_not_known_yet, and what `check_statement` refuses."""
    tenant = await present(tx)
    await customers.check_known(tx, command.customer_id)
    statement = FinancialStatement(new_id(), command.ended_on, command.currency, command.source, command.figures)
    check_statement(statement, today=tenant.today)
    entered = EnteredStatement(statement, command.customer_id, tx.actor, tenant.now)
    financial_statements.add(tx, entered)
    await plan_reviews_now(
        tx, [command.customer_id], Moment(tenant.now, tenant.today), RatingCause.STATEMENT)
    return entered
