"""Carry over the credit of a customer that was merged: its orders and holds go on, its limits end."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from credit_svc.domain.hold import HoldRule
from credit_svc.domain.limit import LimitFact, LimitInForce, ended_by_merger, limit_in_force
from credit_svc.domain.position import Alert, AlertRule
from credit_svc.store import heads, holds, limits, mergers, standings
from credit_svc.store.heads import Head
from credit_svc.store.holds import HoldEnd
from credit_svc.store.limits import SetLimit
from credit_svc.usecases.keep_holds import place_hold
from credit_svc.usecases.raise_alert import raise_alert
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.credit import AuthorizationTransferred, CreditLimitChanged
from dunlin_events.contracts.credit import LimitKind as KindTold
from dunlin_events.contracts.credit import LimitSource as SourceTold
from dunlin_events.contracts.credit_holds import CreditHoldReleased, HoldReleaseCause, HoldRuleTold
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money
from dunlin_kit import jobs
from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction

CARRY_OVER_CREDIT, REASON = "carry_over_credit", "customer_merged"


def plan_carry_over(tx: Any, source_id: UUID, at: datetime) -> None:
    """At once; once for each customer that was merged."""
    jobs.schedule(tx, CARRY_OVER_CREDIT, str(source_id), at, {})


async def carry_over_credit(tx: Transaction, source_id: UUID, moment: Tenant) -> None:
    """What is reserved stands on the other customer's heads. Limits are not added: those of the one that was merged
    become zero, and an alert on the other one names each. A hold by hand goes on; those by rule follow by themselves.

    Refuses: customer_not_known_yet.
    """
    merged = await mergers.surviving(tx, source_id)
    assert merged is not None, "its merger was told"
    into_id, held = merged.into_id, await heads.lock_all(tx, [source_id, merged.into_id])
    orders = await mergers.reserved_of(tx, source_id)
    for currency in sorted(held.get(source_id, {})):
        left, into = await heads.lock(tx, source_id, currency), await heads.lock(tx, into_id, currency)
        await mergers.pass_on(tx, source_id, into_id, currency)
        heads.pass_on(tx, left, into, limits=await _end_limits(tx, left, into_id, moment))
    for order in orders:
        for customer_id in (source_id, into_id):
            tx.emit(AuthorizationTransferred(
                customer_id=customer_id, authorization_id=order.authorization_id, reference=order.reference,
                source_id=source_id, into_id=into_id, amount=Amount.of(order.reserved)))
    await _carry_holds(tx, source_id, into_id, moment)


async def _end_limits(tx: Transaction, left: Head, into_id: UUID, moment: Tenant) -> int:
    """How many limits there are then."""
    standing = await standings.read(tx, left.customer_id, left.currency, today=moment.today)
    before = limit_in_force(standing.limits, today=moment.today)
    ended = ended_by_merger(before, new_id, after=left.limits, today=moment.today)
    for fact in ended:
        limits.add(tx, left.customer_id, SetLimit(fact, REASON, tx.actor, moment.now, None))
        tx.emit(_told(left.customer_id, fact))
    if before.amount is not None and before.amount.is_positive:
        raise_alert(tx, into_id, await _alert(tx, before.amount, into_id, moment))
    return left.limits + len(ended)


async def _alert(tx: Transaction, ended: Money, into_id: UUID, moment: Tenant) -> Alert:
    standing = await standings.read(tx, into_id, ended.currency, today=moment.today)
    stands: LimitInForce = limit_in_force(standing.limits, today=moment.today)
    return Alert(AlertRule.CUSTOMER_MERGED, None, None, moment.now, ended, stands.amount or Money.zero(ended.currency))


def _told(customer_id: UUID, fact: LimitFact) -> CreditLimitChanged:
    return CreditLimitChanged(
        customer_id=customer_id, limit_id=fact.id, currency=fact.currency, version=fact.version,
        limit=None if fact.amount is None else Amount.of(fact.amount), source=SourceTold(fact.source.value),
        valid_from=fact.valid_from, valid_until=fact.valid_until, kind=KindTold(fact.kind.value))


async def _carry_holds(tx: Transaction, source_id: UUID, into_id: UUID, moment: Tenant) -> None:
    standing = await holds.standing(tx, [source_id, into_id])
    hold_id = standing.get(source_id, {}).get(HoldRule.MANUAL)
    if hold_id is None:
        return
    hold = await holds.get(tx, hold_id)
    holds.end(tx, hold.id, HoldEnd(tx.actor, moment.now, REASON))
    tx.emit(CreditHoldReleased(
        customer_id=source_id, hold_id=hold.id, rule=HoldRuleTold(hold.rule.value), cause=HoldReleaseCause.MERGED,
        waived_until=None))
    if HoldRule.MANUAL not in standing.get(into_id, {}):
        place_hold(tx, replace(hold, id=new_id(), customer_id=into_id, placed_at=moment.now))
