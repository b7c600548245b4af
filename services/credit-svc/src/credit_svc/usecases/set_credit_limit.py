"""Set a customer's credit limit by hand: a fact is added, none is changed."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from credit_svc.domain.limit import LimitFact, LimitSource, check_limit
from credit_svc.store import heads, limits
from credit_svc.store.limits import SetLimit
from credit_svc.usecases.expire_limit import schedule_expiry_of_limit
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.credit import CreditLimitChanged
from dunlin_events.contracts.credit import LimitSource as SourceTold
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class SetCreditLimit:
    """`amount` None: not rated; zero: no credit. Without `valid_from` it holds from today."""

    customer_id: UUID
    currency: str
    amount: Money | None
    valid_from: date | None
    valid_until: date | None
    reason: str


async def set_credit_limit(tx: Transaction, command: SetCreditLimit) -> SetLimit:
    """Refuses: tenant_not_known_yet, customer_not_known_yet, negative_limit, validity_reversed, validity_in_past."""
    head = await heads.lock(tx, command.customer_id, command.currency)
    tenant = await present(tx)
    fact = LimitFact(
        new_id(), head.limits + 1, command.currency, command.amount, LimitSource.MANUAL,
        command.valid_from or tenant.today, command.valid_until)
    check_limit(fact, today=tenant.today)
    limit = SetLimit(fact, command.reason, tx.actor, tenant.now)
    limits.add(tx, command.customer_id, limit)
    heads.count_limit(tx, head)
    schedule_expiry_of_limit(tx, command.customer_id, fact, zone=tenant.zone)
    tx.emit(CreditLimitChanged(
        customer_id=command.customer_id, limit_id=fact.id, currency=fact.currency, version=fact.version,
        limit=None if fact.amount is None else Amount.of(fact.amount), source=SourceTold(fact.source.value),
        valid_from=fact.valid_from, valid_until=fact.valid_until))
    return limit
