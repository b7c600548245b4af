"""What billing tells of charges, disputes, arrangements and write-offs moves our copy as far as it moves billing's."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from credit_svc.consumers.billing import billing
from credit_svc.domain.exposure import Exposure, Figures
from credit_svc.domain.owed_item import OwedItem
from credit_svc.domain.policy import FIRST_POLICY
from credit_svc.domain.position import CreditPosition
from dunlin_events.contracts.base import FACTS, Event, Heard
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money

CUSTOMER, ITEM = UUID(int=7), UUID(int=3)
NOTHING = Money(0, "CNY")


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def wire(minor: int) -> dict[str, str]:
    return {"amount": cny(minor).amount, "currency": "CNY"}


def position(opened: int, disputed: int = 0) -> CreditPosition:
    figures = Figures(cny(opened), cny(disputed), cny(0))
    held = CreditPosition(CUSTOMER, FIRST_POLICY, {"CNY": Exposure(figures, 0, NOTHING, NOTHING)}, {}, {})
    return replace(held, items={ITEM: OwedItem(ITEM, date(2026, 2, 4), cny(opened), cny(disputed))})


def heard(name: str, **fields: Any) -> Event:
    contract = FACTS[f"dunlin.billing.{name}.v1"]
    read = contract.model_validate(dict(contract.examples[0]) | {"customer_id": CUSTOMER} | fields)
    return read.hear(Heard(NIL, UUID(int=1), 1, datetime(2026, 3, 1, tzinfo=UTC), "c"))


@pytest.mark.parametrize(
    ("fact", "amount", "opened", "disputed"),
    [
        ("FeeCharged", 40, 140, 20),
        ("InterestCharged", 7, 107, 20),
        ("InterestWaived", 7, 93, 20),
        ("DisputeOpened", 30, 100, 50),
        ("DisputeSettled", 20, 100, 0),
        ("DebtWrittenOff", 80, 20, 20),
        ("DebtRecovered", 80, 180, 20),
        ("RecoveryReversed", 80, 20, 20),
        ("WriteOffReversed", 80, 180, 20),
    ],
)
def test_the_copy_is_proved_at_each_fact(fact: str, amount: int, opened: int, disputed: int) -> None:
    account = {"open": wire(opened), "disputed": wire(disputed), "unapplied": wire(0)}
    event = heard(fact, amount=wire(amount), account=account)
    after: CreditPosition = billing.folds[event.wire_type()](event, position(100, 20))
    assert after.exposures["CNY"].figures == Figures(cny(opened), cny(disputed), cny(0))
    assert after.outcomes == (), "no mismatch"


@pytest.mark.parametrize("fact", [
    "ArrangementAgreed", "ArrangementRevised", "ArrangementCompleted", "ArrangementDefaulted", "ArrangementReinstated"])
def test_the_due_date_that_stands_is_that_of_the_arrangement(fact: str) -> None:
    dated = {"item_id": str(ITEM), "due_on": "2026-04-10", "due_version": 2}
    unheard = dated | {"item_id": str(UUID(int=9))}
    event = heard(fact, items=[dated, unheard])
    before = position(100)
    after: CreditPosition = billing.folds[event.wire_type()](event, before)
    assert after.items == {ITEM: replace(before.items[ITEM], due_on=date(2026, 4, 10))}
    assert after.exposures == before.exposures


@pytest.mark.parametrize(("opened", "disputed", "today", "clears"), [
    (0, 0, date(2026, 2, 5), True), (20, 20, date(2026, 2, 5), True), (21, 20, date(2026, 2, 5), False),
    (0, 0, date(2026, 2, 4), False), (0, 0, None, False)])
def test_what_was_past_due_and_is_owed_no_more_clears(
    opened: int, disputed: int, today: date | None, clears: bool,
) -> None:
    assert replace(position(opened, disputed), today=today).clears == clears
