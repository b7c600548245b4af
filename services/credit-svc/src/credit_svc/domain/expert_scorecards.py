"""The scorecards every tenant begins by: expert weights of evidence, to be refitted on a tenant's own outcomes."""

from credit_svc.domain.scorecard import Bin, Scorecard, Variable

_BASE_LOG_ODDS_MILLI = 3000
"""Some 20 good to 1 bad."""


def _variable(name: str, *bins: tuple[int | None, int], zero: int | None = None) -> Variable:
    return Variable(name, tuple(Bin(upto, woe) for upto, woe in bins), 0, zero)


WILLINGNESS = Scorecard(_BASE_LOG_ODDS_MILLI, (
    _variable("oldest_overdue_days", (7, 50), (15, -200), (30, -700), (None, -1400), zero=300),
    _variable("overdue_share_bps", (1000, 0), (3000, -300), (None, -700), zero=200),
    _variable("much_late_share_bps", (500, 400), (1000, 100), (2500, -300), (None, -800)),
    _variable("longest_delay_days", (7, 150), (15, -50), (30, -400), (None, -900), zero=300),
    _variable("days_late", (0, 400), (5, 200), (15, -100), (30, -500), (None, -1000)),
    _variable("spread_days", (3, 100), (10, 0), (30, -150), (None, -300)),
    _variable("trend_days", (-3, 50), (3, 0), (10, -150), (None, -350)),
    _variable("exposure_percent_of_month", (100, 100), (200, 0), (400, -200), (None, -400)),
    _variable("tenure_months", (5, -200), (11, -50), (35, 100), (None, 200)),
    _variable("broken_promises", (1, -400), (None, -900), zero=100),
    _variable("returned_payments", (1, -600), (None, -1200), zero=50),
    _variable("disputes_lost", (1, -100), (None, -300), zero=0),
))

ABILITY = Scorecard(_BASE_LOG_ODDS_MILLI, (
    _variable("equity_ratio_bps", (0, -1200), (1500, -400), (3000, 0), (5000, 300), (None, 500)),
    _variable("working_capital_bps", (0, -400), (1000, 0), (2500, 150), (None, 250)),
    _variable("ebit_ratio_bps", (0, -600), (300, -100), (1000, 200), (None, 350)),
    _variable("interest_cover_percent", (100, -700), (200, -200), (500, 100), (None, 300)),
    _variable("sales_growth_bps", (-2000, -300), (0, -50), (3000, 100), (None, 0)),
    _variable("z_score_hundredths", (109, -900), (260, 0), (None, 500)),
))
