"""What is kept for orders, folded from billing's facts: it frees no credit but that of its own order."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from credit_svc.consumers.billing import billing
from credit_svc.consumers.billing_deposits import requests_named
from credit_svc.domain.exposure import Exposure, ExposureParts, Figures, exposure_of
from credit_svc.domain.kept_credit import DepositOrder
from credit_svc.domain.policy import FIRST_POLICY
from credit_svc.domain.position import CreditPosition
from dunlin_events.contracts.base import FACTS, Event, Heard
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money

NOW, CUSTOMER = datetime(2026, 3, 1, 2, tzinfo=UTC), UUID(int=1)
FIRST, SECOND = UUID(int=5), UUID(int=6)


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def fact(name: str, sequence: int, **fields: Any) -> Event:
    contract = FACTS[f"dunlin.billing.{name}.v1"]
    body = dict(contract.examples[0]) | {"customer_id": CUSTOMER} | fields
    return contract.model_validate(body).hear(Heard(NIL, UUID(int=sequence), sequence, NOW, "c"))


def kept(credit: int, amount: str, sequence: int, request: UUID = FIRST) -> Event:
    return fact("CreditKept", sequence, credit_id=UUID(int=credit), request_id=request,
                kept={"amount": amount, "currency": "CNY"})


def folded(*events: Event) -> CreditPosition:
    figures = Figures(cny(0), cny(0), cny(500_00))
    at = CreditPosition(CUSTOMER, FIRST_POLICY, {"CNY": Exposure(figures, 0, cny(0), cny(0))}, {}, {})
    for event in events:
        at = billing.folds[event.wire_type()](event, at)
    return at


@pytest.mark.parametrize(("events", "left"), [
    ((), 0),
    ((kept(7, "300.00", 1),), 300_00),
    ((kept(7, "300.00", 1), kept(7, "100.00", 2)), 100_00),
    ((kept(7, "300.00", 1), kept(8, "50.00", 2, SECOND)), 350_00),
    ((kept(7, "300.00", 1), kept(8, "50.00", 2, SECOND), fact("DepositRequestEnded", 3, request_id=FIRST)), 50_00),
], ids=["nothing", "paid", "billed in part", "two orders", "one ended"])
def test_how_much_is_kept(events: tuple[Event, ...], left: int) -> None:
    exposure = folded(*events).exposures["CNY"]
    assert (exposure.deposits, exposure.sequence) == (cny(left), len(events))


def test_a_request_says_its_order_and_a_first_deposit_its_currency() -> None:
    told = fact("DepositRequested", 1, request_id=FIRST, order_reference="SO-9", authorization_id=None)
    assert folded(told).orders == {FIRST: DepositOrder(FIRST, "SO-9", None)}
    foreign = fact("CreditKept", 1, kept={"amount": "5.00", "currency": "USD"})
    assert folded(foreign).exposures["USD"].deposits == Money(500, "USD")
    assert requests_named([told, kept(7, "1.00", 2, SECOND), fact("DepositRequestEnded", 3, request_id=FIRST)]) == {
        FIRST, SECOND}


@pytest.mark.parametrize(("unapplied", "elsewhere", "exposure"), [
    (500_00, None, -500_00), (500_00, 300_00, -200_00), (500_00, 500_00, 0), (100_00, 300_00, 0)])
def test_what_is_kept_for_another_order_frees_nothing(unapplied: int, elsewhere: int | None, exposure: int) -> None:
    parts = ExposureParts.of(
        Figures(cny(0), cny(0), cny(unapplied)), reserved=cny(0), delivered=cny(0), accrued=cny(0),
        kept=None if elsewhere is None else cny(elsewhere))
    assert exposure_of(parts, FIRST_POLICY) == cny(exposure)
    assert parts.elsewhere == cny(elsewhere or 0)
