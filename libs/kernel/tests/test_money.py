"""Money is exact: what goes in as text comes out as the same text, and no split loses a cent."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunlin_kernel.currencies import EXPONENTS, exponent_of
from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import MAX_MINOR, Money, sum_money

currencies = st.sampled_from(sorted(EXPONENTS))
minors = st.integers(-MAX_MINOR, MAX_MINOR)
moneys = st.builds(Money, minors, currencies)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1234.50", "CNY", 123450), ("0.00", "CNY", 0), ("-0.01", "CNY", -1), ("-0.00", "CNY", 0), ("7", "JPY", 7),
        ("-7", "JPY", -7), ("1.234", "BHD", 1234), ("0.001", "BHD", 1), ("1.2345", "CLF", 12345),
        ("999999999999999.99", "EUR", MAX_MINOR),
        ("-999999999999999.99", "EUR", -MAX_MINOR), ("99999999999999999", "JPY", MAX_MINOR),
    ],
)
def test_an_amount_is_read_with_exactly_the_digits_of_its_currency(text: str, currency: str, minor: int) -> None:
    assert Money.parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency", "code"),
    [
        ("1", "CNY", "wrong_precision"), ("1.0", "CNY", "wrong_precision"), ("1.000", "CNY", "wrong_precision"),
        ("1.0", "JPY", "wrong_precision"), ("1.00", "BHD", "wrong_precision"), ("", "CNY", "malformed_amount"),
        ("1,000.00", "CNY", "malformed_amount"), ("1e2", "CNY", "malformed_amount"),
        ("+1.00", "CNY", "malformed_amount"),
        (" 1.00", "CNY", "malformed_amount"), ("1.00\n", "CNY", "malformed_amount"),
        ("01.00", "CNY", "malformed_amount"),
        (".50", "CNY", "malformed_amount"), ("1.", "CNY", "malformed_amount"), ("NaN", "CNY", "malformed_amount"),
        ("--1.00", "CNY", "malformed_amount"), ("١.٠٠", "CNY", "malformed_amount"),
        ("1_000.00", "CNY", "malformed_amount"),
        ("1.00", "XXX", "unknown_currency"), ("1.00", "cny", "unknown_currency"), ("1.00", "", "unknown_currency"),
        ("1000000000000000.00", "CNY", "amount_too_large"), ("-1000000000000000.00", "CNY", "amount_too_large"),
        ("9" * 5000, "JPY", "amount_too_large"),
    ],
)
def test_other_texts_are_refused(text: str, currency: str, code: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        Money.parse(text, currency)
    assert refused.value.code == code


@given(moneys)
def test_text_and_back_is_the_same_money(money: Money) -> None:
    assert Money.parse(money.amount, money.currency) == money
    assert str(money) == f"{money.amount} {money.currency}"
    assert Decimal(money.amount).scaleb(exponent_of(money.currency)) == money.minor


@pytest.mark.parametrize(
    ("value", "currency", "minor"),
    [
        ("0.005", "CNY", 1), ("-0.005", "CNY", -1), ("0.0049", "CNY", 0), ("1.005", "EUR", 101), ("2.5", "JPY", 3),
        ("-2.5", "JPY", -3), ("3.5", "JPY", 4), ("0.0005", "BHD", 1),
        ("0.00499999999999999999999999999999999999", "CNY", 0),
        ("999999999999999.994", "CNY", MAX_MINOR),
    ],
)
def test_decimals_are_rounded_once_half_away_from_zero(value: str, currency: str, minor: int) -> None:
    assert Money.rounded(Decimal(value), currency) == Money(minor, currency)


@pytest.mark.parametrize("value", ["999999999999999.995", "-1E+16", "1E+400", "NaN", "Infinity"])
def test_a_decimal_beyond_the_bound_is_refused(value: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        Money.rounded(Decimal(value), "CNY")
    assert refused.value.code == "amount_too_large"


@given(st.decimals(-(10**12), 10**12, places=6), currencies)
def test_rounding_moves_by_half_a_unit_at_most(value: Decimal, currency: str) -> None:
    exact = Fraction(value) * 10 ** exponent_of(currency)
    assert abs(Money.rounded(value, currency).minor - exact) <= Fraction(1, 2)


@given(minors, minors, currencies)
def test_sums_and_order_follow_the_minor_units(a: int, b: int, currency: str) -> None:
    one, two = Money(a, currency), Money(b, currency)
    assert (one + two).minor == a + b
    assert (one - two).minor == a - b
    assert (-one).minor == -a
    assert ((one < two), (one <= two), (one > two), (one >= two)) == ((a < b), (a <= b), (a > b), (a >= b))
    assert (one.is_zero, one.is_positive, one.is_negative) == (a == 0, a > 0, a < 0)


@pytest.mark.parametrize("mix", ["__add__", "__sub__", "__lt__", "__le__", "__gt__", "__ge__"])
def test_two_currencies_are_never_put_together(mix: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        getattr(Money(1, "CNY"), mix)(Money(1, "USD"))
    assert refused.value.code == "currency_mismatch"
    assert Money(1, "CNY") != Money(1, "USD")


@given(minors, st.lists(st.integers(0, 10**9), min_size=1, max_size=40).filter(any))
def test_a_split_keeps_every_cent_and_is_fair(minor: int, weights: list[int]) -> None:
    whole = Money(minor, "CNY")
    parts = whole.split(weights)
    assert sum_money("CNY", parts) == whole
    assert len(parts) == len(weights)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part.minor - Fraction(minor * weight, sum(weights))) < 1
        assert weight or part.is_zero
    assert (-whole).split(weights) == tuple(-part for part in parts)


@pytest.mark.parametrize(
    ("minor", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]), (-100, [1, 1, 1], [-34, -33, -33]), (5, [0, 3, 7], [0, 2, 3]),
        (1, [1, 1], [1, 0]), (0, [2, 3], [0, 0]),
    ],
)
def test_the_largest_remainder_takes_the_last_cents(minor: int, weights: list[int], parts: list[int]) -> None:
    assert [part.minor for part in Money(minor, "CNY").split(weights)] == parts


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [2, -1], [-1]])
def test_a_split_without_proper_weights_is_refused(weights: list[int]) -> None:
    with pytest.raises(RuleBroken) as refused:
        Money(100, "CNY").split(weights)
    assert refused.value.code == "bad_weights"


def test_the_sum_of_nothing_is_zero_and_a_stranger_in_a_sum_is_refused() -> None:
    assert sum_money("JPY", []) == Money.zero("JPY") == Money(0, "JPY")
    with pytest.raises(RuleBroken) as refused:
        sum_money("JPY", [Money(1, "JPY"), Money(1, "CNY")])
    assert refused.value.code == "currency_mismatch"
