"""Invoices: totals and their rounding, the lifecycle, numbers that never run against issue dates."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_svc.domain.customer import Customer, going_on, heard_of, invoiceable
from billing_svc.domain.invoice import (
    INVOICE_LIFECYCLE,
    DraftInvoice,
    InvoiceStatus,
    Parties,
    draft,
    fact_of_issue,
    issue,
    items_of,
)
from billing_svc.domain.invoice_totals import LineDraft, TaxRounding, totals_of
from billing_svc.domain.numbering import NumberSeries, series_named
from dunlin_kernel.calendar import Terms
from dunlin_kernel.errors import Conflict, DomainError, NotReady, RuleBroken
from dunlin_kernel.money import Money

BUYER = Customer(UUID(int=1), "C-000001", "北京华为贸易", "organization", None, "active", Terms(30))
PARTIES = Parties(BUYER, "Heron Ltd")


def line(price: str, rate: str = "13", quantity: str = "1") -> LineDraft:
    return LineDraft("Goods", None, Decimal(quantity), Decimal(price), Decimal(rate))


def wish(*lines: LineDraft, **more: object) -> DraftInvoice:
    return DraftInvoice(id=UUID(int=2), customer_id=BUYER.id, currency="CNY", lines=lines or (line("100"),), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("rounding", "taxes"), [(TaxRounding.LINE, [6, 6, 6]), (TaxRounding.RATE, [7, 6, 6])])
def test_three_lines_of_33_cents_at_19_percent(rounding: TaxRounding, taxes: list[int]) -> None:
    totals = totals_of([line("0.33", "19")] * 3, "EUR", rounding)
    assert [one.tax.minor for one in totals.lines] == taxes
    assert totals.total == Money(99 + sum(taxes), "EUR")


@pytest.mark.parametrize(
    ("price", "quantity", "net"),
    [
        ("1000", "4", "4000.00"),
        ("0.005", "1", "0.01"),
        ("0.333333", "3", "1.00"),
        ("19.99", "2.5", "49.98"),
    ],
)
def test_net_is_quantity_times_price_rounded_half_away_from_zero(price: str, quantity: str, net: str) -> None:
    assert totals_of([line(price, "0", quantity)], "CNY", TaxRounding.RATE).net.amount == net


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([], "no_lines"),
        ([line("1")] * 1001, "too_many_lines"),
        ([line("1", quantity="0")], "bad_quantity"),
        ([line("1", quantity="0.0000001")], "bad_quantity"),
        ([line("-1")], "bad_unit_price"),
        ([line("0.0000001")], "bad_unit_price"),
        ([line("1", "100.01")], "bad_tax_rate"),
        ([line("1", "0.00001")], "bad_tax_rate"),
        ([line("0")], "total_not_positive"),
        ([line("999999999999999", quantity="999999")], "amount_too_large"),
    ],
)
def test_lines_that_are_refused(lines: list[LineDraft], code: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        totals_of(lines, "CNY", TaxRounding.RATE)
    assert refused.value.code == code


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(["0", "6", "9", "13", "19.5"])), min_size=1, max_size=20)
)
def test_line_taxes_sum_to_the_tax_of_their_rate(priced: list[tuple[int, str]]) -> None:
    lines = [line(str(Decimal(cents) / 100), rate) for cents, rate in [*priced, (1, "0")]]
    totals = totals_of(lines, "CNY", TaxRounding.RATE)
    for rate in {one.tax_rate for one in lines}:
        of_rate = [one for one in totals.lines if one.sold.tax_rate == rate]
        exact = Decimal(sum(one.net.minor for one in of_rate)) * rate / 100
        assert abs(Decimal(sum(one.tax.minor for one in of_rate)) - exact) <= Decimal("0.5")
    assert totals.tax.minor == sum(one.tax.minor for one in totals.lines)


@pytest.mark.parametrize(("start", "end", "allowed"), list(INVOICE_LIFECYCLE.all_pairs()))
def test_an_invoice_is_drafted_issued_and_perhaps_voided(
    start: InvoiceStatus, end: InvoiceStatus, allowed: bool
) -> None:
    order = list(InvoiceStatus)
    assert allowed == (order.index(start) < order.index(end))


def test_issue_takes_number_date_and_terms_and_makes_the_total_owed() -> None:
    issued = issue(draft(wish(line("4000"))), number="INV-000001", issued_on=date(2026, 1, 5), parties=PARTIES)
    (owed,) = items_of(issued, lambda: UUID(int=3))
    fact = fact_of_issue(issued, [owed])
    assert (issued.due_on, owed.due_on) == (date(2026, 2, 4), date(2026, 2, 4))
    assert [(entry.ref_id, entry.amount.amount) for entry in fact.entries] == [(owed.id, "4520.00")]
    assert {one.account.value: one.amount.amount for one in fact.journal} == {
        "receivable_control": "4520.00",
        "revenue": "-4000.00",
        "tax": "-520.00",
    }


def test_a_due_date_of_its_own_stands_above_the_terms() -> None:
    issued = issue(
        draft(wish(due_on=date(2026, 1, 9))), number="INV-000001", issued_on=date(2026, 1, 5), parties=PARTIES
    )
    assert issued.due_on == date(2026, 1, 9)


def test_what_was_issued_or_discarded_is_no_draft() -> None:
    issued = issue(draft(wish()), number="INV-000001", issued_on=date(2026, 1, 5), parties=PARTIES)
    for ended in (issued, draft(wish()).discarded()):
        for act in (
            lambda one=ended: one.discarded(),
            lambda one=ended: one.redrafted(wish()),
            lambda one=ended: issue(one, number="X", issued_on=date(2026, 1, 5), parties=PARTIES),
        ):
            with pytest.raises(RuleBroken, match="not_a_draft"):
                act()


@pytest.mark.parametrize("dates", [{"issued_on": date(2026, 1, 5), "due_on": date(2026, 1, 4)}])
def test_an_invoice_is_due_no_earlier_than_issued(dates: dict[str, date]) -> None:
    with pytest.raises(RuleBroken, match="due_before_issue"):
        draft(wish(**dates))
    with pytest.raises(RuleBroken, match="due_before_issue"):
        issue(draft(wish(due_on=date(2026, 1, 4))), number="X", issued_on=date(2026, 1, 5), parties=PARTIES)


def test_numbers_are_gapless_and_never_run_against_issue_dates() -> None:
    first, series = NumberSeries("INV", 1, None).take(date(2026, 1, 5))
    second, series = series.take(date(2026, 1, 5))
    assert [first, second] == ["INV-000001", "INV-000002"]
    with pytest.raises(RuleBroken, match="issued_before_series"):
        series.take(date(2026, 1, 4))


@pytest.mark.parametrize("name", ["", "inv", "1A", "A-1", "ABCDEFGHIJKLM", "Ａ"])
def test_names_that_no_series_has(name: str) -> None:
    with pytest.raises(RuleBroken, match="malformed_series"):
        series_named(name)


@pytest.mark.parametrize(
    ("status", "allowed"), [("prospect", True), ("active", True), ("suspended", False), ("closed", False)]
)
def test_suspended_and_closed_customers_are_not_invoiced(status: str, allowed: bool) -> None:
    customer = Customer(BUYER.id, "C-1", None, "person", None, status, Terms(0))
    if allowed:
        assert invoiceable(customer) is customer
    else:
        with pytest.raises(Conflict, match="customer_suspended"):
            invoiceable(customer)


@pytest.mark.parametrize(("more", "before"), [
    ({}, False), ({"authorization_id": UUID(int=9)}, True), ({"delivery_ids": (UUID(int=9),)}, True)])
def test_an_invoice_of_an_order_or_a_delivery_was_agreed_before(more: dict[str, object], before: bool) -> None:
    assert wish(**more).agreed_before is before


@pytest.mark.parametrize(("status", "allowed"), [("active", True), ("suspended", True), ("closed", False)])
def test_what_was_authorised_or_delivered_is_billed_to_a_suspended_customer_too(status: str, allowed: bool) -> None:
    customer = Customer(BUYER.id, "C-1", None, "person", None, status, Terms(0))
    if allowed:
        assert invoiceable(customer, agreed_before=True) is customer
    else:
        with pytest.raises(Conflict, match="customer_suspended"):
            invoiceable(customer, agreed_before=True)


def test_a_customer_not_heard_of_is_not_ready_yet() -> None:
    with pytest.raises(NotReady, match="customer_not_known_yet") as refused:
        heard_of(None, BUYER.id)
    assert isinstance(refused.value, DomainError)


def test_a_customer_that_was_heard_of_and_not_merged_goes_on() -> None:
    assert going_on(heard_of(BUYER, BUYER.id)) is BUYER
    with pytest.raises(Conflict, match="customer_merged") as refused:
        going_on(replace(BUYER, merged_into=UUID(int=9)))
    assert refused.value.facts["into_id"] == UUID(int=9)


def test_a_total_is_no_more_than_one_amount_can_say() -> None:
    with pytest.raises(RuleBroken, match="amount_too_large"):
        draft(wish(line("600000000000000", "0"), line("600000000000000", "0")))


def test_an_invoice_is_in_the_account_of_its_buyer_and_currency() -> None:
    assert draft(wish()).account == (BUYER.id, "CNY")
