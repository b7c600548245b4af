"""Accepted disputes: the lines that are credited come to what is accepted, and never to more."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_svc.domain.accepted_dispute import AcceptDispute, credit_wish, invoice_of, lines_worth
from billing_svc.domain.credit_note import CreditedLine, LineWish, credited_lines
from billing_svc.domain.customer import Customer
from billing_svc.domain.dispute import Dispute, DisputeReason
from billing_svc.domain.invoice import DraftInvoice, Invoice, Parties, draft, issue
from billing_svc.domain.invoice_totals import LineDraft
from billing_svc.domain.item import Item
from dunlin_kernel.calendar import Terms
from dunlin_kernel.errors import DomainError
from dunlin_kernel.money import Money

DAY = date(2026, 3, 1)
BUYER = Customer(UUID(int=7), "C-1", "Heron", "organization", None, "active", Terms(30, end_of_month=False))


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def issued(*prices: str, rate: str = "13") -> Invoice:
    lines = tuple(LineDraft("Goods", None, Decimal(1), Decimal(price), Decimal(rate)) for price in prices)
    made = draft(DraftInvoice(UUID(int=1), BUYER.id, "CNY", lines))
    return issue(made, number="INV-000001", issued_on=DAY, parties=Parties(BUYER, "Dunlin"))


def dispute(rest: int) -> Dispute:
    return Dispute(UUID(int=2), UUID(int=3), BUYER.id, cny(100_000), cny(rest), DisputeReason.PRICE, None, DAY)


@pytest.mark.parametrize(("gross", "expected"), [
    (40000, [(1, 35398)]), (113000, [(1, 100000)]), (135600, [(1, 100000), (2, 20000)]), (1, [(1, 1)]),
    (999_999, [(1, 100000), (2, 50000)])])
def test_the_first_lines_first(gross: int, expected: list[tuple[int, int]]) -> None:
    found = lines_worth(issued("1000", "500"), (), cny(gross))
    assert [(one.position, one.net.minor if one.net else None) for one in found] == expected


def test_what_was_credited_before_is_left_out() -> None:
    before = [CreditedLine(1, cny(90000), cny(11700))]
    found = lines_worth(issued("1000", "500"), before, cny(22600))
    assert [(one.position, one.net) for one in found] == [(1, cny(10000)), (2, cny(10000))]


@given(st.lists(st.integers(1, 50_000), min_size=1, max_size=4), st.sampled_from(["0", "6", "13", "19"]),
       st.integers(1, 250_000))
@settings(max_examples=100)
def test_lines_come_to_what_is_accepted_to_a_minor_unit(prices: list[int], rate: str, gross: int) -> None:
    invoice = issued(*(str(cny(minor).amount) for minor in prices), rate=rate)
    wanted = min(cny(gross), invoice.totals.total)
    wish, amount = credit_wish(AcceptDispute(UUID(int=9), UUID(int=2), wanted), dispute(10**9), invoice, ())
    credited = sum(one.net.minor + one.tax.minor for one in credited_lines(wish, invoice, ()))
    assert credited == amount.minor and 0 <= wanted.minor - credited <= 1


@pytest.mark.parametrize(("rest", "accept", "code"), [
    (0, AcceptDispute(UUID(int=9), UUID(int=2)), "dispute_settled"),
    (100, AcceptDispute(UUID(int=9), UUID(int=2), cny(101)), "more_than_disputed"),
    (100, AcceptDispute(UUID(int=9), UUID(int=2), cny(0)), "amount_not_positive"),
    (100, AcceptDispute(UUID(int=9), UUID(int=2), None, (LineWish(1, cny(100)),)), "credits_more_than_accepted"),
    (100, AcceptDispute(UUID(int=9), UUID(int=2), None, (LineWish(5),)), "line_not_found")])
def test_what_is_refused(rest: int, accept: AcceptDispute, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        credit_wish(accept, dispute(rest), issued("1000"), ())
    assert refused.value.code == code


def test_nothing_left_to_credit() -> None:
    with pytest.raises(DomainError, match="nothing_to_credit"):
        lines_worth(issued("1000"), [CreditedLine(1, cny(100000), cny(13000))], cny(100))


@pytest.mark.parametrize(("invoice_id", "claim", "expected"), [
    (UUID(int=1), None, UUID(int=1)), (None, None, "dispute_of_charge"),
    (UUID(int=1), UUID(int=9), "dispute_of_charge")])
def test_only_what_an_invoice_billed_has_lines_to_credit(
    invoice_id: UUID | None, claim: UUID | None, expected: UUID | str,
) -> None:
    item = Item(UUID(int=3), invoice_id, "N-1", BUYER.id, cny(5), cny(5), cny(0), DAY, DAY, DAY, 1, claim_item_id=claim)
    try:
        found: UUID | str = invoice_of(item)
    except DomainError as refused:
        found = refused.code
    assert found == expected
