"""The rules of a rating policy as the JSON that is stored, and back."""

import json
from collections.abc import Mapping
from typing import Any

from credit_svc.domain.ability import Freshness
from credit_svc.domain.behaviour import Segment
from credit_svc.domain.grade import Grade, GradeBands, GradeTerms
from credit_svc.domain.limit_engine import EngineRules
from credit_svc.domain.rating_policy import RatingPolicy, Scorecards
from credit_svc.domain.scorecard import Bin, Scorecard, Variable
from dunlin_kernel.money import Money

ENGINE = ("growth_bps", "net_worth_share_bps", "record_factor_bps", "loss_given_default_bps", "default_floor_ppm",
          "concentration_bps", "ladder_figures", "raise_days", "max_overdue_days", "restore_days")


def policy_of(row: Any) -> RatingPolicy:
    """A policy from a row of `rating_policy`."""
    rules = row["rules"]
    return RatingPolicy(
        row["version"], row["effective_from"], row["reason"], rules["reviews"], rules["sets_limits"],
        rules["decides_terms"], _cards_of(rules["cards"]), GradeBands(*rules["bands"]), _engine_of(rules["limits"]),
        {Grade(grade): GradeTerms(*terms) for grade, terms in rules["terms"].items()},
        {Grade(grade): days for grade, days in rules["review_days"].items()})


def rules_as_text(one: RatingPolicy) -> str:
    bands, cards = one.bands, one.cards
    return json.dumps({
        "reviews": one.reviews, "sets_limits": one.sets_limits, "decides_terms": one.decides_terms,
        "cards": {
            "willingness": _card(cards.willingness), "ability": _card(cards.ability),
            "ability_weight_bps": cards.ability_weight_bps,
            "segment": [cards.segment.much_late_bps, cards.segment.cases],
            "freshness": [cards.freshness.fresh_days, cards.freshness.stale_days]},
        "bands": [bands.a, bands.b, bands.c, bands.d],
        "limits": _engine(one.limits),
        "terms": {grade.value: [terms.due_days, terms.prepayment_bps, terms.cash_on_delivery]
                  for grade, terms in one.terms.items()},
        "review_days": {grade.value: days for grade, days in one.review_days.items()},
    })


def _card(card: Scorecard) -> dict[str, Any]:
    return {"base": card.base_log_odds_milli, "variables": [
        [one.name, [[each.upto, each.woe_milli] for each in one.bins], one.missing_woe_milli, one.zero_woe_milli]
        for one in card.variables]}


def _card_of(found: Mapping[str, Any]) -> Scorecard:
    return Scorecard(found["base"], tuple(
        Variable(name, tuple(Bin(upto, woe) for upto, woe in bins), missing, zero)
        for name, bins, missing, zero in found["variables"]))


def _cards_of(found: Mapping[str, Any]) -> Scorecards:
    return Scorecards(
        _card_of(found["willingness"]), _card_of(found["ability"]), found["ability_weight_bps"],
        Segment(*found["segment"]), Freshness(*found["freshness"]))


def _engine(rules: EngineRules) -> dict[str, Any]:
    return {name: getattr(rules, name) for name in ENGINE} | {
        "risk_budget": _minor(rules.risk_budget), "cap": _minor(rules.cap),
        "factors": {grade.value: bps for grade, bps in rules.factors.items()}}


def _engine_of(found: Mapping[str, Any]) -> EngineRules:
    return EngineRules(
        **{name: found[name] for name in ENGINE}, risk_budget=_money(found["risk_budget"]), cap=_money(found["cap"]),
        factors={Grade(grade): bps for grade, bps in found["factors"].items()})


def _minor(amounts: Mapping[str, Money]) -> dict[str, int]:
    return {currency: amount.minor for currency, amount in amounts.items()}


def _money(found: Mapping[str, int]) -> dict[str, Money]:
    return {currency: Money(minor, currency) for currency, minor in found.items()}
