"""A rating policy tried before it is adopted: over the customers of today, and over the ratings of the past."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from credit_svc.domain.decision import DecisionInputs, decide
from credit_svc.domain.dry_run import Tried, holds_by
from credit_svc.domain.grade import Assessment, Grade, Opinion, assess
from credit_svc.domain.hold import HoldRule, HoldRules, Use, Watched
from credit_svc.domain.limit import LimitFact, LimitSource, limit_in_force
from credit_svc.domain.limit_engine import Trade, evaluate
from credit_svc.domain.rating_outcome import Given, Rateable, given, trade_counted
from credit_svc.domain.rating_policy import RatingPolicy
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money


@dataclass(frozen=True, slots=True)
class Book:
    """What beside ratings says whether a customer can buy: the smallest order in each currency, as it would be decided
    today, the holds that stand, and what their rules look at."""

    orders: Mapping[str, DecisionInputs]
    standing: Set[HoldRule]
    watched: Watched
    rules: HoldRules


@dataclass(frozen=True, slots=True)
class TriedLimit:
    """One currency: the base limit by the policy in force and by the one tried (None: not rated), and who can buy."""

    before: Money | None
    after: Money | None
    tried: Tried


@dataclass(frozen=True, slots=True)
class TriedRating:
    """A customer by the policy in force and by the one tried."""

    before: Given
    after: Given
    limits: Mapping[str, TriedLimit]

    @property
    def is_graded(self) -> bool:
        return self.before.grade is not None or self.after.grade is not None

    @property
    def is_blocked(self) -> bool:
        return any(one.tried.is_blocked for one in self.limits.values())

    @property
    def is_freed(self) -> bool:
        return any(one.tried.is_freed for one in self.limits.values())

    @property
    def moves_terms(self) -> bool:
        return self.before.terms != self.after.terms

    @property
    def moves_grade(self) -> bool:
        return self.before.grade != self.after.grade

    @property
    def is_changed(self) -> bool:
        """Whether the grade, the terms, a limit or what can be bought is another one."""
        moved = any(one.before != one.after for one in self.limits.values())
        return moved or self.moves_terms or self.moves_grade


def tried_rating(one: Rateable, book: Book, *, now: RatingPolicy, by: RatingPolicy) -> TriedRating:
    """Both policies look at the same day, so that only what differs between them shows."""
    before, after = given(one, now), given(one, by)
    today = one.inputs.today
    orders = {currency: (_limited(order, before, today), _limited(order, after, today))
              for currency, order in book.orders.items()}
    was = holds_by(book.standing, _watched(book, before, {one: pair[0] for one, pair in orders.items()}), book.rules)
    then = holds_by(book.standing, _watched(book, after, {one: pair[1] for one, pair in orders.items()}), book.rules)
    return TriedRating(before, after, {
        currency: _tried_limit(replace(first, holds=was), replace(second, holds=then))
        for currency, (first, second) in orders.items()})


def _limited(order: DecisionInputs, got: Given, today: date) -> DecisionInputs:
    limit = got.limits.get(order.amount.currency)
    if limit is None or not limit.decided.changes:
        return order
    return replace(order, limit=LimitFact(
        NIL, 1, order.amount.currency, limit.decided.limit, LimitSource.POLICY, today, None))


def _watched(book: Book, got: Given, orders: Mapping[str, DecisionInputs]) -> Watched:
    uses = {currency: Use(use.exposure, decide(orders[currency]).limit.amount)
            for currency, use in book.watched.uses.items()}
    return replace(book.watched, uses=uses, grade=got.grade and got.grade.value)


def _tried_limit(first: DecisionInputs, second: DecisionInputs) -> TriedLimit:
    was, then = decide(first), decide(second)
    return TriedLimit(_base(first), _base(second), Tried(
        first.customer_id or NIL, was.available, then.available, was.reasons, then.reasons))


def _base(order: DecisionInputs) -> Money | None:
    facts = [] if order.limit is None else [order.limit]
    return limit_in_force(facts, today=order.today).amount


@dataclass(frozen=True, slots=True)
class StoredLimit:
    """What a rating of the past came to as a limit, and the trade it was reckoned from, where that was stored."""

    wanted: Money
    trade: Trade | None


@dataclass(frozen=True, slots=True)
class StoredRating:
    """A rating of the past with the values it was made from; None: nothing was known of that side."""

    rating_id: UUID
    customer_id: UUID
    rated_on: date
    grade: Grade
    score: int
    willingness: Mapping[str, int | None] | None
    ability: Mapping[str, int | None] | None
    statement_ended_on: date | None
    limits: Sequence[StoredLimit]


@dataclass(frozen=True, slots=True)
class Rerated:
    """A rating of the past, and what the policy tried would have made of the same values, None: nothing. `limits` are
    what it would have come to, by currency, where that can be said."""

    stored: StoredRating
    then: Assessment | None
    limits: Mapping[str, Money]

    @property
    def grade(self) -> Grade | None:
        return None if self.then is None else self.then.grade

    @property
    def is_changed(self) -> bool:
        moved = any(self.limits.get(one.wanted.currency, one.wanted) != one.wanted for one in self.stored.limits)
        return moved or self.grade is not self.stored.grade


def rerated(stored: StoredRating, policy: RatingPolicy) -> Rerated:
    """A value that the card of the day did not look at was not stored, and counts as not known."""
    cards, ended_on = policy.cards, stored.statement_ended_on
    willingness = None if stored.willingness is None else Opinion(cards.willingness.scored(stored.willingness), 0)
    ability = None if stored.ability is None or ended_on is None else Opinion(
        cards.ability.scored(stored.ability), cards.freshness.confidence_bps(ended_on, today=stored.rated_on))
    try:
        then = assess(willingness, ability, bands=policy.bands, ability_weight_bps=cards.ability_weight_bps)
    except RuleBroken:
        return Rerated(stored, None, {})
    return Rerated(stored, then, {one.wanted.currency: evaluate(
        trade_counted(one.trade, ended_on, policy, today=stored.rated_on), grade=then.grade,
        default_ppm=then.default_ppm, rules=policy.limits).limit for one in stored.limits if one.trade is not None})


@dataclass(frozen=True, slots=True)
class LimitSum:
    """One currency: limits before and after, and of the difference what is raised and what is cut."""

    before: Money
    after: Money
    raised: Money
    cut: Money


def sum_of_limits(pairs: Iterable[tuple[Money | None, Money | None]], currency: str) -> LimitSum:
    """Not rated counts as nothing."""
    nothing = Money.zero(currency)
    before = after = raised = cut = nothing
    for first, second in pairs:
        was, then = first or nothing, second or nothing
        before, after = before + was, after + then
        raised, cut = raised + max(nothing, then - was), cut + max(nothing, was - then)
    return LimitSum(before, after, raised, cut)
