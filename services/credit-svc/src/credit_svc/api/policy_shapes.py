"""Wire shapes of the sections of a credit policy."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Self

from pydantic import BaseModel, Field

from credit_svc.api.shapes import Body
from credit_svc.domain.alert_line import MAX_LINES, MAX_WARNING_DAYS, AlertLines
from credit_svc.domain.hold import MAX_GRACE_DAYS, HoldRules
from credit_svc.domain.limit_override import MAX_OVERRIDE_DAYS, OverrideRules
from credit_svc.domain.policy import MAX_BPS
from dunlin_events.contracts.base import Amount
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import Money

Amounts = Annotated[list[Amount], Field(max_length=50, description="At most one per currency.")]


def by_currency(amounts: Sequence[Amount]) -> dict[str, Money]:
    """Refuses: bad_policy, unknown_currency, malformed_amount, wrong_precision, amount_too_large."""
    found = {one.currency: one.money for one in amounts}
    if len(found) < len(amounts):
        raise RuleBroken("bad_policy", "Name one amount per currency.")
    return found


def as_amounts(found: Mapping[str, Money]) -> list[Amount]:
    return [Amount.of(amount) for _, amount in sorted(found.items())]


class OverrideRulesBody(Body):
    """Limits by hand: the raise above which a second person approves, and how long one stands against the policy's."""

    second_person_above: Amounts = Field(default_factory=list)
    override_days: int = Field(default=365, ge=1, le=MAX_OVERRIDE_DAYS)

    def to_rules(self) -> OverrideRules:
        return OverrideRules(by_currency(self.second_person_above), self.override_days)


class OverrideRulesRead(BaseModel):
    """Limits by hand: the raise above which a second person approves, and how long one stands against the policy's."""

    second_person_above: list[Amount]
    override_days: int

    @classmethod
    def of(cls, rules: OverrideRules) -> Self:
        return cls(second_person_above=as_amounts(rules.second_person_above), override_days=rules.override_days)


class HoldRulesBody(Body):
    """When a rule stops new credit; a rule whose number is null is off.

    `overdue_grace_days`: more days past due than this, when more than `overdue_above` is (a currency without one: any
    amount). `limit_exceeded_bps`: exposure above the limit by more than this share. `broken_promise_days`: how long a
    broken promise holds.
    """

    overdue_grace_days: int | None = Field(ge=0, le=MAX_GRACE_DAYS)
    overdue_above: Amounts = Field(default_factory=list)
    limit_exceeded_bps: int | None = Field(ge=0, le=MAX_BPS)
    grades: list[str] = Field(default_factory=list, max_length=10)
    broken_promise_days: int | None = Field(ge=0, le=MAX_GRACE_DAYS)

    def to_rules(self) -> HoldRules:
        return HoldRules(
            self.overdue_grace_days, by_currency(self.overdue_above), self.limit_exceeded_bps, frozenset(self.grades),
            self.broken_promise_days)


class HoldRulesRead(BaseModel):
    """When a rule stops new credit; a rule whose number is null is off."""

    overdue_grace_days: int | None
    overdue_above: list[Amount]
    limit_exceeded_bps: int | None
    grades: list[str]
    broken_promise_days: int | None

    @classmethod
    def of(cls, rules: HoldRules) -> Self:
        return cls(
            overdue_grace_days=rules.overdue_grace_days, overdue_above=as_amounts(rules.overdue_above),
            limit_exceeded_bps=rules.limit_exceeded_bps, grades=sorted(rules.grades),
            broken_promise_days=rules.broken_promise_days)


class AlertLinesBody(Body):
    """What alerts; a line left out or null is off.

    `ageing_days`: rising days past due, one line each. `limit_cut_bps`: a base limit cut by at least this share.
    `amount_above`: one order above this. `concentration_bps`: one customer's share of all that is open in a currency.
    `silence_days`: who owes past due, has paid before, and not for longer than this. `cover_end_days`: so many days
    before the last one of a cover.
    """

    ageing_days: list[int] = Field(default_factory=list, max_length=MAX_LINES)
    limit_cut_bps: int | None = Field(default=None, ge=1, le=MAX_BPS)
    amount_above: Amounts = Field(default_factory=list)
    concentration_bps: int | None = Field(default=None, ge=1, le=MAX_BPS)
    silence_days: int | None = Field(default=None, ge=1, le=MAX_GRACE_DAYS)
    cover_end_days: int | None = Field(default=None, ge=1, le=MAX_WARNING_DAYS)

    def to_lines(self) -> AlertLines:
        return AlertLines(
            tuple(self.ageing_days), self.limit_cut_bps, by_currency(self.amount_above), self.concentration_bps,
            self.silence_days, self.cover_end_days)


class AlertLinesRead(BaseModel):
    """What alerts; a line that is null or empty is off."""

    ageing_days: list[int]
    limit_cut_bps: int | None
    amount_above: list[Amount]
    concentration_bps: int | None
    silence_days: int | None
    cover_end_days: int | None

    @classmethod
    def of(cls, lines: AlertLines) -> Self:
        return cls(
            ageing_days=list(lines.ageing_days), limit_cut_bps=lines.limit_cut_bps,
            amount_above=as_amounts(lines.amount_above), concentration_bps=lines.concentration_bps,
            silence_days=lines.silence_days, cover_end_days=lines.cover_end_days)
