"""The limit engine: the least of need, capacity or record, risk and cap, by the grade's factor, rounded down."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum

from credit_svc.domain.grade import Grade
from credit_svc.domain.policy import MAX_BPS, MAX_DAYS, WHOLE_BPS, share_of
from credit_svc.domain.scorecard import WHOLE_PPM
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import MAX_MINOR, Money

FIRST_FACTORS: Mapping[Grade, int] = {
    Grade.A: 10_000, Grade.B: 7_500, Grade.C: 4_000, Grade.D: 1_000, Grade.E: 0}
YEAR_DAYS = 365
LEAST_DAYS = 30


class LimitPart(StrEnum):
    """What can bind a limit; `grade` takes its share of the least of the others."""

    NEED = "need"
    CAPACITY = "capacity"
    RECORD = "record"
    RISK = "risk"
    CAP = "cap"
    GRADE = "grade"


OF_SIZE = (LimitPart.NEED, LimitPart.CAPACITY, LimitPart.RECORD)
"""What grows with a customer: more of it is a raise, never the cure of a cut."""


@dataclass(frozen=True, slots=True)
class EngineRules:
    """Shares in basis points. `risk_budget`: the loss a year that one customer may cost, by currency; `cap`: the most
    one may have; `concentration_bps`: of all that is open in the currency; one left out does not bind.
    `ladder_figures`: how many figures of a limit are not zero. Refuses: bad_policy.
    """

    growth_bps: int = 1_000
    net_worth_share_bps: int = 1_000
    record_factor_bps: int = 12_000
    loss_given_default_bps: int = 4_500
    default_floor_ppm: int = 1_000
    risk_budget: Mapping[str, Money] = field(default_factory=dict)
    cap: Mapping[str, Money] = field(default_factory=dict)
    concentration_bps: int | None = None
    factors: Mapping[Grade, int] = field(default_factory=lambda: dict(FIRST_FACTORS))
    ladder_figures: int = 2
    raise_days: int = 30
    max_overdue_days: int = 15
    restore_days: int = 180

    def __post_init__(self) -> None:
        shares = (self.growth_bps, self.net_worth_share_bps, self.record_factor_bps, self.concentration_bps or 0,
                  *self.factors.values())
        days = (self.raise_days, self.max_overdue_days, self.restore_days)
        wrong = not all(0 <= bps <= MAX_BPS for bps in shares) or not all(0 <= one <= MAX_DAYS for one in days)
        if wrong or not 0 < self.loss_given_default_bps <= WHOLE_BPS or not 0 < self.default_floor_ppm <= WHOLE_PPM:
            raise RuleBroken("bad_policy", "A share or a number of days of the limit engine is out of its bounds.")
        if set(self.factors) != set(Grade) or not 1 <= self.ladder_figures <= 6:
            raise RuleBroken("bad_policy", "Every grade has a factor, and a ladder has one to six figures.")
        if any(one.is_negative for one in (*self.risk_budget.values(), *self.cap.values())):
            raise RuleBroken("bad_policy", "A budget or a cap is zero or more.")

    @property
    def days_back(self) -> int:
        """How far back earlier evaluations say something."""
        return max(self.raise_days, self.restore_days)


@dataclass(frozen=True, slots=True)
class Trade:
    """One customer in one currency: billed over so many days, terms and the delay that four of five payments keep, the
    most that was owed at once and paid in time, net worth with lines it has elsewhere, and what all customers owe."""

    billed: Money
    days: int
    due_days: int
    delay_days: int
    record: Money
    net_worth: Money | None = None
    existing_lines: Money | None = None
    open_of_all: Money | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Each part, None where it does not bind, and what they come to."""

    need: Money
    capacity: Money | None
    record: Money | None
    risk: Money | None
    cap: Money | None
    factor_bps: int
    limit: Money

    @property
    def amounts(self) -> Mapping[LimitPart, Money]:
        """Those that bind, before the grade takes its share."""
        found = {LimitPart.NEED: self.need, LimitPart.CAPACITY: self.capacity, LimitPart.RECORD: self.record,
                 LimitPart.RISK: self.risk, LimitPart.CAP: self.cap}
        return {part: amount for part, amount in found.items() if amount is not None}


