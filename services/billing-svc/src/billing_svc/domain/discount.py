"""Early-payment discount: what a customer may keep who pays an item in time, and how much of that is tax.

The terms are frozen with the invoice at issue, and with them the policy: a discount of the gross amount or of the net
one, with the output tax corrected (`adjust`) or not (`none`).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from dunlin_kernel.money import Money

WHOLE_BPS = 10_000


class DiscountBase(StrEnum):
    GROSS = "gross"
    NET = "net"


class DiscountVat(StrEnum):
    ADJUST = "adjust"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class DiscountTerms:
    """So many basis points for paying within so many days of issue."""

    discount_bps: int
    within_days: int


@dataclass(frozen=True, slots=True)
class DiscountPolicy:
    """The tenant's rule, for invoices that are issued from now on."""

    version: int
    base: DiscountBase
    vat: DiscountVat


FIRST_DISCOUNT_POLICY = DiscountPolicy(0, DiscountBase.GROSS, DiscountVat.ADJUST)
"""By which every tenant begins."""


@dataclass(frozen=True, slots=True)
class Discount:
    """What is given: `net` lowers what was earned, `tax` the output tax."""

    net: Money
    tax: Money

    @property
    def total(self) -> Money:
        return self.net + self.tax


@dataclass(frozen=True, slots=True)
class DiscountOffer:
    """What an item's invoice offers until the end of a day; `net` and `tax` are the invoice's, in minor units."""

    discount_bps: int
    until: date
    base: DiscountBase
    vat: DiscountVat
    net: int
    tax: int

    def on(self, owed: Money) -> Discount:
        """The discount on so much, rounded half away from zero."""
        gross = self.net + self.tax
        if self.base is DiscountBase.GROSS:
            whole = _rounded(owed.minor * self.discount_bps, WHOLE_BPS)
            tax = _rounded(whole * self.tax, gross) if self.vat is DiscountVat.ADJUST else 0
            return Discount(Money(whole - tax, owed.currency), Money(tax, owed.currency))
        net = _rounded(owed.minor * self.net * self.discount_bps, gross * WHOLE_BPS)
        tax = _rounded(net * self.tax, self.net) if self.net and self.vat is DiscountVat.ADJUST else 0
        return Discount(Money(net, owed.currency), Money(tax, owed.currency))


def offer_of(
    terms: DiscountTerms | None, policy: DiscountPolicy, issued_on: date, net: Money, tax: Money,
) -> DiscountOffer | None:
    """What an invoice with these totals offers; None without such terms."""
    if terms is None:
        return None
    until = issued_on + timedelta(days=terms.within_days)
    return DiscountOffer(terms.discount_bps, until, policy.base, policy.vat, net.minor, tax.minor)


def _rounded(part: int, whole: int) -> int:
    return (2 * part + whole) // (2 * whole)
