"""Scorecards as versioned data: weights of evidence by bins, points on a scale from 300 to 850, and reasons.

The scale: 600 points stand for odds of 50 good to 1 bad, 20 points more double them. An attribute of n gives
(weight of evidence + log odds of the card / n) x factor + offset / n (Siddiqi); evidence is positive where it is good.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from dunlin_kernel.errors import RuleBroken

LOWEST, HIGHEST = 300, 850
FACTOR = Decimal(20) / Decimal(2).ln()
OFFSET = 600 - FACTOR * Decimal(50).ln()
WHOLE_PPM = 1_000_000
MAX_REASONS = 4
MAX_MILLI = 10_000


@dataclass(frozen=True, slots=True)
class Bin:
    """Values up to and including `upto` (None: all that are left), and their weight of evidence in thousandths."""

    upto: int | None
    woe_milli: int


@dataclass(frozen=True, slots=True)
class Variable:
    """One attribute: bins in rising order, with bins of their own for unknown and, where it is a spike, for zero."""

    name: str
    bins: tuple[Bin, ...]
    missing_woe_milli: int = 0
    zero_woe_milli: int | None = None

    def woe_milli(self, value: int | None) -> int:
        if value is None:
            return self.missing_woe_milli
        if value == 0 and self.zero_woe_milli is not None:
            return self.zero_woe_milli
        return next(one.woe_milli for one in self.bins if one.upto is None or value <= one.upto)

    @property
    def best_woe_milli(self) -> int:
        zero = () if self.zero_woe_milli is None else (self.zero_woe_milli,)
        return max(*(one.woe_milli for one in self.bins), self.missing_woe_milli, *zero)


@dataclass(frozen=True, slots=True)
class Points:
    """What one attribute gave, of how many it could."""

    variable: str
    value: int | None
    points: int
    best: int

    @property
    def lost(self) -> int:
        return self.best - self.points


@dataclass(frozen=True, slots=True)
class Scored:
    score: int
    points: tuple[Points, ...]


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Variables and the log odds, in thousandths, of somebody of whom nothing is known. Refuses: bad_scorecard."""

    base_log_odds_milli: int
    variables: tuple[Variable, ...]

    def __post_init__(self) -> None:
        names = [one.name for one in self.variables]
        if not names or len(set(names)) < len(names):
            raise RuleBroken("bad_scorecard", "A scorecard has variables, each once.")
        for one in self.variables:
            _check(one)

    def scored(self, values: Mapping[str, int | None]) -> Scored:
        """A value that is not given is unknown."""
        given = tuple(
            Points(one.name, values.get(one.name), self._points(one.woe_milli(values.get(one.name))),
                   self._points(one.best_woe_milli))
            for one in self.variables)
        return Scored(within_scale(sum(one.points for one in given)), given)

    def _points(self, woe_milli: int) -> int:
        n = len(self.variables)
        evidence = (Decimal(woe_milli) + Decimal(self.base_log_odds_milli) / n) / 1000
        return int((evidence * FACTOR + OFFSET / n).to_integral_value(ROUND_HALF_UP))


def within_scale(score: int) -> int:
    return max(LOWEST, min(HIGHEST, score))


def default_probability_ppm(score: int) -> int:
    """P(bad) = 1 / (1 + exp((score - offset) / factor)), in millionths."""
    return int((WHOLE_PPM / (1 + ((score - OFFSET) / FACTOR).exp())).to_integral_value(ROUND_HALF_UP))


def reasons_of(points: tuple[Points, ...]) -> tuple[str, ...]:
    """The attributes that lost most against their best bin, at most four, the largest loss first."""
    losing = sorted((one for one in points if one.lost > 0), key=lambda one: (-one.lost, one.variable))
    return tuple(one.variable for one in losing[:MAX_REASONS])


def _check(one: Variable) -> None:
    if not one.bins or one.bins[-1].upto is not None:
        raise RuleBroken("bad_scorecard", "The last bin of a variable takes all that is left.", variable=one.name)
    limits = [each.upto for each in one.bins[:-1]]
    if None in limits or any(earlier >= later for earlier, later in pairwise(limits)):  # type: ignore[operator]
        raise RuleBroken("bad_scorecard", "The bins of a variable rise.", variable=one.name)
    woes = [each.woe_milli for each in one.bins] + [one.missing_woe_milli, one.zero_woe_milli or 0]
    if any(abs(woe) > MAX_MILLI for woe in woes):
        raise RuleBroken("bad_scorecard", "A weight of evidence lies between -10 and 10.", variable=one.name)
