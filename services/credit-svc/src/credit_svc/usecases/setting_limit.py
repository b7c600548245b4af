"""How every limit is recorded, whoever sets it: the fact, its end by the calendar, and the event."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from credit_svc.domain.alert_line import crossed_cut
from credit_svc.domain.limit import LimitFact, LimitInForce, LimitKind, check_limit, limit_in_force
from credit_svc.domain.limit_override import check_override, source_by_hand
from credit_svc.domain.policy_version import PolicyVersion
from credit_svc.store import heads, limits, mergers, policies, standings
from credit_svc.store.heads import Head
from credit_svc.store.limits import SetLimit
from credit_svc.store.watching import Moment
from credit_svc.usecases.expire_limit import schedule_expiry_of_limit
from credit_svc.usecases.raise_alert import raise_alert
from credit_svc.usecases.watch_customers import watch_customers
from credit_svc.usecases.watch_lines import alert_of
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.credit import CreditLimitChanged
from dunlin_events.contracts.credit import LimitKind as KindTold
from dunlin_events.contracts.credit import LimitSource as SourceTold
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from dunlin_kit.tenants import Tenant, present
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
    kind: LimitKind = LimitKind.BASE


@dataclass(frozen=True, slots=True)
class SettingLimit:
    """A limit about to be set, under the lock of its head, with what it follows on and the rules for it."""

    head: Head
    tenant: Tenant
    before: LimitInForce
    policy: PolicyVersion
    fact: LimitFact


async def setting_of(tx: Transaction, command: SetCreditLimit, *, starts_today: bool = False) -> SettingLimit:
    """`starts_today`: a first day that has passed meanwhile becomes today.

    Refuses: tenant_not_known_yet, customer_not_known_yet, customer_merged, override_needs_end, override_too_long, and
    what `check_limit` refuses.
    """
    head = await heads.lock(tx, command.customer_id, command.currency)
    await mergers.check_not_merged(tx, command.customer_id)
    tenant = await present(tx)
    policy, _ = await policies.in_force(tx)
    standing = await standings.read(tx, command.customer_id, command.currency, today=tenant.today)
    before = limit_in_force(standing.limits, today=tenant.today)
    begins = command.valid_from or tenant.today
    fact = LimitFact(
        new_id(), head.limits + 1, command.currency, command.amount, source_by_hand(before),
        max(begins, tenant.today) if starts_today else begins, command.valid_until, command.kind)
    check_limit(fact, today=tenant.today)
    check_override(fact, policy.overrides)
    return SettingLimit(head, tenant, before, policy, fact)


async def record_limit(tx: Transaction, setting: SettingLimit, limit: SetLimit) -> SetLimit:
    """Write the limit, the job that tells of its end, and its event; then the rules of holds look again."""
    fact, head, tenant = limit.fact, setting.head, setting.tenant
    limits.add(tx, head.customer_id, limit)
    heads.count_limit(tx, head)
    schedule_expiry_of_limit(tx, head.customer_id, fact, zone=tenant.zone)
    tx.emit(told_limit(head.customer_id, fact))
    moment = Moment(tenant.now, tenant.today)
    crossed = crossed_cut(fact, setting.before, setting.policy.alerts)
    if crossed is not None:
        raise_alert(tx, head.customer_id, alert_of(crossed, moment))
    await watch_customers(tx, [head.customer_id], moment)
    return limit


def told_limit(customer_id: UUID, fact: LimitFact) -> CreditLimitChanged:
    """What others hear of a limit; who set it and why stays here."""
    return CreditLimitChanged(
        customer_id=customer_id, limit_id=fact.id, currency=fact.currency, version=fact.version,
        limit=None if fact.amount is None else Amount.of(fact.amount), source=SourceTold(fact.source.value),
        valid_from=fact.valid_from, valid_until=fact.valid_until, kind=KindTold(fact.kind.value))
