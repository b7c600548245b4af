"""Currencies have the digits of ISO 4217; there is no default for an unknown code."""

import pytest

from dunlin_kernel.currencies import EXPONENTS, exponent_of
from dunlin_kernel.errors import RuleBroken


@pytest.mark.parametrize(
    ("currency", "digits"),
    [
        ("CNY", 2), ("USD", 2), ("EUR", 2), ("CAD", 2), ("JPY", 0), ("KRW", 0), ("VND", 0), ("CLP", 0), ("BHD", 3),
        ("KWD", 3), ("TND", 3), ("CLF", 4),
    ],
)
def test_a_currency_has_its_digits(currency: str, digits: int) -> None:
    assert exponent_of(currency) == digits


@pytest.mark.parametrize("code", ["", "cny", "XXX", "XAU", "EURO", "€", "CN"])
def test_an_unknown_code_is_refused(code: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        exponent_of(code)
    assert refused.value.code == "unknown_currency"


def test_every_code_is_three_capital_letters() -> None:
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in EXPONENTS)
    assert set(EXPONENTS.values()) == {0, 2, 3, 4}
