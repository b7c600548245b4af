"""Alert lines: what needs a person's eye before it is a loss; each line speaks once, and again after it was cured."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from credit_svc.domain.limit import LimitFact, LimitInForce, LimitKind
from credit_svc.domain.owed_item import Overdue
from credit_svc.domain.policy import MAX_BPS, WHOLE_BPS, share_of
from credit_svc.domain.position import AlertRule
from dunlin_kernel.calendar import days_after
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import Money

MAX_LINES = 10
MAX_WARNING_DAYS = 365


@dataclass(frozen=True, slots=True)
class AlertLines:
    """`ageing_days`: rising days past due, one line each. `limit_cut_bps`: a base limit cut by at least this share.
    `amount_above`: one order above this, by currency. `concentration_bps`: one customer's share of all that is open in
    a currency. `silence_days`: who owes past due and has paid before, but not for longer than this. `cover_end_days`:
    so many days before the last one of a cover.

    A line that is None or empty is off. Refuses: bad_policy.
    """

    ageing_days: tuple[int, ...] = ()
    limit_cut_bps: int | None = None
    amount_above: Mapping[str, Money] = field(default_factory=dict)
    concentration_bps: int | None = None
    silence_days: int | None = None
    cover_end_days: int | None = None

    def __post_init__(self) -> None:
        rising = list(self.ageing_days) == sorted(set(self.ageing_days)) and len(self.ageing_days) <= MAX_LINES
        if not rising or any(days < 0 for days in self.ageing_days):
            raise RuleBroken("bad_policy", f"At most {MAX_LINES} lines of days, from zero, each above the one before.")
        for bps in (self.limit_cut_bps, self.concentration_bps):
            if bps is not None and not 0 < bps <= MAX_BPS:
                raise RuleBroken("bad_policy", f"A line lies between 1 and {MAX_BPS} basis points.")
        if self.silence_days is not None and self.silence_days < 1:
            raise RuleBroken("bad_policy", "Silence is at least a day.")
        if self.cover_end_days is not None and not 1 <= self.cover_end_days <= MAX_WARNING_DAYS:
            raise RuleBroken("bad_policy", f"The end of a cover is told 1 to {MAX_WARNING_DAYS} days ahead.")
        if any(amount.is_negative for amount in self.amount_above.values()):
            raise RuleBroken("bad_policy", "An amount line is zero or more.")


@dataclass(frozen=True, slots=True)
class Crossed:
    """A line that was crossed: by how much, up to which amount it would have kept silent, and at which level."""

    rule: AlertRule
    amount: Money
    tolerated: Money
    level: int


def ageing_level(overdue: Overdue | None, lines: AlertLines, *, days: int) -> int:
    """How many lines the oldest undisputed item has passed."""
    return 0 if overdue is None else sum(days > line for line in lines.ageing_days)


def crossed_ageing(overdue: Overdue | None, lines: AlertLines, *, days: int, before: int) -> Crossed | None:
    """The line crossed since, when it is a higher one than before."""
    level = ageing_level(overdue, lines, days=days)
    if overdue is None or level <= before:
        return None
    return Crossed(AlertRule.AGEING, overdue.amount, Money.zero(overdue.amount.currency), level)


def crossed_concentration(opened: Money, total: Money, lines: AlertLines, *, before: int) -> Crossed | None:
    """One customer's share of all that is open in a currency; a sole customer is no concentration."""
    if lines.concentration_bps is None or opened == total or before:
        return None
    tolerated = share_of(total, lines.concentration_bps)
    return Crossed(AlertRule.CONCENTRATION, opened, tolerated, 1) if opened > tolerated else None


def concentration_level(opened: Money, total: Money, lines: AlertLines) -> int:
    """1 above the line, else 0."""
    return 0 if crossed_concentration(opened, total, lines, before=0) is None else 1


def crossed_silence(
    overdue: Overdue | None, quiet_days: int | None, lines: AlertLines, *, before: int,
) -> Crossed | None:
    """One who owes past due and has stopped paying; `quiet_days` is None for one who never paid."""
    if overdue is None or lines.silence_days is None or quiet_days is None or before:
        return None
    if quiet_days <= lines.silence_days:
        return None
    return Crossed(AlertRule.SILENCE, overdue.amount, Money.zero(overdue.amount.currency), 1)


def silence_level(overdue: Overdue | None, quiet_days: int | None, lines: AlertLines) -> int:
    """1 beyond the line, else 0."""
    return 0 if crossed_silence(overdue, quiet_days, lines, before=0) is None else 1


def cover_warned_until(lines: AlertLines, *, today: date) -> date | None:
    """A cover with this last day or an earlier one ends soon; None where nobody is told."""
    return None if lines.cover_end_days is None else days_after(today, lines.cover_end_days)


def crossed_amount(asked: Money, line: Money | None) -> Crossed | None:
    """One order above the line of its currency."""
    return None if line is None or asked <= line else Crossed(AlertRule.AMOUNT, asked, line, 1)


def crossed_cut(fact: LimitFact, before: LimitInForce, lines: AlertLines) -> Crossed | None:
    """A base limit cut by at least the share of the line, or a rating taken back."""
    held = before.fact.amount if before.fact is not None else None
    if lines.limit_cut_bps is None or fact.kind is not LimitKind.BASE or held is None or not held.is_positive:
        return None
    cut = held if fact.amount is None else held - fact.amount
    deep = cut.minor * WHOLE_BPS >= held.minor * lines.limit_cut_bps
    return Crossed(AlertRule.CREDIT_CHANGE, cut, share_of(held, lines.limit_cut_bps), 1) if deep else None
