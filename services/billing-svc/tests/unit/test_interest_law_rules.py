"""The law by which interest accrues and is charged: its rule by customer and region, its rates by reference."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from billing_svc.domain.interest import Contested
from billing_svc.domain.interest_law import InterestLaw, bearing_of
from billing_svc.domain.interest_policy import InterestPolicy, InterestRule, RateStep
from billing_svc.domain.item import Item
from billing_svc.domain.posting_dates import Step
from dunlin_kernel.errors import Conflict
from dunlin_kernel.money import Money

WHO, DUE, TO = UUID(int=7), date(2026, 2, 1), date(2026, 3, 3)
EU = InterestRule("EU", Decimal(8), 365, region="DE", reference="ECB")
CONTRACT = InterestRule("contract", Decimal(12), 360, currency="CNY")
LAW = InterestLaw(
    InterestPolicy(1, (EU, CONTRACT)), {"ECB": [RateStep(date(2026, 1, 1), Decimal(2))]},
    {WHO: "DE-BE", UUID(int=8): None})


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def item(customer: UUID = WHO, currency: str = "CNY") -> Item:
    owed = Money(452_000, currency)
    return Item(UUID(int=1), None, "INV-1", customer, owed, owed, owed - owed, DUE, DUE, DUE, 1)


@pytest.mark.parametrize(("customer", "currency", "rule"), [
    (WHO, "CNY", "EU"), (UUID(int=8), "CNY", "contract"), (UUID(int=9), "CNY", "contract"), (UUID(int=8), "USD", None)])
def test_which_rule_reckons_an_item(customer: UUID, currency: str, rule: str | None) -> None:
    found = LAW.rule_of(item(customer, currency))
    assert (found.name if found else None) == rule


@pytest.mark.parametrize(("rule", "total"), [(EU, 37_15), (CONTRACT, 45_20)])
def test_what_it_comes_to_by_the_rates_of_the_rule(rule: InterestRule, total: int) -> None:
    found = LAW.reckoned(rule, item(), bearing_of(item(), {}, {}), cny(10_00), TO)
    assert (found.total, found.to_charge, found.rule, found.to_on) == (cny(total), cny(total - 10_00), rule.name, TO)
    assert [one.days for one in found.segments] == [30]


def test_a_reference_that_is_not_known_is_refused() -> None:
    unknown = InterestLaw(LAW.policy, {}, LAW.regions)
    with pytest.raises(Conflict, match="reference_rate_missing"):
        unknown.reckoned(EU, item(), bearing_of(item(), {}, {}), cny(0), TO)


def test_an_item_bears_on_its_own_moves_and_disputes() -> None:
    moves = {UUID(int=1): [Step(DUE, -100)], UUID(int=2): [Step(DUE, -7)]}
    contested = {UUID(int=1): [Contested(DUE, None, cny(50))]}
    found = bearing_of(item(), moves, contested)
    assert (found.amount, found.due_on, list(found.moves), list(found.contested)) == (
        cny(452_000), DUE, moves[UUID(int=1)], contested[UUID(int=1)])
