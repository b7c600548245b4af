"""Reviews: when a customer is looked at again, and what of a new evaluation takes effect at once, later or not.

A limit is cut at once; what was cut comes back at once when its cause is gone; a raise waits for a second evaluation.
The cause of a cut is gone when grade, risk or cap are better again; a need or a record that has grown is a raise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import takewhile

from credit_svc.domain.grade import Grade, worst
from credit_svc.domain.limit import LimitInForce, LimitSource, LimitStatus
from credit_svc.domain.limit_engine import EngineRules, Evaluation, recoverable, regained
from dunlin_kernel.calendar import days_between
from dunlin_kernel.money import Money

OVERDUE_LINES = (15, 30)
"""An item that is open for more days than these past its due date is a reason to look at the customer."""
REVIEW_DAYS: Mapping[Grade, int] = {Grade.A: 365, Grade.B: 180, Grade.C: 90, Grade.D: 30, Grade.E: 30}


class RatingCause(StrEnum):
    """Why a customer was rated."""

    REQUESTED = "requested"
    PERIODIC = "periodic"
    WORSENED = "worsened"
    STATEMENT = "statement"
    POLICY = "policy"
    CURED = "cured"
    MERGED = "merged"
    MOVED = "moved"


class LimitMove(StrEnum):
    """What an evaluation did to the limit."""

    FIRST = "first"
    CUT = "cut"
    RESTORED = "restored"
    RAISED = "raised"
    KEPT = "kept"
    WAITS = "waits"
    OVERRIDDEN = "overridden"
    ADVISED = "advised"


@dataclass(frozen=True, slots=True)
class Decided:
    """The limit to stand from now on, and the level up to which it comes back by itself after a cut."""

    move: LimitMove
    limit: Money
    entitled: Money

    @property
    def changes(self) -> bool:
        return self.move in (LimitMove.FIRST, LimitMove.CUT, LimitMove.RESTORED, LimitMove.RAISED)


@dataclass(frozen=True, slots=True)
class Evaluated:
    """An earlier evaluation: what it came to part by part, what it did, and how late the customer was."""

    on: date
    parts: Evaluation
    decided: Decided
    oldest_overdue_days: int

    @property
    def wanted(self) -> Money:
        return self.parts.limit

    @property
    def is_cut(self) -> bool:
        """Whether something was still to come back after it."""
        return self.decided.entitled > self.decided.limit


@dataclass(frozen=True, slots=True)
class Standing:
    """What counts today, and the evaluations so far, newest first."""

    limit: LimitInForce
    earlier: Sequence[Evaluated]
    today: date


def decide_limit(parts: Evaluation, oldest_overdue_days: int, standing: Standing, rules: EngineRules) -> Decided:
    """What of the evaluation takes effect. An override stands until it ends, and nothing is raised by its end."""
    base = standing.limit.fact
    if standing.limit.status is LimitStatus.NOT_RATED or base is None or base.amount is None:
        return Decided(LimitMove.FIRST, parts.limit, parts.limit)
    if standing.limit.status is LimitStatus.EXPIRED:
        return _after_its_end(parts, standing, rules)
    held, wanted = base.amount, parts.limit
    own = [] if base.source is LimitSource.MANUAL else _own(standing)
    coming = _coming_back(held, own, parts, standing.today, rules)
    if base.source is LimitSource.OVERRIDE:
        return Decided(LimitMove.OVERRIDDEN, held, max(held, coming.entitled))
    if wanted < held:
        return Decided(LimitMove.CUT, wanted, max(wanted, coming.entitled))
    raised = _raised(wanted, held, oldest_overdue_days, standing, rules)
    if raised is not None and raised > coming.now:
        return Decided(LimitMove.RAISED, raised, max(raised, coming.entitled))
    if coming.now > held:
        return Decided(LimitMove.RESTORED, coming.now, coming.entitled)
    return Decided(LimitMove.KEPT if wanted == held else LimitMove.WAITS, held, max(held, coming.entitled))


def advised(wanted: Money, standing: Standing) -> Decided:
    """What the evaluation says where the policy leaves limits to people: nothing moves."""
    base = standing.limit.fact
    held = Money.zero(wanted.currency) if base is None or base.amount is None else base.amount
    return Decided(LimitMove.ADVISED, held, held)


def steady_grade(now: Grade, earlier: Sequence[tuple[date, Grade]], *, today: date, wait_days: int) -> Grade:
    """The grade by which terms are given: a worse one counts at once, a better one when it has stood so many days.

    `earlier`: days and grades of the ratings before, newest first.
    """
    standing = [now]
    for on, grade in earlier:
        standing.append(grade)
        if days_between(on, today) >= wait_days:
            break
    return worst(standing)


def next_review(cause: RatingCause, planned: date | None, *, today: date, days: int) -> date:
    """When the time of a grade is over. A rating only because inputs moved may bring that forward, never put it off."""
    over = today + timedelta(days=days)
    return min(over, planned) if cause is RatingCause.MOVED and planned is not None else over


@dataclass(frozen=True, slots=True)
class _Coming:
    """The level to which a cut comes back by itself, and what of it stands now that causes may be gone."""

    entitled: Money
    now: Money


def _after_its_end(parts: Evaluation, standing: Standing, rules: EngineRules) -> Decided:
    """A limit that has ended is followed by what the policy last let stand, as far as it is wanted."""
    own = _own(standing)
    coming = _coming_back(own[0].decided.limit if own else parts.limit, own, parts, standing.today, rules)
    level = min(parts.limit, coming.now)
    return Decided(LimitMove.FIRST, level, max(level, coming.entitled))


def _coming_back(
    held: Money, own: Sequence[Evaluated], parts: Evaluation, today: date, rules: EngineRules,
) -> _Coming:
    since = list(takewhile(lambda one: one.is_cut, own))
    cut_on = next((one.on for one in since if one.decided.move is LimitMove.CUT), None)
    if cut_on is None or days_between(cut_on, today) > rules.restore_days:
        since = []
    seen, level = [one.parts for one in since], max([held, *(one.decided.entitled for one in since[:1])])
    entitled = min(level, recoverable((*seen, parts), rules))
    return _Coming(entitled, max(held, min(entitled, regained(seen, parts, rules))))


def _own(standing: Standing) -> list[Evaluated]:
    """The evaluations by which the policy itself let a limit stand."""
    return [one for one in standing.earlier if one.decided.move is not LimitMove.OVERRIDDEN]


def _raised(
    wanted: Money, held: Money, oldest_overdue_days: int, standing: Standing, rules: EngineRules,
) -> Money | None:
    """The least of an unbroken row of evaluations above the limit that is old enough, none of them while too late."""
    lowest = wanted
    if wanted <= held or oldest_overdue_days > rules.max_overdue_days:
        return None
    for one in standing.earlier:
        if one.wanted <= held or one.oldest_overdue_days > rules.max_overdue_days:
            return None
        lowest = min(lowest, one.wanted)
        if days_between(one.on, standing.today) >= rules.raise_days:
            return lowest
    return None
