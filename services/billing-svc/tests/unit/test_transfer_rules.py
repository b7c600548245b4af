"""Transfers: what leaves one customer comes to the other, to the cent, in the currency and for what it is carried."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_svc.domain.base_amounts import Carried, Carrier, moved, with_base
from billing_svc.domain.credit import Credit, CreditKind
from billing_svc.domain.exchange_rate import Rates
from billing_svc.domain.item import Item
from billing_svc.domain.journal import JournalAccount
from billing_svc.domain.ledger import FactKind, LedgerSide
from billing_svc.domain.transfer import Merger, coming, leaving
from dunlin_kernel.money import Money

DAY = date(2026, 3, 1)
SOURCE, INTO, OUT, IN = (UUID(int=n) for n in range(1, 5))
MERGER = Merger(SOURCE, INTO, DAY)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def item(n: int, opened: int) -> Item:
    return Item(UUID(int=100 + n), None, f"INV-{n}", SOURCE, usd(opened), usd(opened), usd(0), DAY, DAY, DAY, 1)


def credit(n: int, unapplied: int) -> Credit:
    return Credit(UUID(int=100 + n), SOURCE, usd(unapplied), usd(unapplied), DAY, DAY, DAY, 1, CreditKind.PAYMENT)


@pytest.mark.parametrize(("side", "kind", "control", "sign"), [
    (LedgerSide.RECEIVABLE, FactKind.DEBT_TRANSFERRED, JournalAccount.RECEIVABLE_CONTROL, 1),
    (LedgerSide.CREDIT, FactKind.CREDIT_TRANSFERRED, JournalAccount.CUSTOMER_CREDIT, -1)])
def test_each_side_is_a_fact_that_leaves_and_its_mirror(
    side: LedgerSide, kind: FactKind, control: JournalAccount, sign: int,
) -> None:
    debt = side is LedgerSide.RECEIVABLE
    transfer = (MERGER.of_items([item(1, 300), item(2, 500)], (OUT, IN)) if debt
                else MERGER.of_credits([credit(1, 300), credit(2, 500)], (OUT, IN)))
    out = leaving(transfer, [(UUID(int=101), usd(300)), (UUID(int=102), usd(500))])
    back = coming(transfer, out)
    assert (transfer.amount, transfer.effective_on) == (usd(800), DAY)
    assert (out.kind, out.id, out.customer_id, back.kind, back.id, back.customer_id) == (
        kind, OUT, SOURCE, kind, IN, INTO)
    assert [(one.side, one.amount.minor) for one in out.entries] == [(side, -300), (side, -500)]
    assert {one.account: one.amount.minor for one in out.journal} == {
        control: -800 * sign, JournalAccount.CUSTOMER_TRANSFER: 800 * sign}
    assert [one.amount.minor for one in back.entries] == [300, 500]


@settings(max_examples=50)
@given(held=st.lists(st.tuples(st.integers(1, 10**9), st.integers(0, 10**10)), min_size=1, max_size=6),
       debt=st.booleans())
def test_it_comes_for_what_it_was_carried_for_at_any_rate(held: list[tuple[int, int]], debt: bool) -> None:
    side = LedgerSide.RECEIVABLE if debt else LedgerSide.CREDIT
    carried = {UUID(int=100 + n): Carried(SOURCE, side, usd(left), Money(base, "CNY"))
               for n, (left, base) in enumerate(held)}
    amounts = [left for left, _ in held]
    transfer = (MERGER.of_items([item(n, one) for n, one in enumerate(amounts)], (OUT, IN)) if debt
                else MERGER.of_credits([credit(n, one) for n, one in enumerate(amounts)], (OUT, IN)))
    rates = Rates("CNY", {})
    out = with_base(leaving(transfer, [(UUID(int=100 + n), usd(one)) for n, one in enumerate(amounts)]),
                    Carrier(rates, carried), {})
    between = carried | moved(out, Carrier(rates, carried))
    back = with_base(coming(transfer, out), Carrier(rates, between), {})
    after = moved(back, Carrier(rates, between))
    assert {one: (left.open, left.base) for one, left in after.items()} == {
        one: (left.open, left.base) for one, left in carried.items()}
    assert {left.customer_id for left in after.values()} == {INTO}
    booked: dict[JournalAccount, int] = {}
    for line in (*out.journal, *back.journal):
        assert line.base is not None
        booked[line.account] = booked.get(line.account, 0) + line.base.minor
    assert set(booked.values()) == {0}
    assert JournalAccount.EXCHANGE_DIFFERENCE not in booked
