"""Judging an older ledger: every fact is new, there already, or refused, in order, and nothing is overpaid."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_svc.domain.customer import Customer
from billing_svc.domain.exchange_rate import DayRate, Rates
from billing_svc.domain.ledger_import import (
    FIRST_TURN,
    LedgerImport,
    LedgerImportStatus,
    Tally,
    Turn,
    heard_first,
)
from billing_svc.domain.ledger_judgement import (
    KnownInvoice,
    KnownPayment,
    OwedItem,
    Targets,
    judge_invoices,
    judge_payments,
    judge_rates,
)
from billing_svc.domain.ledger_row import InvoiceTexts, LedgerPart, PaymentTexts, RowTexts, StagedFact, read_row
from billing_svc.domain.posting_dates import Books
from dunlin_kernel.calendar import Terms
from dunlin_kernel.errors import DomainError, NotReady, RuleBroken
from dunlin_kernel.ids import new_id
from dunlin_kernel.money import Money

TODAY = date(2026, 1, 5)
BOOKS = Books(date(2024, 12, 31), TODAY)


def customer(status: str = "active") -> Customer:
    return Customer(new_id(), "C-1", "N", "organization", None, status, Terms(30, False))


HEARD = {"A": customer(), "B": customer(), "S": customer("suspended")}


def invoice(line: int, who: str = "A", minor: int = 100, day: date = date(2025, 1, 1), **more: object) -> StagedFact:
    made = StagedFact(line, LedgerPart.INVOICE, who, f"I{line}", Money(minor, "CNY"), day, day, day, due_on=day)
    return made if not more else StagedFact(**{name: getattr(made, name) for name in made.__slots__} | more)


def payment(line: int, of: str | None, minor: int, who: str = "A", currency: str = "CNY") -> StagedFact:
    day = date(2025, 2, 1)
    return StagedFact(line, LedgerPart.PAYMENT, who, f"P{line}", Money(minor, currency), day, day, day,
                      invoice_external_id=of, method="cash")


def owed(minor: int, who: str = "A") -> OwedItem:
    return OwedItem(new_id(), HEARD[who].id, Money(minor, "CNY"))


def test_invoices_are_new_there_already_or_refused() -> None:
    known = {"I3": KnownInvoice(HEARD["A"].id, Money(100, "CNY"), date(2025, 1, 1), date(2025, 1, 1)),
             "I4": KnownInvoice(HEARD["A"].id, Money(100, "CNY"), None, date(2025, 1, 1))}
    facts = [invoice(2), invoice(3), invoice(4), invoice(5, "S"), invoice(6, day=date(2024, 12, 31)),
             invoice(7, day=TODAY + timedelta(1)), invoice(8, through_on=TODAY + timedelta(1)),
             invoice(9, external_id="I2"), invoice(10, external_id="I2", amount=Money(101, "CNY"))]
    judged = judge_invoices(facts, HEARD, known, BOOKS)
    assert [fact.line for fact in judged.new] == [2]
    assert [fact.line for fact in judged.unchanged] == [3, 9], "the same content under an id that is held"
    assert [(one.line, one.code) for one in judged.refused] == [
        (4, "invoice_differs"), (5, "customer_suspended"), (6, "period_locked"), (7, "effective_in_future"),
        (8, "effective_in_future"), (10, "invoice_differs")]


def test_payments_are_judged_by_what_they_name() -> None:
    targets = Targets({"I1": owed(100), "I2": owed(0), "I3": owed(100, "B")}, {"I9"})
    facts = [payment(2, "I1", 60), payment(3, "I1", 60), payment(4, "I1", 1), payment(5, "I2", 1),
             payment(6, "I3", 1), payment(7, "I9", 1), payment(8, "I8", 1), payment(9, None, 1, "S"),
             payment(10, "I1", 1, currency="USD")]
    judged = judge_payments(facts, HEARD, {}, targets, BOOKS)
    assert [fact.line for fact in judged.new] == [2, 3, 9], "more than is open stays unapplied; a suspended one may pay"
    assert [(one.line, one.code) for one in judged.refused] == [
        (4, "more_than_open"), (5, "more_than_open"), (6, "other_customer"), (7, "invoice_refused"),
        (8, "invoice_not_found"), (10, "currency_mismatch")]


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 50)), max_size=30))
def test_each_fact_is_in_one_of_the_three_and_every_payment_that_is_taken_finds_something_open(
    drawn: list[tuple[int, int]],
) -> None:
    items = {f"I{n}": owed(100) for n in (1, 2, 3)}
    facts = [payment(line, f"I{n}", minor) for line, (n, minor) in enumerate(drawn, 2)]
    judged = judge_payments(facts, HEARD, {}, Targets(items, ()), BOOKS)
    assert sorted([fact.line for fact in judged.new] + [one.line for one in judged.refused]) == [f.line for f in facts]
    left = dict.fromkeys(items, 100)
    for fact in judged.new:
        number = str(fact.invoice_external_id)
        assert left[number] > 0
        left[number] -= min(left[number], fact.amount.minor)


def test_facts_wait_behind_the_first_whose_customer_was_not_heard_of() -> None:
    facts = [invoice(2), invoice(3, "Z"), invoice(4)]
    assert [fact.line for fact in heard_first(facts, HEARD)] == [2]
    with pytest.raises(NotReady) as waiting:
        heard_first(facts[1:], HEARD)
    assert waiting.value.code == "customer_not_known_yet"


TEXTS = InvoiceTexts("I1", "10.00", "2025-01-10", "2025-02-10")
PAID = PaymentTexts("P1", "I1", "10.00", "2025-01-05", "cash")


def test_a_payment_beside_its_invoice_has_its_turn_after_it_and_the_row_is_judged_by_its_last_day() -> None:
    first, second = read_row(RowTexts(2, "A", "CNY", TEXTS, PAID))
    assert (first.part, first.order_on, first.through_on) == (
        LedgerPart.INVOICE, date(2025, 1, 10), date(2025, 1, 10))
    assert (second.part, second.day, second.order_on) == (
        LedgerPart.PAYMENT, date(2025, 1, 5), date(2025, 1, 10))
    later = PaymentTexts("P1", "I1", "10.00", "2026-06-01", "cash")
    assert read_row(RowTexts(2, "A", "CNY", TEXTS, later))[0].through_on == date(2026, 6, 1)


@pytest.mark.parametrize(("who", "number", "amount", "issued_on", "code"), [
    ("", "I1", "10.00", "2025-01-10", "bad_external_id"), ("A", " ", "10.00", "2025-01-10", "bad_external_id"),
    ("A", "I\x00", "10.00", "2025-01-10", "bad_external_id"),
    ("A", "I" * 101, "10.00", "2025-01-10", "bad_external_id"),
    ("A", "I1", "10.0", "2025-01-10", "wrong_precision"), ("A", "I1", "-1.00", "2025-01-10", "amount_not_positive"),
    ("A", "I1", "1e2", "2025-01-10", "malformed_amount"),
    ("A", "I1", "9" * 20 + ".00", "2025-01-10", "amount_too_large"),
    ("A", "I1", "10.00", "20250110", "bad_date"), ("A", "I1", "10.00", "2025-W02-5", "bad_date"),
    ("A", "I1", "10.00", "1899-12-31", "bad_date"), ("A", "I1", "10.00", "2025-02-11", "due_before_issue"),
])
def test_what_refuses_a_row(who: str, number: str, amount: str, issued_on: str, code: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        read_row(RowTexts(2, who, "CNY", InvoiceTexts(number, amount, issued_on, "2025-02-10"), None))
    assert refused.value.code == code


def test_a_fact_in_foreign_currency_without_a_rate_of_its_day_is_refused() -> None:
    rates = Rates("CNY", {"USD": [DayRate(date(2025, 1, 1), Decimal(7))]})
    facts = [invoice(1), invoice(2, amount=Money(100, "USD")), invoice(3, amount=Money(100, "EUR"))]
    judged = judge_rates(facts, rates)
    assert [fact.line for fact in judged.new] == [1, 2]
    assert [(one.line, one.code) for one in judged.refused] == [(3, "exchange_rate_missing")]


def test_a_payment_that_is_there_is_left_alone_or_refused() -> None:
    known = {"P2": KnownPayment(HEARD["A"].id, Money(60, "CNY"), date(2025, 2, 1), "I1"),
             "P3": KnownPayment(HEARD["A"].id, Money(61, "CNY"), date(2025, 2, 1), "I1")}
    facts = [payment(2, "I1", 60), payment(3, "I1", 60)]
    judged = judge_payments(facts, HEARD, known, Targets({"I1": owed(100)}, ()), BOOKS)
    assert [fact.line for fact in judged.unchanged] == [2]
    assert [(one.line, one.code) for one in judged.refused] == [(3, "payment_differs")]


@pytest.mark.parametrize(("invoice", "payment", "code"), [
    (None, None, "row_says_nothing"),
    (InvoiceTexts("I1", "10.00", "2025-13-01", "2025-02-10"), None, "bad_date"),
    (None, PaymentTexts("P1", None, "10.00", "not a day", "cash"), "bad_date")])
def test_a_row_says_something_on_days_there_are(
    invoice: InvoiceTexts | None, payment: PaymentTexts | None, code: str,
) -> None:
    with pytest.raises(RuleBroken, match=code):
        read_row(RowTexts(2, "A", "CNY", invoice, payment))


def test_an_import_counts_what_it_judged_and_ends_once() -> None:
    made = LedgerImport(
        new_id(), "old", "d", LedgerImportStatus.RUNNING, "IMP", 3, None, 1, FIRST_TURN, 2, Tally(), "clerk")
    after = made.after([invoice(2), payment(3, "I2", 60)], Tally(invoices=1, refused=1)).after(
        [payment(4, "I2", 60)], Tally(payments=2, unchanged=3))
    assert (after.turn, after.tally.judged) == (Turn(date(2025, 2, 1), "payment", 4), 7)
    assert after.to(LedgerImportStatus.ENDED).status is LedgerImportStatus.ENDED
    with pytest.raises(DomainError, match="illegal_transition"):
        after.to(LedgerImportStatus.RECEIVING)
    cancelled = after.cancelled(7)
    assert (cancelled.status, cancelled.tally) == (LedgerImportStatus.ENDED, replace(after.tally, refused=7))
    assert cancelled.total == cancelled.tally.judged, "none are left"
    with pytest.raises(DomainError, match="illegal_transition"):
        cancelled.cancelled(7)
