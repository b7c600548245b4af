"""The roll-forward: every kind of fact has its line, and what does not tie is refused."""

from decimal import Decimal

import pytest

from billing_svc.domain.ledger import FactKind
from billing_svc.domain.roll_forward import (
    Moved,
    Receipts,
    RollLine,
    kinds_of,
    line_of,
    receipts_tied,
    roll,
)
from dunlin_kernel.errors import Conflict
from dunlin_kernel.money import Money


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def test_every_kind_of_fact_has_its_line() -> None:
    assert {kind: line_of(kind.value, "payment") for kind in FactKind}.keys() == set(FactKind)
    assert kinds_of(RollLine.INVOICES) == ["invoice_issued", "invoice_voided"]
    assert line_of("credit_allocated", "credit_note") is RollLine.CREDITS
    assert line_of("allocation_reversed", "payment") is RollLine.CASH
    with pytest.raises(KeyError):
        line_of("never_heard_of", None)


MOVED = (
    Moved(FactKind.INVOICE_ISSUED, None, usd(1_000_000), cny(7_100_000), cny(0)),
    Moved(FactKind.CREDIT_ALLOCATED, "payment", usd(-1_000_000), cny(-7_100_000), cny(101_000)),
)


def test_cash_stands_at_its_own_rate_and_the_difference_apart() -> None:
    rolled = roll((usd(50), cny(350)), MOVED, (usd(50), cny(350)))
    assert rolled.lines[RollLine.CASH] == (usd(-1_000_000), cny(-7_201_000))
    assert rolled.lines[RollLine.EXCHANGE] == (usd(0), cny(101_000))
    assert sum((base.minor for _, base in rolled.lines.values()), 350) == rolled.closing_base.minor == 350
    assert Decimal(rolled.closing.minor) == 50


def test_what_was_let_off_with_a_payment_is_a_discount() -> None:
    paid = Moved(FactKind.CREDIT_ALLOCATED, "payment", usd(-100), cny(-710), cny(8), (usd(-2), cny(-14)))
    rolled = roll((usd(100), cny(710)), (paid,), (usd(0), cny(0)))
    assert rolled.lines[RollLine.CASH] == (usd(-98), cny(-704))
    assert rolled.lines[RollLine.DISCOUNTS] == (usd(-2), cny(-14))
    assert rolled.lines[RollLine.EXCHANGE] == (usd(0), cny(8))


@pytest.mark.parametrize("control", [(usd(51), cny(350)), (usd(50), cny(349))])
def test_what_does_not_tie_is_refused(control: tuple[Money, Money]) -> None:
    with pytest.raises(Conflict) as refused:
        roll((usd(50), cny(350)), MOVED, control)
    assert refused.value.code == "report_does_not_tie"


@pytest.mark.parametrize(
    ("receipts", "ties"),
    [((100, 80, 60, 20, 15, 5, 20), True), ((100, 85, 60, 20, 15, 5, 20), False),
     ((100, 80, 61, 20, 15, 5, 20), False)])
def test_receipts_are_where_they_went(receipts: tuple[int, ...], ties: bool) -> None:
    one = Receipts(*(cny(minor) for minor in receipts))
    if ties:
        assert receipts_tied(one) is one
    else:
        with pytest.raises(Conflict):
            receipts_tied(one)
