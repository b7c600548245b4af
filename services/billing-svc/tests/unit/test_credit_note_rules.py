"""Credit notes: never more than a line, tax mirrored to the cent, and the books as if it had not been sold."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_svc.domain.account import Account
from billing_svc.domain.credit_note import (
    CreditedLine,
    CreditNoteReason,
    IssueCreditNote,
    LineWish,
    cancelled,
    credit_note_of,
    credit_of,
    credited_lines,
    fact_of_cancellation,
    fact_of_credit_note,
)
from billing_svc.domain.customer import Customer
from billing_svc.domain.invoice import DraftInvoice, Invoice, InvoiceStatus, Parties, draft, issue
from billing_svc.domain.invoice_totals import Line, LineDraft, TaxRounding
from billing_svc.domain.reversal import CreditReversal
from dunlin_kernel.calendar import Terms
from dunlin_kernel.errors import DomainError
from dunlin_kernel.money import Money

DAY = date(2026, 3, 1)
BUYER = Customer(UUID(int=7), "C-1", "Heron", "organization", None, "active", Terms(30, end_of_month=False))


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def issued(*prices: str, rate: str = "19", rounding: TaxRounding = TaxRounding.RATE) -> Invoice:
    lines = tuple(LineDraft("Goods", None, Decimal(1), Decimal(price), Decimal(rate)) for price in prices)
    made = draft(DraftInvoice(UUID(int=1), BUYER.id, "CNY", lines, rounding))
    return issue(made, number="INV-000001", issued_on=DAY, parties=Parties(BUYER, "Dunlin"))


def wish(*lines: LineWish) -> IssueCreditNote:
    return IssueCreditNote(UUID(int=9), UUID(int=1), CreditNoteReason.GOODS_RETURNED, lines)


def line(net: int, tax: int) -> Line:
    return Line(1, LineDraft("Goods", None, Decimal(1), Decimal(1), Decimal(13)), cny(net), cny(tax))


@pytest.mark.parametrize(("rounding", "taxes"), [(TaxRounding.RATE, [7, 6, 6]), (TaxRounding.LINE, [6, 6, 6])])
def test_a_whole_credit_mirrors_the_lines_whatever_rounded_their_tax(rounding: TaxRounding, taxes: list[int]) -> None:
    made = credited_lines(wish(), issued("0.33", "0.33", "0.33", rounding=rounding), ())
    assert [one.tax.minor for one in made] == taxes
    assert [one.net.minor for one in made] == [33, 33, 33]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ((LineWish(3),), "line_not_found"),
        ((LineWish(1), LineWish(1, cny(1))), "line_named_twice"),
        ((LineWish(1, cny(0)),), "amount_not_positive"),
        ((LineWish(1, cny(-5)),), "amount_not_positive"),
        ((LineWish(1, cny(4001)),), "more_than_line"),
        ((LineWish(1, Money(1, "EUR")),), "currency_mismatch"),
        ((LineWish(2),), "nothing_to_credit"),
    ],
)
def test_what_is_refused(lines: tuple[LineWish, ...], code: str) -> None:
    before = [CreditedLine(1, cny(6000), cny(1140)), CreditedLine(2, cny(500), cny(95))]
    with pytest.raises(DomainError, match=code):
        credited_lines(wish(*lines), issued("100", "5"), before)


def test_only_what_is_issued_is_credited_and_not_before_it() -> None:
    drafted = draft(DraftInvoice(UUID(int=1), BUYER.id, "CNY", (
        LineDraft("Goods", None, Decimal(1), Decimal(5), Decimal(0)),)))
    for invoice in (drafted, issued("5").voided()):
        assert invoice.status is not InvoiceStatus.ISSUED
        with pytest.raises(DomainError, match="not_issued"):
            credited_lines(wish(), invoice, ())
    with pytest.raises(DomainError, match="effective_too_early"):
        credit_note_of(wish(), issued("5"), (), number="CN-1", issued_on=date(2026, 2, 28))


@settings(max_examples=60)
@given(net=st.integers(1, 10**7), rate=st.integers(0, 100), parts=st.lists(st.integers(1, 10**6), max_size=8),
       gone=st.sets(st.integers(0, 7)))
def test_parts_of_a_line_never_exceed_it_and_its_rest_ends_it(
    net: int, rate: int, parts: list[int], gone: set[int],
) -> None:
    sold, standing = line(net, net * rate // 100), CreditedLine(1, cny(0), cny(0))
    made = []
    for part in parts:
        wanted = min(part, (sold.net - standing.net).minor)
        if wanted:
            made.append(credit_of(sold, standing, cny(wanted)))
            standing = CreditedLine(1, standing.net + made[-1].net, standing.tax + made[-1].tax)
            assert not made[-1].tax.is_negative
            assert standing.tax <= sold.tax
    for n in gone & set(range(len(made))):
        standing = CreditedLine(1, standing.net - made[n].net, standing.tax - made[n].tax)
    last = credit_of(sold, standing, None)
    assert (standing.net + last.net, standing.tax + last.tax) == (sold.net, sold.tax)


def test_a_cent_that_a_later_note_took_is_not_credited_twice_once_the_earlier_one_is_cancelled() -> None:
    sold = line(300, 39)
    first = credit_of(sold, None, cny(3))
    second = credit_of(sold, first, cny(1))
    assert (first.tax, second.tax) == (cny(0), cny(1))
    third = credit_of(sold, second, cny(1))
    both = CreditedLine(1, second.net + third.net, second.tax + third.tax)
    assert (third.tax, credit_of(sold, both, None).tax) == (cny(0), cny(38))


def test_issue_and_cancel_leave_nothing() -> None:
    invoice = issued("100", "50", rate="13")
    lines = credited_lines(wish(LineWish(1, cny(3000))), invoice, ())
    unentered = credit_note_of(wish(), invoice, lines, number="CN-000001", issued_on=DAY)
    fact = fact_of_credit_note(unentered)
    assert {one.account.value: one.amount.minor for one in fact.journal} == {
        "revenue": 3000, "tax": 390, "customer_credit": -3390}
    note = unentered.after(fact.entries[0], DAY)
    assert (note.amount, note.unapplied, note.net, note.tax) == (cny(3390), cny(3390), cny(3000), cny(390))
    back = fact_of_cancellation(CreditReversal(UUID(int=5), note, note.amount, DAY, DAY), note)
    account = Account.empty(BUYER.id, "CNY").after(fact).after(back)
    assert account.unapplied.is_zero
    assert sorted((one.account, -one.amount.minor) for one in back.journal) == sorted(
        (one.account, one.amount.minor) for one in fact.journal)
    with pytest.raises(DomainError, match="credit_note_cancelled"):
        cancelled(note).standing()
    assert note.standing() is note
