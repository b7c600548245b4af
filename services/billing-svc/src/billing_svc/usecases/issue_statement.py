"""Issue a statement of account: as of an instant at which nothing was being posted, kept as it is from then on."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import partial
from uuid import UUID

from billing_svc.domain.customer import Customer, heard_of
from billing_svc.domain.statement import (
    Statement,
    StatementHead,
    currency_statement,
    digest_of,
    period_of_statement,
    snapshot_of,
)
from billing_svc.store import ageing_policies, audit, customers, periods, statement_sources, statements
from billing_svc.store.statement_sources import Moment, Source
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing_statements import StatementBalance, StatementIssued
from dunlin_kernel.frozen import replace
from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class StatementWish:
    """A statement for a customer over these days; `run_id` names the run that it belongs to, if any."""

    id: UUID
    customer_id: UUID
    period_from: date
    period_to: date
    run_id: UUID | None = None


async def issue_statement(tx: Transaction, wish: StatementWish) -> Statement:
    """Refuses: customer_not_known_yet, tenant_not_known_yet, period_reversed, period_in_future, report_does_not_tie."""
    tenant, moment = await at_rest(tx, [wish.customer_id])
    return await issue_at(tx, tenant, moment, wish)


async def at_rest(tx: Transaction, customer_ids: Collection[UUID]) -> tuple[Tenant, Moment]:
    """The tenant at an instant at which nothing is being posted, and where these customers stood then.

    Postings wait for that look alone: what is stated is read afterwards, up to the entries that were there.
    Refuses: tenant_not_known_yet.
    """
    return await periods.at_rest(tx, partial(statement_sources.present_standing, customer_ids=customer_ids))


async def issue_at(tx: Transaction, tenant: Tenant, moment: Moment, wish: StatementWish) -> Statement:
    """As of a moment that knows the customer. Refuses: as `issue_statement`."""
    period_of_statement(wish.period_from, wish.period_to, tenant.today)
    customer = heard_of((await customers.known(tx, [wish.customer_id])).get(wish.customer_id), wish.customer_id)
    sources = await statement_sources.of_customer(tx, customer.id, wish.period_from, wish.period_to, moment)
    return await _issued(tx, wish, tenant, customer, sources)


async def _issued(
    tx: Transaction, wish: StatementWish, tenant: Tenant, customer: Customer, sources: Collection[Source],
) -> Statement:
    head = StatementHead(wish.id, customer.id, customer.number, customer.name, tenant.name, wish.period_from,
                         wish.period_to, tenant.now)
    policy = await ageing_policies.policy_at(tx, tenant.now)
    made = Statement(head, tuple(replace(
        currency_statement(one.opening, one.movements, one.lines, wish.period_to, policy),
        third_parties=tuple(one.third_parties)) for one in sources))
    digest = digest_of(snapshot_of(made))
    statements.add(tx, made, digest, run_id=wish.run_id, recorded_at=tenant.now)
    audit.add(tx, "statement_issued", wish.id, customer_id=customer.id, recorded_at=tenant.now,
              after={"digest": digest})
    tx.emit(StatementIssued(
        customer_id=customer.id, statement_id=wish.id, period_from=wish.period_from, period_to=wish.period_to,
        closing=[StatementBalance(receivables=Amount.of(one.closing.receivables),
                                  unapplied=Amount.of(one.closing.unapplied)) for one in made.currencies],
        lines=len(made.lines), digest=digest))
    return made
