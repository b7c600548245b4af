"""The credit policy: the adjustable numbers of exposure and authorisation, as versioned data."""

from dataclasses import dataclass

from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import Money

WHOLE_BPS = 10_000
MAX_BPS = 100_000
MAX_DAYS = 3650
ALL_COVERS = ("insurance", "guarantee", "deposit")


@dataclass(frozen=True, slots=True)
class CreditPolicy:
    """Weights and tolerances in basis points (10,000 = 1), how long an authorisation stands when nobody says, the
    kinds of cover that count in limits, whether an order waits until its deposit is on the account, and whether
    interest that has accrued and is no item yet counts in exposure.

    Refuses: bad_policy.
    """

    version: int
    disputed_weight_bps: int
    delivered_weight_bps: int
    over_capture_tolerance_bps: int
    authorization_days: int
    cover_kinds: tuple[str, ...] = ALL_COVERS
    deposit_first: bool = False
    accrued_interest: bool = False

    def __post_init__(self) -> None:
        shares = (self.disputed_weight_bps, self.delivered_weight_bps, self.over_capture_tolerance_bps)
        if not all(0 <= bps <= MAX_BPS for bps in shares):
            raise RuleBroken("bad_policy", f"Weights and tolerances lie between 0 and {MAX_BPS} basis points.")
        if not 1 <= self.authorization_days <= MAX_DAYS:
            raise RuleBroken("bad_policy", f"An authorisation stands between 1 and {MAX_DAYS} days.")
        if not set(self.cover_kinds) <= set(ALL_COVERS):
            raise RuleBroken("bad_policy", "A kind of cover is insurance, guarantee or deposit.")


FIRST_POLICY = CreditPolicy(
    version=1, disputed_weight_bps=WHOLE_BPS, delivered_weight_bps=WHOLE_BPS, over_capture_tolerance_bps=500,
    authorization_days=30, accrued_interest=True,
)
"""Version 1 of every tenant: disputed, delivered and interest that has accrued count in full, 5 % over-capture is
tolerated. A version that was adopted before interest was told of goes without it."""


def share_of(amount: Money, bps: int) -> Money:
    """That many basis points of an amount, rounded half away from zero to the minor unit."""
    whole, rest = divmod(abs(amount.minor) * bps, WHOLE_BPS)
    rounded = whole + (2 * rest >= WHOLE_BPS)
    return Money(-rounded if amount.minor < 0 else rounded, amount.currency)
