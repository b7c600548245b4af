"""Billing's facts folded into a credit position: stories to the cent, captures, alerts, and the proof at each step."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from credit_svc.consumers.billing import billing
from credit_svc.domain.authorization import Authorization, Order
from credit_svc.domain.exposure import Exposure, ExposureParts, Figures, Mismatch, exposure_of
from credit_svc.domain.policy import FIRST_POLICY
from credit_svc.domain.position import Alert, AlertRule, Captured, CreditPosition
from dunlin_events.contracts.base import FACTS, Event, Heard
from dunlin_events.contracts.billing import MoneyFact
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money

NOW = datetime(2026, 3, 1, 2, tzinfo=UTC)
CUSTOMER, ORDER_1, ORDER_3 = UUID(int=1), UUID(int=9), UUID(int=10)
NOTHING = Money(0, "CNY")


def cny(amount: str) -> Money:
    return Money.parse(amount, "CNY")


def wire(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def reserved_for(order: UUID, amount: str) -> Authorization:
    return Authorization.decided(
        id=order, order=Order(CUSTOMER, cny(amount), "SO-1", NOW + timedelta(days=30)), approved=True)


def position(*authorizations: Authorization, opened: str = "0.00") -> CreditPosition:
    figures = Figures(cny(opened), cny("0.00"), cny("0.00"))
    total = sum((one.reserved.minor for one in authorizations), 0)
    return CreditPosition(
        CUSTOMER, FIRST_POLICY, {"CNY": Exposure(figures, 0, NOTHING, NOTHING)}, {"CNY": Money(total, "CNY")},
        {one.id: one for one in authorizations})


class Told:
    """What billing would tell: keeps the account, numbers the facts."""

    def __init__(self, opened: int = 0) -> None:
        self.opened, self.unapplied, self.sequence = opened, 0, 0

    def fact(self, name: str, *, opened: int = 0, unapplied: int = 0, **fields: Any) -> Event:
        self.opened, self.unapplied, self.sequence = self.opened + opened, self.unapplied + unapplied, self.sequence + 1
        contract = FACTS[f"dunlin.billing.{name}.v1"]
        account = {"open": wire(Money(self.opened, "CNY").amount), "disputed": wire("0.00"),
                   "unapplied": wire(Money(self.unapplied, "CNY").amount)}
        read = contract.model_validate(
            dict(contract.examples[0]) | {"customer_id": CUSTOMER, "account": account, **fields})
        return read.hear(Heard(NIL, UUID(int=self.sequence), self.sequence, NOW, "c"))

    def issued(self, total: str, **fields: Any) -> Event:
        return self.fact("InvoiceIssued", opened=cny(total).minor, total=wire(total), **fields)

    def confirmed(self, amount: str) -> Event:
        return self.fact("PaymentConfirmed", unapplied=cny(amount).minor, amount=wire(amount))

    def allocated(self, amount: str) -> Event:
        part = cny(amount).minor
        return self.fact("CreditAllocated", opened=-part, unapplied=-part, amount=wire(amount))


def fold(event: Event, at: CreditPosition) -> CreditPosition:
    after: CreditPosition = billing.folds[event.wire_type()](event, at)
    return after


def row(at: CreditPosition) -> tuple[str, str, str]:
    """open, reserved, exposure"""
    held = at.exposures["CNY"]
    figures = held.figures
    parts = ExposureParts.of(figures, reserved=at.reserved.get("CNY", cny("0.00")), delivered=held.delivered,
            accrued=held.accrued)
    return figures.open.amount, parts.reserved.amount, exposure_of(parts, FIRST_POLICY).amount


def test_story_11_order_capture_pay() -> None:
    told, at = Told(opened=12_000_00), position(reserved_for(ORDER_1, "30000.00"), opened="12000.00")
    assert row(at) == ("12000.00", "30000.00", "42000.00")
    at = fold(told.issued("16950.00", authorization_id=ORDER_1), at)
    assert row(at) == ("28950.00", "13050.00", "42000.00")
    assert not any(isinstance(outcome, Alert) for outcome in at.outcomes)

    at = fold(told.issued("14125.00", authorization_id=ORDER_1, final=True), at)
    assert row(at) == ("43075.00", "0.00", "43075.00")
    alert = at.outcomes[-1]
    assert isinstance(alert, Alert) and alert.rule is AlertRule.OVER_CAPTURE
    assert (alert.amount, alert.tolerated) == (cny("1075.00"), cny("652.50"))

    at = fold(told.confirmed("16950.00"), at)
    assert row(at) == ("43075.00", "0.00", "26125.00")
    at = fold(told.allocated("16950.00"), at)
    assert row(at) == ("26125.00", "0.00", "26125.00")
    assert not any(isinstance(outcome, Mismatch) for outcome in at.outcomes)
    assert at.exposures["CNY"].sequence == told.sequence


def test_story_1_partial_payment() -> None:
    told, at = Told(), position()
    for total in ("4520.00", "2260.00", "7910.00"):
        at = fold(told.issued(total), at)
    assert row(at)[2] == "14690.00"
    for fact in (told.confirmed("6000.00"), told.allocated("4520.00"), told.allocated("1480.00")):
        at = fold(fact, at)
        assert row(at)[2] == "8690.00"
    assert not at.outcomes


def test_story_2_overpayment_makes_exposure_negative() -> None:
    told, at = Told(), position()
    at = fold(told.issued("11300.00"), at)
    at = fold(told.confirmed("15000.00"), at)
    at = fold(told.allocated("11300.00"), at)
    assert row(at) == ("0.00", "0.00", "-3700.00")
    at = fold(told.issued("5650.00"), at)
    assert row(at)[2] == "1950.00"
    at = fold(told.allocated("3700.00"), at)
    assert row(at) == ("1950.00", "0.00", "1950.00") and not at.outcomes


def test_pay_and_return_leaves_as_if_never_paid() -> None:
    told, at = Told(), position()
    at = before = fold(told.issued("4520.00"), at)
    back = cny("4520.00").minor
    for fact in (
        told.confirmed("4520.00"), told.allocated("4520.00"), told.fact("InvoiceSettled"),
        told.fact("AllocationReversed", opened=back, unapplied=back, amount=wire("4520.00")),
        told.fact("PaymentReversed", unapplied=-back, amount=wire("4520.00")),
    ):
        at = fold(fact, at)
    assert replace(at.exposures["CNY"], sequence=1) == before.exposures["CNY"] and not at.outcomes


def test_a_voided_invoice_owes_nothing_and_what_it_captured_stays_captured() -> None:
    told, at = Told(), position(reserved_for(ORDER_1, "10000.00"))
    at = captured = fold(told.issued("4520.00", authorization_id=ORDER_1), at)
    assert row(at) == ("4520.00", "5480.00", "10000.00")
    at = fold(told.fact("InvoiceVoided", opened=-cny("4520.00").minor, amount=wire("4520.00")), at)
    assert row(at) == ("0.00", "5480.00", "5480.00")
    assert at.authorizations == captured.authorizations and at.outcomes == captured.outcomes


def test_interest_accrues_until_it_is_charged() -> None:
    at = position().accruing(cny("45.20"), at=3).charging(cny("40.00"))
    assert (at.exposures["CNY"].accrued, at.exposures["CNY"].sequence) == (cny("5.20"), 3)
    fresh = position().accruing(Money(7, "USD"), at=4)
    assert fresh.exposures["USD"].accrued == Money(7, "USD") and fresh.exposures["CNY"].accrued.is_zero


def test_every_money_fact_has_its_movement() -> None:
    """A fact that moves an account and is not folded here would show as a mismatch at the next one."""
    facts = {name for name, contract in FACTS.items() if issubclass(contract, MoneyFact) and contract is not MoneyFact}
    assert facts <= set(billing.folds), facts - set(billing.folds)


UNKNOWN: Mapping[str, dict[str, Any]] = {
    "of another customer": {"authorization_id": UUID(int=77)},
    "in another currency": {"authorization_id": ORDER_3},
}


@pytest.mark.parametrize("named", UNKNOWN.values(), ids=UNKNOWN)
def test_an_authorization_that_is_not_the_customers_alarms_and_captures_nothing(named: dict[str, Any]) -> None:
    order = Order(CUSTOMER, Money(500_00, "USD"), "SO-3", NOW)
    in_dollars = Authorization.decided(id=ORDER_3, order=order, approved=True)
    at = position(reserved_for(ORDER_1, "100.00"), in_dollars)
    after = fold(Told().issued("60.00", **named), at)
    assert after.authorizations == at.authorizations and after.reserved == at.reserved
    [alert] = after.outcomes
    assert isinstance(alert, Alert) and alert.rule is AlertRule.AUTHORIZATION_UNKNOWN


def test_what_is_taken_over_from_an_older_ledger_raises_no_alert() -> None:
    at = position(reserved_for(ORDER_1, "100.00"))
    after = fold(Told().issued("500.00", authorization_id=ORDER_1, final=True, origin="import"), at)
    assert [type(outcome) for outcome in after.outcomes] == [Captured]
    assert row(after) == ("500.00", "0.00", "500.00")


def test_a_lost_fact_shows_at_the_next_one_and_billings_figures_are_taken() -> None:
    told, at = Told(), position()
    at = fold(told.issued("100.00"), at)
    told.issued("40.00")
    at = fold(told.confirmed("10.00"), at)
    assert row(at) == ("140.00", "0.00", "130.00")
    assert [(found.sequence, found.reckoned.open, found.told.open) for found in at.outcomes
            if isinstance(found, Mismatch)] == [(3, cny("100.00"), cny("140.00"))]
