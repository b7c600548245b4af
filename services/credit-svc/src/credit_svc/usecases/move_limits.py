"""What a rating does to the base limits: evaluated by currency, and moved where the policy's patience allows it."""

from dataclasses import dataclass

from credit_svc.domain.limit import LimitFact, LimitInForce, LimitSource, limit_in_force
from credit_svc.domain.limit_engine import Evaluation, LimitPart, Trade, bound_by, evaluate
from credit_svc.domain.rating import Inputs
from credit_svc.domain.rating_policy import RatingPolicy
from credit_svc.domain.review import Decided, LimitMove, Standing, advised, decide_limit
from credit_svc.store import behaviours, heads, policies, rating_effects, standings
from credit_svc.store.heads import Head
from credit_svc.store.limits import SetLimit
from credit_svc.store.rating_effects import LimitEvaluation
from credit_svc.store.ratings import CreditRating
from credit_svc.usecases.setting_limit import SettingLimit, record_limit
from dunlin_kernel.ids import new_id
from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction

ACTOR = "policy"


@dataclass(frozen=True, slots=True)
class RatingCase:
    """A rating with what it was made from."""

    rating: CreditRating
    inputs: Inputs
    policy: RatingPolicy
    tenant: Tenant


async def move_limits(tx: Transaction, case: RatingCase) -> None:
    """All heads first, in the order of their currencies; then one limit after the other."""
    customer_id, today, statement = case.rating.customer_id, case.inputs.today, case.inputs.statement
    if statement is not None and not case.policy.cards.freshness.confidence_bps(statement.ended_on, today=today):
        statement = None
    trades = await behaviours.trades(tx, customer_id, statement, today=today)
    locked = [(await heads.lock(tx, customer_id, currency), trade) for currency, trade in trades.items()]
    for head, trade in locked:
        await _move(tx, case, head, trade)


async def _move(tx: Transaction, case: RatingCase, head: Head, trade: Trade) -> None:
    rating, rules, today = case.rating, case.policy.limits, case.inputs.today
    known = await standings.read(tx, rating.customer_id, head.currency, today=today)
    before = limit_in_force(known.limits, today=today)
    standing = Standing(before, await rating_effects.earlier(tx, rating.customer_id, head.currency), today)
    parts = evaluate(trade, grade=rating.grade, default_ppm=rating.default_ppm, rules=rules)
    overdue = case.inputs.behaviour.oldest_overdue_days(today)
    decided = decide_limit(parts, overdue, standing, rules) if case.policy.sets_limits else advised(
        parts.limit, standing)
    fact = None
    if decided.changes:
        fact = LimitFact(
            new_id(), head.limits + 1, head.currency, decided.limit, LimitSource.POLICY, today, None)
        policy, _ = await policies.in_force(tx)
        setting = SettingLimit(head, case.tenant, before, policy, fact)
        await record_limit(tx, setting, SetLimit(
            fact, reason_of(rating, parts, decided, before), ACTOR, case.tenant.now, approved_by=None))
    rating_effects.add_evaluation(tx, LimitEvaluation(
        rating.id, rating.customer_id, today, parts, decided, overdue, None if fact is None else fact.id))


def reason_of(rating: CreditRating, parts: Evaluation, decided: Decided, before: LimitInForce) -> str:
    """Why a limit stands as it does, for a person to read: what bound it, and what of the grade, where that did."""
    held = before.fact.amount if decided.move is LimitMove.CUT and before.fact else None
    bound = bound_by(parts, below=held)
    graded = LimitPart.GRADE in bound or LimitPart.RISK in bound
    why = f" ({', '.join(rating.reasons)})" if graded and rating.reasons else ""
    return f"{decided.move.value} by the policy, grade {rating.grade.value}, bound by {', '.join(bound)}{why}"
