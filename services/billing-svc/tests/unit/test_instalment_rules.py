"""Instalments and charges: due dates, parts that sum, and what is owed for them."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_svc.domain.account import Account
from billing_svc.domain.charge import Charge, ChargeReason, ChargeWish, charged_item, fact_of_charge
from billing_svc.domain.customer import Customer
from billing_svc.domain.instalments import Instalment, InstalmentShare
from billing_svc.domain.invoice import DraftInvoice, Invoice, Parties, draft, fact_of_issue, issue, items_of
from billing_svc.domain.invoice_totals import LineDraft
from billing_svc.domain.item import Item, ItemKind
from dunlin_kernel.calendar import Terms
from dunlin_kernel.errors import DomainError
from dunlin_kernel.money import Money, sum_money

DAY = date(2026, 1, 5)


def on(days: int) -> date:
    return DAY + timedelta(days=days)


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def issued(total: int, *shares: tuple[int, int, bool], **wish: Any) -> Invoice:
    terms = tuple(InstalmentShare(bps, Terms(days, end_of_month)) for bps, days, end_of_month in shares)
    buyer = Customer(UUID(int=7), "C-1", "Heron", "organization", None, "active", Terms(30), terms)
    line = LineDraft("Goods", None, Decimal(1), Decimal(total) / 100, Decimal(0))
    return issue(draft(DraftInvoice(UUID(int=1), buyer.id, "CNY", (line,), **wish)), number="INV-000001",
                 issued_on=DAY, parties=Parties(buyer, "Dunlin"))


def owed(invoice: Invoice) -> tuple[Item, ...]:
    ids = count(3)
    return items_of(invoice, lambda: UUID(int=next(ids)))


@pytest.mark.parametrize(
    ("total", "shares", "wish", "expected"),
    [
        (10000, [], {}, [(30, 10000)]),
        (10000, [(5000, 0, False), (5000, 30, False)], {}, [(0, 5000), (30, 5000)]),
        (10001, [(5000, 30, False), (5000, 0, False)], {}, [(0, 5000), (30, 5001)]),
        (10000, [(3333, 0, False), (3333, 10, False), (3334, 0, True)], {}, [(0, 3333), (10, 3333), (26, 3334)]),
        (1, [(5000, 0, False), (5000, 30, False)], {}, [(0, 1)]),
        (10000, [(5000, 0, False), (5000, 30, False)], {"due_on": on(7)}, [(7, 10000)]),
        (10000, [(10000, 9, False)], {"instalments": (Instalment(on(60), cny(1)), Instalment(on(0), cny(9999)))},
         [(0, 9999), (60, 1)]),
    ],
)
def test_the_total_falls_due_as_agreed_or_by_terms(
    total: int, shares: list[tuple[int, int, bool]], wish: dict[str, Any], expected: list[tuple[int, int]],
) -> None:
    invoice = issued(total, *shares, **wish)
    items = owed(invoice)
    assert [((item.due_on - DAY).days, item.amount.minor) for item in items] == expected
    assert [(item.instalment, item.instalments) for item in items] == [
        (n, len(items)) for n in range(1, len(items) + 1)]
    assert invoice.due_on == items[-1].due_on


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"instalments": (Instalment(on(1), cny(9999)),)}, "instalments_do_not_sum"),
        ({"instalments": (Instalment(on(1), cny(10001)), Instalment(on(2), cny(-1)))}, "amount_not_positive"),
        ({"instalments": (Instalment(on(1), cny(10000)), Instalment(on(2), cny(0)))}, "amount_not_positive"),
        ({"instalments": (Instalment(on(1), Money(10000, "USD")),)}, "currency_mismatch"),
        ({"instalments": (Instalment(on(-1), cny(10000)),)}, "due_before_issue"),
        ({"instalments": (Instalment(on(1), cny(10000)),), "due_on": on(1)}, "instalments_or_due_date"),
        ({"due_on": on(-1)}, "due_before_issue"),
    ],
)
def test_schedules_that_are_refused(wish: dict[str, Any], code: str) -> None:
    with pytest.raises(DomainError) as refused:
        issued(10000, **wish)
    assert refused.value.code == code


@given(total=st.integers(1, 10**12), shares=st.lists(st.integers(1, 400), min_size=1, max_size=24))
def test_no_cent_is_lost_over_instalments(total: int, shares: list[int]) -> None:
    whole = [*shares, 10_000 - sum(shares)] if sum(shares) < 10_000 else [10_000]
    invoice = issued(total, *((bps, n, False) for n, bps in enumerate(whole)))
    items = owed(invoice)
    assert sum_money("CNY", (item.amount for item in items)) == invoice.totals.total
    zero = cny(0)
    after = Account(UUID(int=7), zero, zero, zero, 0, 0).after(fact_of_issue(invoice, items))
    assert after.open == invoice.totals.total


def wished(kind: ItemKind = ItemKind.FEE, amount: int = 4000, due: int = 0) -> ChargeWish:
    return ChargeWish(kind, UUID(int=7), cny(amount), DAY, on(due), ChargeReason.LATE_PAYMENT_COMPENSATION,
                      UUID(int=1), UUID(int=3))


@pytest.mark.parametrize(("kind", "account"), [(ItemKind.FEE, "fees"), (ItemKind.INTEREST, "interest")])
def test_a_charge_is_owed_under_its_own_number(kind: ItemKind, account: str) -> None:
    charge = Charge(UUID(int=8), UUID(int=9), "FEE-000001", wished(kind))
    item, fact = charged_item(charge), fact_of_charge(charge)
    assert (item.kind, item.number, item.invoice_id, item.claim_item_id) == (
        kind, "FEE-000001", UUID(int=1), UUID(int=3))
    assert item.after(fact.entries[0], DAY).open == item.amount
    assert {line.account.value: line.amount.minor for line in fact.journal} == {
        "receivable_control": 4000, account: -4000}


@pytest.mark.parametrize(("amount", "due", "code"), [
    (0, 0, "amount_not_positive"), (-1, 0, "amount_not_positive"), (1, -1, "due_before_issue")])
def test_charges_that_are_refused(amount: int, due: int, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        charged_item(Charge(UUID(int=8), UUID(int=9), "FEE-000001", wished(amount=amount, due=due)))
    assert refused.value.code == code