def evaluate(trade: Trade, *, grade: Grade, default_ppm: int, rules: EngineRules) -> Evaluation:
    """Capacity counts where a statement is known, else the record; nothing is ever below zero."""
    currency, factor = trade.billed.currency, rules.factors[grade]
    capacity = None if trade.net_worth is None else capacity_of(
        trade.net_worth, rules.net_worth_share_bps, existing=trade.existing_lines or Money.zero(currency))
    record = share_of(trade.record, rules.record_factor_bps) if capacity is None else None
    risk = None if currency not in rules.risk_budget else risk_limit(
        rules.risk_budget[currency], default_ppm=max(default_ppm, rules.default_floor_ppm),
        loss_bps=rules.loss_given_default_bps)
    need, cap = need_of(trade, rules), _cap_of(trade, rules)
    least = min(one for one in (need, capacity, record, risk, cap) if one is not None)
    return Evaluation(
        need, capacity, record, risk, cap, factor, on_ladder(share_of(least, factor), rules.ladder_figures))


def bound_by(one: Evaluation, *, below: Money | None = None) -> tuple[LimitPart, ...]:
    """The least part, and the grade where it takes a share; `below` this level only what brought the limit there."""
    least, graded = min(one.amounts.values()), one.factor_bps < WHOLE_BPS
    parts = tuple(part for part, amount in one.amounts.items() if amount == least)
    if graded and below is not None and least >= below:
        return (LimitPart.GRADE,)
    return (*parts, LimitPart.GRADE) if graded else parts


def regained(since: Sequence[Evaluation], now: Evaluation, rules: EngineRules) -> Money:
    """What comes back of a cut: today's grade, risk and cap, on no more size than all evaluations since it saw."""
    others = (amount for part, amount in now.amounts.items() if part not in OF_SIZE)
    return on_ladder(share_of(min([_size((*since, now)), *others]), now.factor_bps), rules.ladder_figures)


def recoverable(seen: Sequence[Evaluation], rules: EngineRules) -> Money:
    """The most that these evaluations would allow if grade, risk and cap were at their best."""
    return on_ladder(share_of(_size(seen), max(rules.factors.values())), rules.ladder_figures)


def _size(seen: Iterable[Evaluation]) -> Money:
    return min(one.amounts[part] for one in seen for part in OF_SIZE if part in one.amounts)


def need_of(trade: Trade, rules: EngineRules) -> Money:
    """Average daily billing x (terms + delay) x (1 + headroom for growth)."""
    days = max(LEAST_DAYS, min(YEAR_DAYS, trade.days))
    held = max(0, trade.due_days + trade.delay_days)
    exact = Decimal(trade.billed.minor) * held * (WHOLE_BPS + rules.growth_bps) / (days * WHOLE_BPS)
    return _bounded(exact, trade.billed.currency)


def capacity_of(net_worth: Money, share_bps: int, *, existing: Money) -> Money:
    """A share of tangible net worth, less the lines that others have given."""
    return max(share_of(net_worth, share_bps) - existing, Money.zero(net_worth.currency))


def risk_limit(budget: Money, *, default_ppm: int, loss_bps: int) -> Money:
    """How much may be owed so that the expected loss stays in the budget: budget / (PD x LGD)."""
    return _bounded(Decimal(budget.minor) * WHOLE_PPM * WHOLE_BPS / (default_ppm * loss_bps), budget.currency)


def on_ladder(amount: Money, figures: int) -> Money:
    """Rounded down to so many figures: 23,628.55 is 23,600 on a ladder of three."""
    step = 10 ** max(0, len(str(amount.minor)) - figures)
    return Money(amount.minor // step * step, amount.currency)


def _cap_of(trade: Trade, rules: EngineRules) -> Money | None:
    caps = [rules.cap[trade.billed.currency]] if trade.billed.currency in rules.cap else []
    if rules.concentration_bps is not None and trade.open_of_all is not None:
        caps.append(share_of(trade.open_of_all, rules.concentration_bps))
    return min(caps, default=None)


def _bounded(exact: Decimal, currency: str) -> Money:
    return Money(min(MAX_MINOR, max(0, int(exact.to_integral_value(ROUND_FLOOR)))), currency)
