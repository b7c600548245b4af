"""Wire shapes of the sections of a rating policy."""

from typing import Annotated, Self

from pydantic import BaseModel, Field

from credit_svc.api.policy_shapes import Amounts, as_amounts, by_currency
from credit_svc.api.shapes import Body
from credit_svc.domain.grade import Grade, GradeTerms
from credit_svc.domain.limit_engine import EngineRules
from credit_svc.domain.policy import MAX_BPS, MAX_DAYS, WHOLE_BPS
from credit_svc.domain.scorecard import MAX_MILLI, WHOLE_PPM, Bin, Scorecard, Variable
from dunlin_events.contracts.base import Amount
from dunlin_kernel.calendar import MAX_DUE_DAYS

Share = Annotated[int, Field(ge=0, le=MAX_BPS)]
Whole = Annotated[int, Field(ge=0, le=WHOLE_BPS)]
Days = Annotated[int, Field(ge=0, le=MAX_DAYS)]
Woe = Annotated[int, Field(ge=-MAX_MILLI, le=MAX_MILLI)]


class ScoreBinBody(Body):
    """Values up to and including `upto` (null: all that are left), and their weight of evidence in thousandths."""

    upto: int | None
    woe_milli: Woe


class ScoreAttributeBody(Body):
    """One attribute: rising bins, and bins of their own for not known and, where that is a spike, for zero."""

    name: str = Field(min_length=1, max_length=60)
    bins: list[ScoreBinBody] = Field(min_length=1, max_length=20)
    missing_woe_milli: Woe = 0
    zero_woe_milli: Woe | None = None


class ScorecardBody(Body):
    """Attributes with their weights of evidence; positive is good. An attribute that nothing is known of is missing."""

    base_log_odds_milli: Woe
    attributes: list[ScoreAttributeBody] = Field(min_length=1, max_length=40)

    def to_card(self) -> Scorecard:
        """Refuses: bad_scorecard."""
        return Scorecard(self.base_log_odds_milli, tuple(
            Variable(one.name, tuple(Bin(each.upto, each.woe_milli) for each in one.bins), one.missing_woe_milli,
                     one.zero_woe_milli)
            for one in self.attributes))


class ScoreBinRead(BaseModel):
    """Values up to and including `upto` (null: all that are left), and their weight of evidence in thousandths."""

    upto: int | None
    woe_milli: int


class ScoreAttributeRead(BaseModel):
    """One attribute with its bins."""

    name: str
    bins: list[ScoreBinRead]
    missing_woe_milli: int
    zero_woe_milli: int | None


class ScorecardRead(BaseModel):
    """Attributes with their weights of evidence; positive is good."""

    base_log_odds_milli: int
    attributes: list[ScoreAttributeRead]

    @classmethod
    def of(cls, card: Scorecard) -> Self:
        return cls(base_log_odds_milli=card.base_log_odds_milli, attributes=[
            ScoreAttributeRead(
                name=one.name, bins=[ScoreBinRead(upto=each.upto, woe_milli=each.woe_milli) for each in one.bins],
                missing_woe_milli=one.missing_woe_milli, zero_woe_milli=one.zero_woe_milli)
            for one in card.variables])


class LimitEngineBody(Body):
    """How limits are reckoned and how patient they are. Shares in basis points: 10,000 is 1.

    `risk_budget`: the loss a year one customer may cost; `cap`: the most one may have; a currency left out has none.
    `ladder_figures`: how many figures of a limit are not zero.
    """

    growth_bps: Share = 1_000
    net_worth_share_bps: Share = 1_000
    record_factor_bps: Share = 12_000
    loss_given_default_bps: Annotated[int, Field(ge=1, le=WHOLE_BPS)] = 4_500
    default_floor_ppm: Annotated[int, Field(ge=1, le=WHOLE_PPM)] = 1_000
    risk_budget: Amounts = Field(default_factory=list)
    cap: Amounts = Field(default_factory=list)
    concentration_bps: Share | None = None
    ladder_figures: Annotated[int, Field(ge=1, le=6)] = 2
    raise_days: Days = 30
    max_overdue_days: Days = 15
    restore_days: Days = 180

    def to_rules(self, factors: dict[Grade, int]) -> EngineRules:
        given = self.model_dump(exclude={"risk_budget", "cap"})
        return EngineRules(
            **given, risk_budget=by_currency(self.risk_budget), cap=by_currency(self.cap), factors=factors)


class LimitEngineRead(BaseModel):
    """How limits are reckoned and how patient they are."""

    growth_bps: int
    net_worth_share_bps: int
    record_factor_bps: int
    loss_given_default_bps: int
    default_floor_ppm: int
    risk_budget: list[Amount]
    cap: list[Amount]
    concentration_bps: int | None
    ladder_figures: int
    raise_days: int
    max_overdue_days: int
    restore_days: int

    @classmethod
    def of(cls, rules: EngineRules) -> Self:
        amounts = {"risk_budget": as_amounts(rules.risk_budget), "cap": as_amounts(rules.cap)}
        return cls.model_validate({name: getattr(rules, name) for name in cls.model_fields} | amounts)


class GradeRuleBody(Body):
    """What a grade gives: the share of the limit, the terms, and after how many days it is looked at again."""

    grade: Grade
    factor_bps: Share
    due_days: Annotated[int, Field(ge=0, le=MAX_DUE_DAYS)]
    prepayment_bps: Whole
    cash_on_delivery: bool = False
    review_days: Annotated[int, Field(ge=1, le=MAX_DAYS)]

    @property
    def terms(self) -> GradeTerms:
        return GradeTerms(self.due_days, self.prepayment_bps, self.cash_on_delivery)


class GradeRuleRead(BaseModel):
    """What a grade gives. `from_score`: the lowest score that earns it, null for the last."""

    grade: Grade
    from_score: int | None
    factor_bps: int
    due_days: int
    prepayment_bps: int
    cash_on_delivery: bool
    review_days: int
