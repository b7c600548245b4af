"""Ability to pay: ratios of a customer's financial statements, Altman's Z'', and how long a statement counts."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from uuid import UUID

from credit_svc.domain.policy import WHOLE_BPS
from dunlin_kernel.calendar import days_between
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import Money

Z_WEIGHTS = (Decimal("6.56"), Decimal("3.26"), Decimal("6.72"), Decimal("1.05"))
"""Altman (1995), for firms that do not manufacture: safe above 2.60, in distress below 1.10."""
SAFE_ABOVE, DISTRESS_BELOW = Decimal("2.60"), Decimal("1.10")


class StatementSource(StrEnum):
    """Who stands for the figures."""

    AUDITED = "audited"
    TAX_FILING = "tax_filing"
    AGENCY = "agency"
    BANK = "bank"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one fiscal year, in minor units of one currency. None: not stated."""

    total_assets: int
    current_assets: int
    current_liabilities: int
    retained_earnings: int
    ebit: int
    equity: int
    total_liabilities: int
    sales: int
    financial_expenses: int | None = None
    intangible_assets: int = 0
    existing_lines: int = 0


@dataclass(frozen=True, slots=True)
class FinancialStatement:
    """The figures of the fiscal year that ended on a day; only ever added, the last one of a year counts."""

    id: UUID
    ended_on: date
    currency: str
    source: StatementSource
    figures: Figures

    @property
    def tangible_net_worth(self) -> Money:
        """Equity without intangible assets; never below zero."""
        return Money(max(0, self.figures.equity - self.figures.intangible_assets), self.currency)


def check_statement(one: FinancialStatement, *, today: date) -> None:
    """Refuses: statement_in_future, statement_without_assets, statement_does_not_balance, bad_figures."""
    said = one.figures
    if one.ended_on > today:
        raise RuleBroken("statement_in_future", "A fiscal year is stated when it has ended.", today=today.isoformat())
    if said.total_assets <= 0:
        raise RuleBroken("statement_without_assets", "A statement has total assets above zero.")
    if said.equity + said.total_liabilities != said.total_assets:
        raise RuleBroken("statement_does_not_balance", "Equity and total liabilities sum to total assets.")
    positive = (said.current_assets, said.current_liabilities, said.total_liabilities, said.sales,
                said.financial_expenses or 0, said.intangible_assets, said.existing_lines)
    within = said.current_assets <= said.total_assets and said.current_liabilities <= said.total_liabilities
    if min(positive) < 0 or not within:
        raise RuleBroken("bad_figures", "Assets, liabilities and sales are zero or more, and parts within totals.")


def z_score(said: Figures) -> Decimal | None:
    """Z'' = 6.56 working capital / TA + 3.26 retained earnings / TA + 6.72 EBIT / TA + 1.05 equity / liabilities.

    To four digits; None where nothing is owed.
    """
    if not said.total_liabilities:
        return None
    parts = (
        Decimal(said.current_assets - said.current_liabilities) / said.total_assets,
        Decimal(said.retained_earnings) / said.total_assets,
        Decimal(said.ebit) / said.total_assets,
        Decimal(said.equity) / said.total_liabilities,
    )
    total = sum((weight * part for weight, part in zip(Z_WEIGHTS, parts, strict=True)), Decimal(0))
    return total.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)


def ability_values(now: FinancialStatement, before: FinancialStatement | None) -> dict[str, int | None]:
    """What the scorecard of ability looks at: ratios in basis points, cover in percent, Z'' in hundredths."""
    said, z = now.figures, z_score(now.figures)
    grown = before is not None and before.currency == now.currency and before.figures.sales > 0
    earlier = before.figures.sales if grown and before is not None else 0
    cover = None if not said.financial_expenses else _ratio(said.ebit, said.financial_expenses, 100)
    return {
        "equity_ratio_bps": _ratio(said.equity, said.total_assets),
        "working_capital_bps": _ratio(said.current_assets - said.current_liabilities, said.total_assets),
        "ebit_ratio_bps": _ratio(said.ebit, said.total_assets),
        "interest_cover_percent": cover,
        "sales_growth_bps": _ratio(said.sales - earlier, earlier) if grown else None,
        "z_score_hundredths": None if z is None else int((z * 100).to_integral_value(ROUND_HALF_UP)),
    }


@dataclass(frozen=True, slots=True)
class Freshness:
    """How long a statement counts in full after its year's end, and from when it says nothing. Refuses: bad_policy."""

    fresh_days: int = 540
    stale_days: int = 1095

    def __post_init__(self) -> None:
        if not 0 <= self.fresh_days < self.stale_days:
            raise RuleBroken("bad_policy", "A statement is fresh for some days and stale some later.")

    def confidence_bps(self, ended_on: date, *, today: date) -> int:
        """10,000 while fresh, then falling evenly to 0."""
        left = self.stale_days - days_between(ended_on, today)
        return max(0, min(WHOLE_BPS, left * WHOLE_BPS // (self.stale_days - self.fresh_days)))


def _ratio(part: int, whole: int, scale: int = WHOLE_BPS) -> int:
    return int((Decimal(part) * scale / whole).to_integral_value(ROUND_HALF_UP))
