"""Deliveries: what an invoice bills of them, to the cent, whatever was delivered when; and which may be cancelled."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_svc.domain.delivery import Delivery, DeliveryCancelReason, RecordDelivery, billed_by, cancel, delivered
from billing_svc.domain.invoice import DraftInvoice, Invoice, draft
from billing_svc.domain.invoice_totals import LineDraft
from dunlin_kernel.errors import Conflict, RuleBroken
from dunlin_kernel.money import Money

WHO, ORDER, TODAY = UUID(int=1), UUID(int=2), date(2026, 3, 1)


def cny(amount: str) -> Money:
    return Money.parse(amount, "CNY")


def delivery(n: int, amount: str, *, day: int = 1, order: UUID | None = ORDER) -> Delivery:
    return Delivery(UUID(int=100 + n), WHO, order, f"DN-{n}", cny(amount), cny(amount), date(2026, 2, day))


def invoice(total: str, *, final: bool = False, names: tuple[int, ...] = ()) -> Invoice:
    line = LineDraft("Goods", None, Decimal(1), Decimal(total), Decimal(0))
    return draft(DraftInvoice(
        UUID(int=3), WHO, "CNY", (line,), authorization_id=ORDER, final=final,
        delivery_ids=tuple(UUID(int=100 + n) for n in names)))


@pytest.mark.parametrize(("total", "final", "names", "expected"), [
    ("100.00", False, (), {1: "100.00"}),
    ("130.00", False, (), {1: "100.00", 2: "30.00"}),
    ("500.00", False, (), {1: "100.00", 2: "50.00"}),
    ("10.00", True, (), {1: "100.00", 2: "50.00"}),
    ("10.00", False, (2,), {2: "50.00"}),
    ("70.00", False, (2,), {2: "50.00", 1: "20.00"}),
])
def test_what_an_invoice_bills(total: str, final: bool, names: tuple[int, ...], expected: dict[int, str]) -> None:
    held = [delivery(2, "50.00", day=20), delivery(1, "100.00", day=10)]
    found = billed_by(invoice(total, final=final, names=names), held)
    assert {one.after.id.int - 100: str(one.amount.amount) for one in found} == expected


def test_a_final_invoice_ends_its_own_order_alone() -> None:
    held = [delivery(1, "100.00"), delivery(2, "40.00", order=None)]
    assert [one.after.id.int for one in billed_by(invoice("5.00", final=True, names=(2,)), held)] == [102, 101]
    assert [one.amount for one in billed_by(invoice("5.00", final=True), held[:1])] == [cny("100.00")]


def test_a_delivery_that_is_billed_is_not_named_again() -> None:
    with pytest.raises(RuleBroken) as refused:
        billed_by(invoice("5.00", names=(9,)), [delivery(1, "100.00")])
    assert refused.value.code == "delivery_not_billable"


@given(st.lists(st.integers(1, 10_000), max_size=6), st.integers(1, 40_000), st.booleans())
@settings(max_examples=100)
def test_no_cent_is_billed_that_was_not_delivered(amounts: list[int], total: int, final: bool) -> None:
    held = [delivery(n, str(Money(minor, "CNY").amount), day=1 + n) for n, minor in enumerate(amounts)]
    found = billed_by(invoice(str(Money(total, "CNY").amount), final=final), held)
    billed = sum(one.amount.minor for one in found)
    assert billed == (sum(amounts) if final else min(sum(amounts), total))
    assert all(not one.after.open.is_negative and one.amount.is_positive for one in found)


@pytest.mark.parametrize(("amount", "day", "code"), [
    ("0.00", None, "amount_not_positive"), ("-1.00", None, "amount_not_positive"),
    ("1.00", date(2026, 3, 2), "effective_in_future")])
def test_what_is_no_delivery(amount: str, day: date | None, code: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        delivered(RecordDelivery(UUID(int=9), WHO, cny(amount), "DN", day), TODAY)
    assert refused.value.code == code


def test_recorded_today_unless_said() -> None:
    assert delivered(RecordDelivery(UUID(int=9), WHO, cny("1.00"), "DN"), TODAY).delivered_on == TODAY


def test_cancelled_whole_or_not_at_all() -> None:
    gone = cancel(delivery(1, "10.00"), DeliveryCancelReason.GOODS_RETURNED)
    assert (gone.open, gone.cancelled) == (cny("0.00"), DeliveryCancelReason.GOODS_RETURNED)
    with pytest.raises(Conflict) as twice:
        cancel(gone, DeliveryCancelReason.GOODS_RETURNED)
    with pytest.raises(Conflict) as billed:
        cancel(delivery(1, "10.00").moved(cny("-0.01")), DeliveryCancelReason.GOODS_RETURNED)
    assert (twice.value.code, billed.value.code) == ("delivery_cancelled", "delivery_billed")
