"""The product analysis ties to what is owed, or is refused."""

import pytest

from billing_svc.domain.ageing import Aged
from billing_svc.domain.product_analysis import ProductPart, tied_parts
from dunlin_kernel.errors import Conflict
from dunlin_kernel.money import Money


def part(minor: int, whole: int) -> ProductPart:
    none = Money.zero("CNY")
    return ProductPart("A", none, Aged((Money(minor, "CNY"),), (1,), none, 0), Money(whole, "CNY"))


def test_parts_that_sum_to_the_control_are_shown() -> None:
    found = [part(60, 100), part(40, 100)]
    assert tied_parts(found, {"CNY": Money(100, "CNY")}) == found
    assert tied_parts([part(0, 0)], {}) == [part(0, 0)]


@pytest.mark.parametrize("control", [99, 101])
def test_parts_that_do_not_are_refused(control: int) -> None:
    with pytest.raises(Conflict, match="report_does_not_tie"):
        tied_parts([part(60, 100)], {"CNY": Money(control, "CNY")})
