"""Key figures of collecting: by hand, on nothing, and within their bounds."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify_svc.domain.kpis import CollectionFigures, CollectionKpi, kpis_of


@pytest.mark.parametrize(("figures", "values"), [
    (CollectionFigures(3, 1, 4, 10), [Decimal(75), Decimal("2.5")]),
    (CollectionFigures(1, 2, 3, 1), [Decimal("33.333333"), Decimal("0.333333")]),
    (CollectionFigures(0, 2, 1, 0), [Decimal(0), Decimal(0)]),
    (CollectionFigures(0, 0, 0, 0), [None, None]),
])
def test_key_figures_by_hand(figures: CollectionFigures, values: list[Decimal | None]) -> None:
    found = kpis_of(figures)
    assert [one.kpi for one in found] == list(CollectionKpi)
    assert [one.value for one in found] == values
    assert all(hasattr(figures, name) for one in found for name in one.inputs)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_rate_lies_between_nothing_and_all(kept: int, broken: int) -> None:
    rate = kpis_of(CollectionFigures(kept, broken, 0, 0))[0].value
    assert (rate is None) == (kept + broken == 0)
    assert rate is None or 0 <= rate <= 100
