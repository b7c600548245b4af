"""What is delivered and not billed, folded from billing's facts: story 11 row by row, and no cent counted twice."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from credit_svc.consumers.billing import billing
from credit_svc.domain.authorization import Authorization, Order
from credit_svc.domain.exposure import Exposure, ExposureParts, Figures, exposure_of
from credit_svc.domain.policy import FIRST_POLICY
from credit_svc.domain.position import Alert, AlertRule, Captured, CreditPosition
from dunlin_events.contracts.base import FACTS, Heard
from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money

NOW = datetime(2026, 3, 1, 2, tzinfo=UTC)
CUSTOMER, ORDER, OTHER = UUID(int=1), UUID(int=9), UUID(int=10)


def wire(minor: int) -> dict[str, str]:
    return {"amount": Money(minor, "CNY").amount, "currency": "CNY"}


class Folded:
    """A customer as billing's facts leave it, the deliveries and the account reckoned beside it."""

    def __init__(self, opened: int = 0, *, order: int | None = None) -> None:
        nothing = Money(0, "CNY")
        held = [] if order is None else [
            Authorization.decided(id=ORDER, order=Order(CUSTOMER, Money(order, "CNY"), "SO-1", NOW), approved=True)]
        self.opened, self.sequence = opened, 0
        self.not_billed: dict[UUID, tuple[UUID | None, int]] = {}
        self.at = CreditPosition(
            CUSTOMER, FIRST_POLICY,
            {"CNY": Exposure(Figures(Money(opened, "CNY"), nothing, nothing), 0, nothing, nothing)},
            {"CNY": Money(order or 0, "CNY")}, {one.id: one for one in held})

    def tell(self, name: str, **fields: Any) -> None:
        self.sequence += 1
        contract = FACTS[f"dunlin.billing.{name}.v1"]
        account = {"open": wire(self.opened), "disputed": wire(0), "unapplied": wire(0)}
        body = dict(contract.examples[0]) | {"customer_id": CUSTOMER, "account": account} | fields
        if "account" not in contract.model_fields:
            del body["account"]
        event = contract.model_validate(body).hear(Heard(NIL, UUID(int=self.sequence), self.sequence, NOW, "c"))
        self.at = billing.folds[event.wire_type()](event, self.at)

    def deliver(self, amount: int, order: UUID | None = ORDER) -> UUID:
        delivery_id = UUID(int=1000 + self.sequence)
        self.not_billed[delivery_id] = (order, amount)
        self.tell("DeliveryRecorded", delivery_id=delivery_id, authorization_id=order, amount=wire(amount))
        return delivery_id

    def bill(self, total: int, *, final: bool = False, order: UUID | None = ORDER) -> None:
        """As billing does: the oldest deliveries of the order first, all of them with the final invoice."""
        left, moves = total, []
        for delivery_id, (of, opened) in self.not_billed.items():
            part = 0 if of is None or of != order else opened if final else min(opened, left)
            if part:
                left = max(0, left - part)
                self.not_billed[delivery_id] = (of, opened - part)
                moves.append({"delivery_id": delivery_id, "authorization_id": of, "amount": wire(part),
                              "open_after": wire(opened - part)})
        self.opened += total
        self.tell("InvoiceIssued", total=wire(total), authorization_id=order, final=final, deliveries=moves)

    def row(self) -> tuple[int, int, int, int]:
        """open, delivered and not billed, reserved, exposure"""
        held, reserved = self.at.exposures["CNY"], self.at.reserved["CNY"]
        parts = ExposureParts.of(held.figures, reserved=reserved, delivered=held.delivered,
            accrued=held.accrued)
        return held.figures.open.minor, held.delivered.minor, reserved.minor, exposure_of(parts, FIRST_POLICY).minor

    def alerts(self) -> list[tuple[AlertRule, int, int]]:
        return [(one.rule, one.amount.minor, one.tolerated.minor) for one in self.at.outcomes if isinstance(one, Alert)]


def test_story_11_delivered_and_then_billed() -> None:
    books = Folded(12_000_00, order=30_000_00)
    assert books.row() == (12_000_00, 0, 30_000_00, 42_000_00)
    books.deliver(16_950_00)
    assert books.row() == (12_000_00, 16_950_00, 13_050_00, 42_000_00)
    books.bill(16_950_00)
    assert books.row() == (28_950_00, 0, 13_050_00, 42_000_00) and books.alerts() == []
    books.bill(14_125_00, final=True)
    assert books.row() == (43_075_00, 0, 0, 43_075_00)
    assert books.alerts() == [(AlertRule.OVER_CAPTURE, 1_075_00, 652_50)]
    captured = [one.capture for one in books.at.outcomes if isinstance(one, Captured)]
    assert [(one.captured.minor, one.over.minor) for one in captured] == [(16_950_00, 0), (13_050_00, 1_075_00)]


def test_more_delivered_than_reserved_alarms_when_it_leaves() -> None:
    books = Folded(order=100_00)
    books.deliver(120_00)
    assert books.row() == (0, 120_00, 0, 120_00)
    assert books.alerts() == [(AlertRule.OVER_CAPTURE, 20_00, 5_00)]
    books.bill(120_00, final=True)
    assert books.row() == (120_00, 0, 0, 120_00) and len(books.alerts()) == 1


def test_an_order_that_nobody_knows_alarms_and_counts_all_the_same() -> None:
    books = Folded()
    books.deliver(50_00, OTHER)
    assert books.row() == (0, 50_00, 0, 50_00)
    assert books.alerts() == [(AlertRule.AUTHORIZATION_UNKNOWN, 50_00, 0)]


def test_cancelled_and_given_back() -> None:
    books = Folded(order=100_00)
    gone = books.deliver(60_00)
    del books.not_billed[gone]
    books.tell("DeliveryCancelled", delivery_id=gone, authorization_id=ORDER, amount=wire(60_00))
    assert books.row() == (0, 0, 40_00, 40_00)
    back = books.deliver(40_00)
    books.bill(40_00)
    books.opened -= 40_00
    move = {"delivery_id": back, "authorization_id": ORDER, "amount": wire(40_00), "open_after": wire(40_00)}
    books.tell("InvoiceVoided", amount=wire(40_00), items=[], deliveries=[move])
    assert books.row() == (0, 40_00, 0, 40_00)


STEPS = st.lists(st.tuples(st.sampled_from(["deliver", "deliver_plain", "bill", "final"]), st.integers(1, 5_000)),
                 max_size=12)


@given(STEPS, st.integers(1, 10_000))
@settings(max_examples=100)
def test_what_is_not_billed_is_the_sum_of_what_is_left_and_orders_keep_their_cents(
    steps: list[tuple[str, int]], order: int,
) -> None:
    books = Folded(order=order)
    for what, minor in steps:
        if what.startswith("deliver"):
            books.deliver(minor, None if what == "deliver_plain" else ORDER)
        else:
            books.bill(minor, final=what == "final")
        one = books.at.authorizations[ORDER]
        left = sum(opened for _, opened in books.not_billed.values())
        assert books.row()[:3] == (books.opened, left, one.reserved.minor)
        assert one.reserved + one.captured + one.released + one.expired == one.asked
        assert sum(one.open.minor for one in books.at.deliveries.values()) == left
