"""Invoice totals: net per line, and tax rounded by line or by rate, half away from zero, without losing a cent."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import MAX_MINOR, Money, sum_money

MAX_LINES = 1000
MAX_FACTOR = Decimal(10) ** 15
QUANTITY_DIGITS = 6
PRICE_DIGITS = 6
TAX_RATE_DIGITS = 4
_HUNDRED = Decimal(100)


class TaxRounding(StrEnum):
    """`rate`: the tax of all lines of one rate is rounded once (EN 16931); `line`: each line's by itself."""

    LINE = "line"
    RATE = "rate"


@dataclass(frozen=True, slots=True)
class LineDraft:
    """What is sold: `unit_price` in major units before tax, `tax_rate` in percent."""

    description: str
    product: str | None
    quantity: Decimal
    unit_price: Decimal
    tax_rate: Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its amounts; positions count from 1."""

    position: int
    sold: LineDraft
    net: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class Totals:
    lines: tuple[Line, ...]
    net: Money
    tax: Money

    @property
    def total(self) -> Money:
        return self.net + self.tax


def totals_of(drafts: Sequence[LineDraft], currency: str, rounding: TaxRounding) -> Totals:
    """Net = quantity x unit price per line; tax by the rounding rule, shared out to the lines by largest remainder.

    Refuses: no_lines, too_many_lines, bad_quantity, bad_unit_price, bad_tax_rate, total_not_positive, amount_too_large,
    unknown_currency.
    """
    if not drafts:
        raise RuleBroken("no_lines", "An invoice has at least one line.")
    if len(drafts) > MAX_LINES:
        raise RuleBroken("too_many_lines", f"An invoice has at most {MAX_LINES} lines.")
    for position, draft in enumerate(drafts, 1):
        _check(draft, position)
    nets = [Money.rounded(draft.quantity * draft.unit_price, currency) for draft in drafts]
    taxes = _by_line(drafts, nets) if rounding is TaxRounding.LINE else _by_rate(drafts, nets)
    lines = tuple(Line(n, *parts) for n, parts in enumerate(zip(drafts, nets, taxes, strict=True), 1))
    totals = Totals(lines, sum_money(currency, nets), sum_money(currency, taxes))
    total = totals.total
    if not total.is_positive:
        raise RuleBroken("total_not_positive", "An invoice asks for more than nothing.")
    if total.minor > MAX_MINOR:
        raise RuleBroken("amount_too_large", "The total is more than one amount can hold.")
    return totals


def _check(draft: LineDraft, position: int) -> None:
    if not 0 < draft.quantity < MAX_FACTOR or not _has_at_most(draft.quantity, QUANTITY_DIGITS):
        detail = f"A quantity is above 0 with at most {QUANTITY_DIGITS} digits after the point."
        raise RuleBroken("bad_quantity", detail, line=position)
    if not 0 <= draft.unit_price < MAX_FACTOR or not _has_at_most(draft.unit_price, PRICE_DIGITS):
        detail = f"A unit price is at least 0 with at most {PRICE_DIGITS} digits after the point."
        raise RuleBroken("bad_unit_price", detail, line=position)
    if not 0 <= draft.tax_rate <= _HUNDRED or not _has_at_most(draft.tax_rate, TAX_RATE_DIGITS):
        detail = f"A tax rate is 0 to 100 percent with at most {TAX_RATE_DIGITS} digits after the point."
        raise RuleBroken("bad_tax_rate", detail, line=position)


def _has_at_most(value: Decimal, digits: int) -> bool:
    shifted = value.scaleb(digits)
    return shifted == shifted.to_integral_value()


def _tax_of(net: Money, rate: Decimal) -> Money:
    return Money.rounded(Decimal(net.amount) * rate / _HUNDRED, net.currency)


def _by_line(drafts: Sequence[LineDraft], nets: Sequence[Money]) -> list[Money]:
    return [_tax_of(net, draft.tax_rate) for draft, net in zip(drafts, nets, strict=True)]


def _by_rate(drafts: Sequence[LineDraft], nets: Sequence[Money]) -> list[Money]:
    taxes = [Money.zero(net.currency) for net in nets]
    for rate in {draft.tax_rate for draft in drafts}:
        at = [n for n, draft in enumerate(drafts) if draft.tax_rate == rate and nets[n].is_positive]
        if at:
            of_rate = _tax_of(sum_money(nets[0].currency, (nets[n] for n in at)), rate)
            for n, tax in zip(at, of_rate.split([nets[n].minor for n in at]), strict=True):
                taxes[n] = tax
    return taxes
