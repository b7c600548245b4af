"""Carry over the credit of a customer that was merged: its orders, holds and covers go on, limits are not added."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from credit_svc.domain.hold import HoldRule
from credit_svc.domain.limit import LimitFact, LimitInForce, ended_by_merger, limit_in_force, passed_on_by_merger
from credit_svc.domain.position import Alert, AlertRule
from credit_svc.domain.review import RatingCause
from credit_svc.store import customers, exposures, heads, holds, limits, mergers, standings
from credit_svc.store.heads import Head
from credit_svc.store.holds import HoldEnd
from credit_svc.store.limits import SetLimit
from credit_svc.store.watching import Moment
from credit_svc.usecases.expire_limit import schedule_expiry_of_limit
from credit_svc.usecases.keep_holds import place_hold
from credit_svc.usecases.pass_covers import pass_covers
from credit_svc.usecases.plan_reviews_now import plan_reviews_now
from credit_svc.usecases.raise_alert import raise_alert
from credit_svc.usecases.setting_limit import told_limit
from credit_svc.usecases.watch_customers import watch_customers
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.credit import AuthorizationTransferred
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
    """What is reserved stands on the other customer's heads; covers, a hold by hand and limits that wait for a second
    person go on there. A limit goes on where the other one has none; else it becomes zero, and an alert names it.
    Holds by rule follow by themselves, and the other one is rated anew: by what both did.

    Refuses: customer_not_known_yet.
    """
    merged = await mergers.surviving(tx, source_id)
    assert merged is not None, "its merger was told"
    into_id, held = merged.into_id, await heads.lock_all(tx, [source_id, merged.into_id])
    await customers.check_known(tx, into_id)
    orders = await mergers.reserved_of(tx, source_id)
    for currency in sorted(held.get(source_id, {})):
        left, into = await heads.lock(tx, source_id, currency), await heads.lock(tx, into_id, currency)
        await mergers.pass_on(tx, source_id, into_id, currency)
        heads.pass_on(tx, left, into, limits=await _pass_limits(tx, left, into, moment))
    for order in orders:
        for customer_id in (source_id, into_id):
            tx.emit(AuthorizationTransferred(
                customer_id=customer_id, authorization_id=order.authorization_id, reference=order.reference,
                source_id=source_id, into_id=into_id, amount=Amount.of(order.reserved)))
    await pass_covers(tx, source_id, into_id)
    await exposures.lock_all(tx, [source_id, into_id])
    await _carry_holds(tx, source_id, into_id, moment)
    when = Moment(moment.now, moment.today)
    await plan_reviews_now(tx, [into_id], when, RatingCause.MERGED)
    await watch_customers(tx, [into_id], when)


async def _pass_limits(tx: Transaction, left: Head, into: Head, moment: Tenant) -> tuple[int, int]:
    """How many limits there are then, here and there."""
    before, there = await _in_force(tx, left, moment), await _in_force(tx, into, moment)
    passed = passed_on_by_merger(before, there, new_id, after=into.limits, today=moment.today)
    ended = ended_by_merger(before, new_id, after=left.limits, today=moment.today)
    for head, facts in ((left, ended), (into, passed)):
        _record(tx, head, facts, moment)
    if not passed and before.amount is not None and before.amount.is_positive:
        raise_alert(tx, into.customer_id, Alert(
            AlertRule.CUSTOMER_MERGED, None, None, moment.now, before.amount,
            there.amount or Money.zero(into.currency)))
    return left.limits + len(ended), into.limits + len(passed)


async def _in_force(tx: Transaction, head: Head, moment: Tenant) -> LimitInForce:
    standing = await standings.read(tx, head.customer_id, head.currency, today=moment.today)
    return limit_in_force(standing.limits, today=moment.today)


def _record(tx: Transaction, head: Head, facts: list[LimitFact], moment: Tenant) -> None:
    for fact in facts:
        limits.add(tx, head.customer_id, SetLimit(fact, REASON, tx.actor, moment.now, None))
        schedule_expiry_of_limit(tx, head.customer_id, fact, zone=moment.zone)
        tx.emit(told_limit(head.customer_id, fact))


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
