"""Money: whole minor units and their currency, exact, never implied, never mixed."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Self

from dunlin_kernel.currencies import exponent_of
from dunlin_kernel.errors import RuleBroken

MAX_MINOR = 10**17 - 1
"""Bound of one amount, so that sums of many still fit 64 bits in the database."""
_MAX_FIGURES = len(str(MAX_MINOR))
_STEPS = [Decimal(1).scaleb(-digits) for digits in range(5)]
_TEXT = re.compile(r"-?(0|[1-9][0-9]*)(?:\.([0-9]+))?", re.ASCII)


def _too_large() -> RuleBroken:
    return RuleBroken("amount_too_large", f"An amount has at most {_MAX_FIGURES} digits.")


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units of one currency: `Money(123450, "CNY")` is 1234.50 yuan."""

    minor: int
    currency: str

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(0, currency)

    @classmethod
    def parse(cls, amount: str, currency: str) -> Self:
        """Read `"1234.50"`: exactly the currency's digits, no exponent, no sign but a leading minus.

        Refuses: unknown_currency, malformed_amount, wrong_precision, amount_too_large.
        """
        digits = exponent_of(currency)
        match = _TEXT.fullmatch(amount)
        if match is None:
            raise RuleBroken("malformed_amount", "An amount is a plain decimal text such as 1234.50.")
        if len(match[2] or "") != digits:
            raise RuleBroken("wrong_precision", f"An amount in {currency} has exactly {digits} digits after the point.")
        figures = amount.replace(".", "")
        if len(figures.removeprefix("-")) > _MAX_FIGURES:
            raise _too_large()
        return cls(int(figures), currency)

    @classmethod
    def rounded(cls, value: Decimal, currency: str) -> Self:
        """Round a decimal amount in major units to the currency's digits, half away from zero.

        Refuses: unknown_currency, amount_too_large (also for what is no finite number).
        """
        digits = exponent_of(currency)
        if not value.is_finite() or value.copy_abs() > MAX_MINOR:
            raise _too_large()
        minor = int(value.quantize(_STEPS[digits], rounding=ROUND_HALF_UP).scaleb(digits))
        if abs(minor) > MAX_MINOR:
            raise _too_large()
        return cls(minor, currency)

    @property
    def amount(self) -> str:
        """The text on the wire: `"1234.50"`, with exactly the currency's digits."""
        return _text_of(self.minor, self.currency)

    @property
    def is_zero(self) -> bool:
        return self.minor == 0

    @property
    def is_positive(self) -> bool:
        return self.minor > 0

    @property
    def is_negative(self) -> bool:
        return self.minor < 0

    def _same(self, other: "Money") -> int:
        if self.currency != other.currency:
            raise RuleBroken("currency_mismatch", f"{self.currency} and {other.currency} cannot be put together.")
        return other.minor

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other)

    def __gt__(self, other: "Money") -> bool:
        return self.minor > self._same(other)

    def __ge__(self, other: "Money") -> bool:
        return self.minor >= self._same(other)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def split(self, weights: Sequence[int]) -> tuple["Money", ...]:
        """Share out by whole weights without losing a cent (largest remainder; ties to the earlier part)."""
        total = sum(weights)
        if total <= 0 or min(weights) < 0:
            raise RuleBroken("bad_weights", "A split needs weights of at least 0 that sum to more than 0.")
        size, sign = abs(self.minor), -1 if self.minor < 0 else 1
        parts = [size * weight // total for weight in weights]
        by_remainder = sorted(range(len(weights)), key=lambda i: (-(size * weights[i] % total), i))
        for i in by_remainder[: size - sum(parts)]:
            parts[i] += 1
        assert sum(parts) == size, "a split keeps every cent"
        return tuple(Money(sign * part, self.currency) for part in parts)


def sum_money(currency: str, amounts: Iterable[Money]) -> Money:
    """Sum of amounts of one currency; zero of that currency when there are none. Refuses: currency_mismatch."""
    zero, minor = Money.zero(currency), 0
    for amount in amounts:
        minor += amount.minor if amount.currency == currency else zero._same(amount)
    return Money(minor, currency)


@lru_cache(maxsize=4096)
def _text_of(minor: int, currency: str) -> str:
    """Asked for again and again: a request says most of its amounts several times."""
    digits = exponent_of(currency)
    sign, whole = ("-" if minor < 0 else ""), str(abs(minor)).rjust(digits + 1, "0")
    return f"{sign}{whole[:-digits]}.{whole[-digits:]}" if digits else sign + whole
