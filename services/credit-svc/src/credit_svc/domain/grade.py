"""Grades: which score earns which, how willingness and ability are put together, and the terms a grade gives."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from credit_svc.domain.policy import WHOLE_BPS
from credit_svc.domain.scorecard import HIGHEST, LOWEST, Points, Scored, default_probability_ppm, reasons_of
from dunlin_kernel.calendar import MAX_DUE_DAYS
from dunlin_kernel.errors import RuleBroken


class Grade(StrEnum):
    """From the best to the worst."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"


def worst(grades: Iterable[Grade]) -> Grade:
    return max(grades, key=lambda one: one.value)


@dataclass(frozen=True, slots=True)
class GradeBands:
    """The lowest score of A, B, C and D; what lies below is E. Refuses: bad_policy."""

    a: int = 620
    b: int = 580
    c: int = 540
    d: int = 500

    def __post_init__(self) -> None:
        if not LOWEST <= self.d < self.c < self.b < self.a <= HIGHEST:
            raise RuleBroken("bad_policy", f"The scores of grades rise from D to A between {LOWEST} and {HIGHEST}.")

    def grade_of(self, score: int) -> Grade:
        steps = ((self.a, Grade.A), (self.b, Grade.B), (self.c, Grade.C), (self.d, Grade.D))
        return next((grade for least, grade in steps if score >= least), Grade.E)


@dataclass(frozen=True, slots=True)
class Opinion:
    """One side of a rating: its score, and how far what it rests on can be trusted, in basis points."""

    scored: Scored
    confidence_bps: int


@dataclass(frozen=True, slots=True)
class Assessment:
    """Both sides, kept apart, and what they come to together."""

    score: int
    grade: Grade
    default_ppm: int
    confidence_bps: int
    ability_weight_bps: int
    reasons: tuple[str, ...]
    willingness: Opinion | None
    ability: Opinion | None


def assess(
    willingness: Opinion | None, ability: Opinion | None, *, bands: GradeBands, ability_weight_bps: int,
) -> Assessment:
    """The mean of both scores by the policy's weight; ability weighs less the older its statement is.

    Refuses: nothing_to_rate.
    """
    weight = 0 if ability is None else ability_weight_bps * ability.confidence_bps // WHOLE_BPS
    if willingness is None:
        weight = WHOLE_BPS if ability is not None and ability.confidence_bps else 0
    if willingness is None and not weight:
        raise RuleBroken("nothing_to_rate", "Neither payments nor a statement that still says something are known.")
    sides = [(side, share) for side, share in ((willingness, WHOLE_BPS - weight), (ability, weight)) if side and share]
    score = _mean((side.scored.score, share) for side, share in sides)
    points = tuple(_weighted(one, share) for side, share in sides for one in side.scored.points)
    trusted = _mean((side.confidence_bps, share) for side, share in sides)
    return Assessment(
        score, bands.grade_of(score), default_probability_ppm(score), trusted, weight, reasons_of(points), willingness,
        ability)


@dataclass(frozen=True, slots=True)
class GradeTerms:
    """Days to pay, the share of an order paid before delivery, and whether the rest is paid on delivery.

    Refuses: bad_policy.
    """

    due_days: int
    prepayment_bps: int
    cash_on_delivery: bool = False

    def __post_init__(self) -> None:
        if not (0 <= self.due_days <= MAX_DUE_DAYS and 0 <= self.prepayment_bps <= WHOLE_BPS):
            raise RuleBroken("bad_policy", "Terms have days to pay, and a prepayment of at most all.")


FIRST_TERMS: Mapping[Grade, GradeTerms] = {
    Grade.A: GradeTerms(60, 0), Grade.B: GradeTerms(30, 0), Grade.C: GradeTerms(15, 2000), Grade.D: GradeTerms(0, 5000),
    Grade.E: GradeTerms(0, WHOLE_BPS, cash_on_delivery=True)}


def _mean(parts: Iterable[tuple[int, int]]) -> int:
    known = list(parts)
    total = sum(share for _, share in known)
    return (2 * sum(value * share for value, share in known) + total) // (2 * total)


def _weighted(one: Points, share: int) -> Points:
    return Points(one.variable, one.value, one.points * share, one.best * share)
