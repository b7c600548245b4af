"""Reviews: when a customer is looked at again, and what of a new evaluation takes effect at once, later or not.

A limit is cut at once; what was cut comes back at once when its cause is gone; a raise waits for a second evaluation.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from credit_svc.domain.grade import Grade, worst
from credit_svc.domain.limit import LimitInForce, LimitSource, LimitStatus
from credit_svc.domain.limit_engine import EngineRules
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
class Evaluated:
    """An earlier evaluation: what it came to, the level to which a cut comes back, and how late the customer was."""

    on: date
    wanted: Money
    entitled: Money
    oldest_overdue_days: int


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
class Standing:
    """What counts today, and the evaluations so far, newest first."""

    limit: LimitInForce
    earlier: Sequence[Evaluated]
    today: date


def decide_limit(wanted: Money, oldest_overdue_days: int, standing: Standing, rules: EngineRules) -> Decided:
    """What of the evaluation takes effect. An override stands until it ends, and nothing is raised by its end."""
    base = standing.limit.fact
    if standing.limit.status is LimitStatus.NOT_RATED or base is None or base.amount is None:
        return Decided(LimitMove.FIRST, wanted, wanted)
    if standing.limit.status is LimitStatus.EXPIRED:
        level = min([wanted, *(one.entitled for one in standing.earlier[:1])])
        return Decided(LimitMove.FIRST, level, level)
    held, entitled = base.amount, _entitled(base.amount, standing, rules)
    if base.source is LimitSource.OVERRIDE:
        return Decided(LimitMove.OVERRIDDEN, held, entitled)
    if wanted < held:
        return Decided(LimitMove.CUT, wanted, entitled)
    raised = _raised(wanted, held, oldest_overdue_days, standing, rules)
    if raised is not None and raised > entitled:
        return Decided(LimitMove.RAISED, raised, raised)
    if min(wanted, entitled) > held:
        return Decided(LimitMove.RESTORED, min(wanted, entitled), entitled)
    return Decided(LimitMove.KEPT if wanted == held else LimitMove.WAITS, held, entitled)


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


def _entitled(held: Money, standing: Standing, rules: EngineRules) -> Money:
    """The level before the cuts of late; never less than what stands."""
    recent = _of_late(standing.earlier, standing.today, rules.restore_days)
    return max(held, next((one.entitled for one in recent if one.wanted.currency == held.currency), held))


def _of_late(earlier: Iterable[Evaluated], today: date, days: int) -> list[Evaluated]:
    return [one for one in earlier if days_between(one.on, today) <= days]


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
