"""Terms of trade: what makes a whole, what is early, what contradicts itself."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_svc.domain.labels import checked_metadata, checked_tags
from customer_svc.domain.terms import Discount, Instalment, TermsOfTrade
from dunlin_kernel.calendar import Terms, due_on
from dunlin_kernel.clock import SystemClock
from dunlin_kernel.errors import RuleBroken

HALVES = (Instalment(5000, 0), Instalment(5000, 60))


@pytest.mark.parametrize("terms", [
    {"due_days": 30}, {"due_days": 0, "cash_on_delivery": True}, {"due_days": 60, "instalments": HALVES},
    {"due_days": 30, "discount": Discount(200, 10)}, {"due_days": 0, "prepayment_bps": 10_000},
    {"due_days": 0, "end_of_month": True, "discount": Discount(200, 10)},
    {"due_days": 0, "end_of_month": True, "instalments": (Instalment(1, 0), Instalment(9999, 0, end_of_month=True))},
    {"due_days": 0, "prepayment_bps": 3000, "cash_on_delivery": True},
    {"due_days": 3650, "instalments": (Instalment(1, 0), Instalment(9_999, 3650))},
    {"due_days": 3650, "discount": Discount(9_999, 3650)}, {"due_days": 0, "discount": Discount(1, 0)},
])
def test_terms_that_hold(terms: dict[str, Any]) -> None:
    assert TermsOfTrade(**terms).due_days == terms["due_days"]


@pytest.mark.parametrize(("terms", "code"), [
    ({"due_days": -1}, "bad_terms"), ({"due_days": 3651}, "bad_terms"),
    ({"due_days": 60, "instalments": (Instalment(10_000, 60),)}, "bad_instalments"),
    ({"due_days": 60, "instalments": (Instalment(5000, 0), Instalment(4999, 60))}, "bad_instalments"),
    ({"due_days": 0, "instalments": HALVES[::-1]}, "bad_instalments"),
    ({"due_days": 0, "instalments": (Instalment(5000, 0, end_of_month=True), Instalment(5000, 0))}, "bad_instalments"),
    ({"due_days": 60, "instalments": (Instalment(0, 0), Instalment(10_000, 60))}, "bad_instalments"),
    ({"due_days": 3651, "instalments": (Instalment(1, 0), Instalment(9_999, 3651))}, "bad_terms"),
    ({"due_days": 3650, "instalments": (Instalment(1, -1), Instalment(9_999, 3650))}, "bad_instalments"),
    ({"due_days": 30, "instalments": HALVES}, "bad_instalments"),
    ({"due_days": 60, "end_of_month": True, "instalments": HALVES}, "bad_instalments"),
    ({"due_days": 60, "instalments": (Instalment(1, 60),) * 61}, "bad_instalments"),
    ({"due_days": 30, "discount": Discount(0, 10)}, "bad_discount"),
    ({"due_days": 30, "discount": Discount(10_000, 10)}, "bad_discount"),
    ({"due_days": 30, "discount": Discount(200, 31)}, "bad_discount"),
    ({"due_days": 30, "discount": Discount(200, -1)}, "bad_discount"),
    ({"due_days": 30, "prepayment_bps": -1}, "bad_prepayment"),
    ({"due_days": 30, "prepayment_bps": 10_001}, "bad_prepayment"),
    ({"due_days": 1, "cash_on_delivery": True}, "bad_cash_terms"),
    ({"due_days": 0, "cash_on_delivery": True, "end_of_month": True}, "bad_cash_terms"),
    ({"due_days": 0, "cash_on_delivery": True, "discount": Discount(200, 0)}, "bad_cash_terms"),
    ({"due_days": 0, "cash_on_delivery": True, "instalments": (Instalment(1, 0), Instalment(9999, 0))},
     "bad_cash_terms"),
])
def test_terms_that_are_refused(terms: dict[str, Any], code: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        TermsOfTrade(**terms)
    assert refused.value.code == code


@pytest.mark.parametrize(("before", "days", "cash", "after"), [
    (TermsOfTrade(30), 60, False, TermsOfTrade(60, prepayment_bps=3000)),
    (TermsOfTrade(60, instalments=HALVES), 60, False, TermsOfTrade(60, instalments=HALVES, prepayment_bps=3000)),
    (TermsOfTrade(60, instalments=HALVES), 30, False, TermsOfTrade(30, prepayment_bps=3000)),
    (TermsOfTrade(30, discount=Discount(200, 10)), 15, False,
     TermsOfTrade(15, discount=Discount(200, 10), prepayment_bps=3000)),
    (TermsOfTrade(30, discount=Discount(200, 20)), 15, False, TermsOfTrade(15, prepayment_bps=3000)),
    (TermsOfTrade(30, discount=Discount(200, 20)), 15, True,
     TermsOfTrade(0, prepayment_bps=3000, cash_on_delivery=True)),
])
def test_what_credit_decides_drops_what_does_not_fit(
    before: TermsOfTrade, days: int, cash: bool, after: TermsOfTrade
) -> None:
    assert before.decided(days, prepayment_bps=3000, cash_on_delivery=cash) == after


def an_instalment(share_bps: int) -> st.SearchStrategy[Instalment]:
    return st.builds(Instalment, st.just(share_bps), st.integers(0, 90), st.booleans())


@given(st.tuples(an_instalment(2500), an_instalment(2500), an_instalment(5000)))
def test_whatever_is_taken_falls_due_in_its_order(parts: tuple[Instalment, ...]) -> None:
    last = parts[-1]
    try:
        terms = TermsOfTrade(last.due_days, last.end_of_month, parts)
    except RuleBroken:
        return
    issued = SystemClock().now().date()
    days = [due_on(issued, Terms(one.due_days, one.end_of_month)) for one in terms.instalments]
    assert days == sorted(days)


@pytest.mark.parametrize(("days", "end_of_month", "kept"), [(9, False, False), (10, False, True), (9, True, True)])
def test_a_discount_stays_while_it_is_not_later_than_the_debt(days: int, end_of_month: bool, kept: bool) -> None:
    before = TermsOfTrade(30, end_of_month=end_of_month, discount=Discount(200, 10))
    after = before.decided(days, prepayment_bps=0, cash_on_delivery=False)
    assert (after.discount is not None) == kept


@pytest.mark.parametrize("tags", [["x" * 64], [str(n) for n in range(50)]])
def test_as_many_tags_and_no_longer_ones_are_taken(tags: list[str]) -> None:
    assert set(checked_tags(tags)) == set(tags)


@pytest.mark.parametrize("metadata", [{"k" * 40: "v" * 500}, {str(n): "v" for n in range(50)}])
def test_as_many_own_fields_are_taken(metadata: dict[str, str]) -> None:
    assert checked_metadata(metadata) == metadata


def test_labels_stand_once_and_in_order() -> None:
    assert checked_tags(["b", "重点", "a", "b"]) == ("a", "b", "重点")
    assert list(checked_metadata({"b": "1", "a": "2"})) == ["a", "b"]


@pytest.mark.parametrize("tags", [[""], [" a"], ["a\nb"], ["x" * 65], [str(n) for n in range(51)]])
def test_tags_that_are_refused(tags: list[str]) -> None:
    with pytest.raises(RuleBroken) as refused:
        checked_tags(tags)
    assert refused.value.code == "bad_tag"


@pytest.mark.parametrize("metadata", [
    {"": "x"}, {"k" * 41: "x"}, {"k": ""}, {"k": "x" * 501}, {"k": "a\x00"}, {str(n): "x" for n in range(51)}])
def test_metadata_that_are_refused(metadata: dict[str, str]) -> None:
    with pytest.raises(RuleBroken) as refused:
        checked_metadata(metadata)
    assert refused.value.code == "bad_metadata"
