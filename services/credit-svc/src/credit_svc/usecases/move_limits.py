"""What a rating does to the base limits: evaluated by currency, and moved where the policy's patience allows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from credit_svc.domain.grade import Assessment, Grade
from credit_svc.domain.limit import LimitFact, LimitInForce, LimitSource, limit_in_force
from credit_svc.domain.limit_engine import Evaluation, LimitPart, Trade, bound_by
from credit_svc.domain.rating import Inputs
from credit_svc.domain.rating_outcome import LimitGiven, TermsGiven, limit_given
from credit_svc.domain.rating_policy import RatingPolicy
from credit_svc.domain.review import Decided, LimitMove, Standing
from credit_svc.store import behaviours, heads, policies, rating_effects, standings
from credit_svc.store.heads import Head
from credit_svc.store.limits import SetLimit
from credit_svc.store.rating_effects import DecidedTerms, LimitEvaluation
from credit_svc.store.ratings import CreditRating, Look
from credit_svc.usecases.setting_limit import SettingLimit, record_limit
from dunlin_kernel.ids import new_id
from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction

ACTOR = "policy"


@dataclass(frozen=True, slots=True)
class RatingCase:
    """A rating with what it was made from, the days and grades before it, newest first, the look it comes of, the terms
    it gives (None where people decide them), and those that were decided last."""

    rating: CreditRating
    graded: Assessment
    inputs: Inputs
    policy: RatingPolicy
    tenant: Tenant
    earlier: Sequence[tuple[date, Grade]]
    look: Look
    terms: TermsGiven | None
    terms_before: DecidedTerms | None

    @property
    def changes_terms(self) -> bool:
        """Whether the terms it gives are other ones than those decided last."""
        before = None if self.terms_before is None else self.terms_before.terms
        return self.terms is not None and self.terms.terms != before


@dataclass(frozen=True, slots=True)
class LimitDecided:
    """Under the lock of its head: the limit that stands, and what the rating gives."""

    head: Head
    before: LimitInForce
    got: LimitGiven


async def decide_limits(tx: Transaction, case: RatingCase) -> list[LimitDecided]:
    """All heads first, in the order of their currencies; then one limit after the other."""
    customer_id, today = case.rating.customer_id, case.inputs.today
    trades = (await behaviours.trades(tx, {customer_id: case.inputs.statement}, today=today))[customer_id]
    locked = [(await heads.lock(tx, customer_id, currency), trade) for currency, trade in trades.items()]
    return [await _decided(tx, case, head, trade) for head, trade in locked]


async def _decided(tx: Transaction, case: RatingCase, head: Head, trade: Trade) -> LimitDecided:
    today, asked = case.inputs.today, (case.rating.customer_id, head.currency)
    known = await standings.read(tx, *asked, today=today)
    before = limit_in_force(known.limits, today=today)
    earlier = (await rating_effects.earlier(tx, [asked], days=case.policy.limits.days_back)).get(asked, ())
    return LimitDecided(head, before, limit_given(
        trade, Standing(before, earlier, today), case.inputs, case.graded, case.policy))


async def move_limits(tx: Transaction, case: RatingCase, limits: Sequence[LimitDecided]) -> None:
    """Record each evaluation, and the limit where it changes."""
    for one in limits:
        await _move(tx, case, one)


async def _move(tx: Transaction, case: RatingCase, one: LimitDecided) -> None:
    rating, today, head = case.rating, case.inputs.today, one.head
    parts, decided, fact = one.got.parts, one.got.decided, None
    if decided.changes:
        fact = LimitFact(new_id(), head.limits + 1, head.currency, decided.limit, LimitSource.POLICY, today, None)
        policy, _ = await policies.in_force(tx)
        setting = SettingLimit(head, case.tenant, one.before, policy, fact)
        await record_limit(tx, setting, SetLimit(
            fact, reason_of(rating, parts, decided, one.before), ACTOR, case.tenant.now, approved_by=None))
    rating_effects.add_evaluation(tx, LimitEvaluation(
        rating.id, rating.customer_id, today, parts, decided, case.inputs.behaviour.oldest_overdue_days(today),
        None if fact is None else fact.id, one.got.trade))


def reason_of(rating: CreditRating, parts: Evaluation, decided: Decided, before: LimitInForce) -> str:
    """Why a limit stands as it does, for a person to read: what bound it, and what of the grade, where that did."""
    held = before.fact.amount if decided.move is LimitMove.CUT and before.fact else None
    bound = bound_by(parts, below=held)
    graded = LimitPart.GRADE in bound or LimitPart.RISK in bound
    why = f" ({', '.join(rating.reasons)})" if graded and rating.reasons else ""
    return f"{decided.move.value} by the policy, grade {rating.grade.value}, bound by {', '.join(bound)}{why}"
