"""Voiding: what may be voided, on which day, and that nothing of the invoice is left in the books."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_svc.domain.account import Account
from billing_svc.domain.customer import Customer
from billing_svc.domain.invoice import (
    DraftInvoice,
    Invoice,
    InvoiceStatus,
    Parties,
    draft,
    fact_of_issue,
    issue,
    items_of,
)
from billing_svc.domain.invoice_totals import LineDraft
from billing_svc.domain.item import Item
from billing_svc.domain.ledger import Origin
from billing_svc.domain.posting_dates import Books, Step
from billing_svc.domain.voiding import InvoiceVoid, VoidReason, VoidWish, fact_of_void, void_on, voidable
from dunlin_kernel.calendar import Terms
from dunlin_kernel.errors import DomainError
from dunlin_kernel.money import Money

DAY = date(2026, 3, 1)
BUYER = Customer(UUID(int=7), "C-1", "Heron", "organization", None, "active", Terms(30, end_of_month=False))
PARTIES = Parties(BUYER, "Dunlin")


def on(day: int) -> date:
    return DAY + timedelta(days=day)


def issued(price: str = "4000", rate: str = "13", origin: Origin = Origin.LIVE) -> Invoice:
    line = LineDraft("Goods", None, Decimal(1), Decimal(price), Decimal(rate))
    wish = DraftInvoice(UUID(int=1), BUYER.id, "CNY", (line,), origin=origin)
    return issue(draft(wish), number="INV-000001", issued_on=DAY, parties=PARTIES)


def owed(invoice: Invoice, *, paid: int = 0, disputed: int = 0) -> Item:
    (item,) = items_of(invoice, lambda: UUID(int=3))
    return replace(item, open=item.amount - Money(paid, "CNY"), disputed=Money(disputed, "CNY"))


@pytest.mark.parametrize(
    ("invoice", "paid", "disputed", "code"),
    [
        (draft(issued().wish), 0, 0, "not_issued"),
        (draft(issued().wish).discarded(), 0, 0, "not_issued"),
        (issued().voided(), 0, 0, "not_issued"),
        (issued(origin=Origin.IMPORT), 0, 0, "invoice_delivered"),
        (issued(), 1, 0, "invoice_in_use"),
        (issued(), 452_000, 0, "invoice_in_use"),
        (issued(), 0, 1, "invoice_in_use"),
    ],
)
def test_what_is_not_voided(invoice: Invoice, paid: int, disputed: int, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        voidable(invoice, [owed(issued(), paid=paid, disputed=disputed)], credited=False)
    assert refused.value.code == code


def test_a_voided_invoice_keeps_its_number_and_content() -> None:
    invoice = voidable(issued(), [owed(issued())], credited=False)
    voided = invoice.voided()
    assert (voided.status, voided.version) == (InvoiceStatus.VOID, invoice.version + 1)
    assert replace(voided, status=invoice.status, version=invoice.version) == invoice


@pytest.mark.parametrize(
    ("wanted", "closed", "used", "expected"),
    [
        (None, None, [], 0),
        (None, 9, [], 10),
        (None, None, [(2, 8)], 8),
        (None, 9, [(2, 8)], 10),
        (20, 9, [(2, 8)], 20),
        (-1, None, [], "effective_too_early"),
        (5, None, [(2, 8)], "effective_too_early"),
        (5, 9, [], "period_locked"),
        (61, None, [], "effective_in_future"),
    ],
)
def test_the_day_is_the_issue_date_or_the_first_on_which_nothing_is_used(
    wanted: int | None, closed: int | None, used: list[tuple[int, int]], expected: int | str,
) -> None:
    item = owed(issued())
    steps = [Step(DAY, item.amount.minor)]
    for start, end in used:
        steps += [Step(on(start), -100), Step(on(end), 100)]
    wish = VoidWish(UUID(int=1), VoidReason.WRONG_CONTENT, None if wanted is None else on(wanted))
    books = Books(None if closed is None else on(closed), on(60))
    try:
        found: int | str = (void_on(wish, [item], [steps], books) - DAY).days
    except DomainError as refused:
        found = refused.code
    assert found == expected


@given(cents=st.integers(1, 10**9), rate=st.sampled_from(["0", "6", "13", "19.5"]), before=st.integers(0, 10**9),
       day=st.integers(0, 60))
def test_issue_and_void_leave_nothing(cents: int, rate: str, before: int, day: int) -> None:
    invoice = issued(str(Decimal(cents) / 100), rate)
    item = owed(invoice)
    void = InvoiceVoid(UUID(int=9), invoice.id, VoidReason.ISSUED_IN_ERROR, on(day))
    there, gone = fact_of_issue(invoice, [item]), fact_of_void(void, invoice, [item])
    zero = Money.zero("CNY")
    account = Account(BUYER.id, Money(before, "CNY"), zero, zero, 0, 0)
    after = account.after(there).after(gone)
    assert (after.open, after.unapplied) == (account.open, account.unapplied)
    assert item.after(gone.entries[0], void.effective_on).is_settled
    by_account: dict[str, int] = {}
    for line in (*there.journal, *gone.journal):
        by_account[line.account] = by_account.get(line.account, 0) + line.amount.minor
    assert set(by_account.values()) == {0}


def test_what_was_credited_is_not_voided_before_that_is_cancelled() -> None:
    assert voidable(issued(), [owed(issued())], credited=False) == issued()
    with pytest.raises(DomainError, match="invoice_in_use"):
        voidable(issued(), [owed(issued())], credited=True)
