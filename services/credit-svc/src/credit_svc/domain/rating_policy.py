"""The rating policy: scorecards, grades, the limit engine, terms and reviews, together as one version from a day on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from credit_svc.domain.ability import Freshness
from credit_svc.domain.behaviour import Segment
from credit_svc.domain.expert_scorecards import ABILITY, WILLINGNESS
from credit_svc.domain.grade import FIRST_TERMS, Grade, GradeBands, GradeTerms
from credit_svc.domain.limit_engine import EngineRules
from credit_svc.domain.policy import MAX_DAYS, WHOLE_BPS
from credit_svc.domain.review import REVIEW_DAYS
from credit_svc.domain.scorecard import Scorecard
from dunlin_kernel.errors import RuleBroken


@dataclass(frozen=True, slots=True)
class Scorecards:
    """Willingness and ability, each with its card; ability weighs so much while its statement is fresh."""

    willingness: Scorecard = WILLINGNESS
    ability: Scorecard = ABILITY
    ability_weight_bps: int = 3_000
    segment: Segment = field(default_factory=Segment)
    freshness: Freshness = field(default_factory=Freshness)

    def __post_init__(self) -> None:
        numbers = (self.ability_weight_bps, self.segment.much_late_bps)
        if not all(0 <= bps <= WHOLE_BPS for bps in numbers) or not 1 <= self.segment.cases <= MAX_DAYS:
            raise RuleBroken("bad_policy", "A weight or a share of the scorecards is out of its bounds.")


@dataclass(frozen=True, slots=True)
class RatingPolicy:
    """`reviews`: customers are rated again by the calendar and when they worsen. `sets_limits`, `decides_terms`: a
    rating moves the base limit, and the terms. Refuses: bad_policy.
    """

    version: int
    effective_from: date
    reason: str
    reviews: bool = False
    sets_limits: bool = False
    decides_terms: bool = False
    cards: Scorecards = field(default_factory=Scorecards)
    bands: GradeBands = field(default_factory=GradeBands)
    limits: EngineRules = field(default_factory=EngineRules)
    terms: Mapping[Grade, GradeTerms] = field(default_factory=lambda: dict(FIRST_TERMS))
    review_days: Mapping[Grade, int] = field(default_factory=lambda: dict(REVIEW_DAYS))

    def __post_init__(self) -> None:
        if set(self.terms) != set(Grade) or set(self.review_days) != set(Grade):
            raise RuleBroken("bad_policy", "Every grade has its terms and its days of review.")
        if not all(1 <= days <= MAX_DAYS for days in self.review_days.values()):
            raise RuleBroken("bad_policy", f"A review comes after 1 to {MAX_DAYS} days.")


FIRST_RATING_POLICY = RatingPolicy(1, date(1900, 1, 1), "Every tenant begins by this: ratings on request only.")
