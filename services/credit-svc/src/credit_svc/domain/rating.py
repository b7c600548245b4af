"""A rating: everything it rests on, the two opinions, what they come to, and by which version."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from credit_svc.domain.ability import FinancialStatement, ability_values
from credit_svc.domain.behaviour import Behaviour, willingness_values
from credit_svc.domain.grade import Assessment, Opinion, assess
from credit_svc.domain.rating_policy import RatingPolicy


@dataclass(frozen=True, slots=True)
class Inputs:
    """What was known on the day. `statements`: of the two last fiscal years, the later first."""

    today: date
    behaviour: Behaviour
    statements: tuple[FinancialStatement, ...]

    @property
    def statement(self) -> FinancialStatement | None:
        return self.statements[0] if self.statements else None


@dataclass(frozen=True, slots=True)
class Rated:
    """The assessment and the values it was made from, so that anybody can reckon it again."""

    assessment: Assessment
    willingness: Mapping[str, int | None] | None
    ability: Mapping[str, int | None] | None
    statement_id: UUID | None


def rate(inputs: Inputs, policy: RatingPolicy) -> Rated:
    """Refuses: nothing_to_rate."""
    willing, able = _willingness(inputs, policy), _ability(inputs)
    cards = policy.cards
    willingness = None if willing is None else Opinion(
        cards.willingness.scored(willing), inputs.behaviour.confidence_bps(inputs.today))
    ability = None if able is None or inputs.statement is None else Opinion(
        cards.ability.scored(able), cards.freshness.confidence_bps(inputs.statement.ended_on, today=inputs.today))
    assessment = assess(willingness, ability, bands=policy.bands, ability_weight_bps=cards.ability_weight_bps)
    used = inputs.statement if able is not None else None
    return Rated(assessment, willing, able, None if used is None else used.id)


def _willingness(inputs: Inputs, policy: RatingPolicy) -> Mapping[str, int | None] | None:
    if not inputs.behaviour.is_known:
        return None
    return willingness_values(inputs.behaviour, policy.cards.segment, today=inputs.today)


def _ability(inputs: Inputs) -> Mapping[str, int | None] | None:
    if inputs.statement is None:
        return None
    before = inputs.statements[1] if len(inputs.statements) > 1 else None
    return ability_values(inputs.statement, before)
