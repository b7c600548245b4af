"""Terms of trade: when an invoice is due, in how many parts, with what discount, and what is paid before delivery."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from dunlin_kernel.calendar import MAX_DUE_DAYS
from dunlin_kernel.errors import RuleBroken

WHOLE_BPS = 10_000
"""All of an amount, in basis points."""
MAX_INSTALMENTS = 60


@dataclass(frozen=True, slots=True)
class Instalment:
    """A share of the total in basis points, due so many days after issue, or after the end of the month of issue."""

    share_bps: int
    due_days: int
    end_of_month: bool = False

    def __str__(self) -> str:
        return f"{self.share_bps} bps in {self.due_days} days{' from end of month' if self.end_of_month else ''}"


@dataclass(frozen=True, slots=True)
class Discount:
    """So many basis points less for money that comes within so many days of issue."""

    discount_bps: int
    within_days: int


@dataclass(frozen=True, slots=True)
class TermsOfTrade:
    """Without instalments the whole is due `due_days` after issue, or after the end of its month; with them, in parts.

    `prepayment_bps` of an order is paid before delivery. Refuses: bad_terms, bad_instalments, bad_discount,
    bad_prepayment, bad_cash_terms.
    """

    due_days: int
    end_of_month: bool = False
    instalments: tuple[Instalment, ...] = ()
    discount: Discount | None = None
    prepayment_bps: int = 0
    cash_on_delivery: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.due_days <= MAX_DUE_DAYS:
            raise RuleBroken("bad_terms", f"Terms have between 0 and {MAX_DUE_DAYS} days.")
        if self.instalments:
            _must_make_a_whole(self.instalments)
            last = self.instalments[-1]
            if (last.due_days, last.end_of_month) != (self.due_days, self.end_of_month):
                raise RuleBroken("bad_instalments", "The terms' own due days are those of the last instalment.")
        if self.discount is not None:
            self._must_be_early(self.discount)
        if not 0 <= self.prepayment_bps <= WHOLE_BPS:
            raise RuleBroken("bad_prepayment", f"A prepayment is between 0 and {WHOLE_BPS} basis points of an order.")
        if self.cash_on_delivery and (self.due_days or self.end_of_month or self.instalments or self.discount):
            raise RuleBroken(
                "bad_cash_terms", "Cash on delivery is due at once: no days, no instalments, no discount for haste.")

    def decided(self, days: int, *, prepayment_bps: int, cash_on_delivery: bool) -> "TermsOfTrade":
        """These terms as credit decides them: what does not fit any more (instalments, discount) is dropped."""
        if cash_on_delivery:
            return TermsOfTrade(0, prepayment_bps=prepayment_bps, cash_on_delivery=True)
        fits = self.instalments and self.instalments[-1].due_days == days
        early = self.discount
        keeps = early is not None and (self.end_of_month or early.within_days <= days)
        return TermsOfTrade(
            days, self.end_of_month, self.instalments if fits else (), early if keeps else None, prepayment_bps)

    def _must_be_early(self, discount: Discount) -> None:
        if not 0 < discount.discount_bps < WHOLE_BPS or not 0 <= discount.within_days <= MAX_DUE_DAYS:
            raise RuleBroken("bad_discount", f"A discount has 1 to {WHOLE_BPS - 1} basis points and some days.")
        if not self.end_of_month and discount.within_days > self.due_days:
            raise RuleBroken("bad_discount", "A discount is for money that comes before it is due.")


def _must_make_a_whole(instalments: Sequence[Instalment]) -> None:
    if not 2 <= len(instalments) <= MAX_INSTALMENTS:
        raise RuleBroken("bad_instalments", f"There are 2 to {MAX_INSTALMENTS} instalments, or none.")
    if any(not one.share_bps > 0 or not 0 <= one.due_days <= MAX_DUE_DAYS for one in instalments):
        raise RuleBroken("bad_instalments", f"An instalment has a share and between 0 and {MAX_DUE_DAYS} days.")
    if sum(one.share_bps for one in instalments) != WHOLE_BPS:
        raise RuleBroken("bad_instalments", f"The shares of all instalments sum to {WHOLE_BPS} basis points.")
    for earlier, later in pairwise(instalments):
        if later.due_days < earlier.due_days or (earlier.end_of_month and not later.end_of_month):
            raise RuleBroken("bad_instalments", "Instalments stand in the order in which they fall due.")
