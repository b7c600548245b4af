"""Rates and base amounts: which rate counts, what is relieved, and where the difference goes."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_svc.domain.base_amounts import Carried, Carrier, Taken, exchange_difference, given_back, moved, with_base
from billing_svc.domain.exchange_rate import DayRate, Rates, RateWish, rate_set
from billing_svc.domain.journal import (
    JournalAccount,
    JournalLine,
    journal_of_allocation,
    journal_of_invoice,
    journal_of_payment,
    reversed_journal,
)
from billing_svc.domain.ledger import Entry, Fact, FactKind, LedgerSide
from dunlin_kernel.errors import DomainError
from dunlin_kernel.money import Money

ITEM, CREDIT, WHO = UUID(int=1), UUID(int=2), UUID(int=3)
DAY = date(2026, 3, 2)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def rates(rate: str, day: date = DAY) -> Rates:
    return Rates("CNY", {"USD": [DayRate(day, Decimal(rate))]})


def fact(
    kind: FactKind, entries: tuple[Entry, ...], journal: tuple[JournalLine, ...], undoes: UUID | None = None,
) -> Fact:
    return Fact(kind, UUID(int=9), WHO, "USD", DAY, entries, journal, undoes)


def invoice(net: int, tax: int) -> Fact:
    return fact(FactKind.INVOICE_ISSUED, (Entry(LedgerSide.RECEIVABLE, ITEM, usd(net + tax)),),
                journal_of_invoice(usd(net), usd(tax)))


def payment(minor: int) -> Fact:
    return fact(FactKind.PAYMENT_CONFIRMED, (Entry(LedgerSide.CREDIT, CREDIT, usd(minor)),),
                journal_of_payment(usd(minor)))


def allocation(minor: int) -> Fact:
    return fact(
        FactKind.CREDIT_ALLOCATED,
        (Entry(LedgerSide.RECEIVABLE, ITEM, usd(-minor)), Entry(LedgerSide.CREDIT, CREDIT, usd(-minor))),
        journal_of_allocation(usd(minor)))


def taken_by(made: Fact) -> dict[Taken, Money]:
    """What a fact took and booked, as it is given back."""
    taken: dict[Taken, Money] = {
        (entry.ref_id, -entry.amount.minor): -entry.base for entry in made.entries if entry.base}
    return taken | {(line.account, -line.amount.minor): -line.base for line in made.journal if line.base}


class Ledger:
    """What is carried, fact by fact."""

    def __init__(self) -> None:
        self.carried: dict[UUID, Carried] = {}

    def enter(self, meant: Fact, rate: str, taken: dict[Taken, Money] | None = None) -> Fact:
        held = Carrier(rates(rate), self.carried)
        entered = with_base(meant, held, taken or {})
        self.carried |= moved(entered, held)
        assert sum(line.base.minor for line in entered.journal if line.base) == 0
        return entered


def test_the_printed_example_of_two_payments_gains_200_and_810() -> None:
    ledger = Ledger()
    ledger.enter(invoice(1_000_000, 0), "7.10")
    assert ledger.carried[ITEM].base == cny(7_100_000)
    ledger.enter(payment(400_000), "7.15")
    first = ledger.enter(allocation(400_000), "7.15")
    ledger.enter(payment(600_000), "7.235")
    second = ledger.enter(allocation(600_000), "7.235")
    assert [exchange_difference(one, "CNY") for one in (first, second)] == [cny(20_000), cny(81_000)]
    assert [(one.account, one.amount, one.base) for one in first.journal] == [
        (JournalAccount.CUSTOMER_CREDIT, usd(400_000), cny(2_860_000)),
        (JournalAccount.RECEIVABLE_CONTROL, usd(-400_000), cny(-2_840_000)),
        (JournalAccount.EXCHANGE_DIFFERENCE, usd(0), cny(-20_000))]
    assert all(one.open.is_zero and one.base.is_zero for one in ledger.carried.values())


def test_what_is_undone_is_carried_as_before_and_the_difference_is_given_back() -> None:
    ledger = Ledger()
    ledger.enter(invoice(900_000, 100_000), "7.10")
    ledger.enter(payment(400_000), "7.15")
    made = ledger.enter(allocation(400_000), "7.15")
    undone = ledger.enter(fact(
        FactKind.ALLOCATION_REVERSED, tuple(Entry(one.side, one.ref_id, -one.amount) for one in made.entries),
        reversed_journal(journal_of_allocation(usd(400_000))), undoes=made.id), "6.00", taken_by(made))
    assert exchange_difference(undone, "CNY") == cny(-20_000)
    assert (ledger.carried[ITEM].base, ledger.carried[CREDIT].base) == (cny(7_100_000), cny(2_860_000))
    gone = ledger.enter(fact(
        FactKind.PAYMENT_REVERSED, (Entry(LedgerSide.CREDIT, CREDIT, usd(-400_000)),),
        reversed_journal(journal_of_payment(usd(400_000)))), "6.00")
    assert {line.account: line.base for line in gone.journal} == {
        JournalAccount.BANK: cny(-2_860_000), JournalAccount.CUSTOMER_CREDIT: cny(2_860_000)}


def test_money_paid_back_leaves_at_the_days_rate_and_the_credit_at_its_own() -> None:
    ledger = Ledger()
    ledger.enter(payment(100_000), "7.10")
    paid_back = Fact(
        FactKind.CREDIT_ALLOCATED, UUID(int=9), WHO, "USD", DAY, (Entry(LedgerSide.CREDIT, CREDIT, usd(-100_000)),),
        reversed_journal(journal_of_payment(usd(100_000))))
    entered = ledger.enter(paid_back, "7.20")
    assert exchange_difference(entered, "CNY") == cny(-10_000)
    bounced = replace(paid_back, entries=(Entry(LedgerSide.CREDIT, CREDIT, usd(100_000)),),
                      journal=journal_of_payment(usd(100_000)), undoes=entered.id)
    again = ledger.enter(bounced, "9.99", taken_by(entered))
    assert exchange_difference(again, "CNY") == cny(10_000)
    assert ledger.carried[CREDIT].base == cny(710_000)


def test_a_clearing_that_has_its_base_amount_keeps_it() -> None:
    ledger = Ledger()
    lines = (JournalLine(JournalAccount.EXCHANGE_CLEARING, usd(10_000), cny(70_500)),
             JournalLine(JournalAccount.CUSTOMER_CREDIT, usd(-10_000)))
    entered = ledger.enter(
        fact(FactKind.PAYMENT_CONFIRMED, (Entry(LedgerSide.CREDIT, CREDIT, usd(10_000)),), lines), "7.10")
    assert [line.base for line in entered.journal] == [cny(70_500), cny(-71_000), cny(500)]


@given(net=st.integers(1, 10**9), tax=st.integers(0, 10**8), rate=st.decimals("0.0001", "9999", places=4))
@settings(max_examples=60)
def test_new_amounts_come_in_without_a_difference_and_leave_as_they_came(net: int, tax: int, rate: Decimal) -> None:
    ledger = Ledger()
    issued = ledger.enter(invoice(net, tax), str(rate))
    assert exchange_difference(issued, "CNY").is_zero
    void = ledger.enter(fact(
        FactKind.INVOICE_VOIDED, (Entry(LedgerSide.RECEIVABLE, ITEM, usd(-net - tax)),),
        reversed_journal(journal_of_invoice(usd(net), usd(tax)))), "1.5")
    assert exchange_difference(void, "CNY").is_zero
    assert {line.account: line.base for line in void.journal} == {
        line.account: -line.base for line in issued.journal if line.base is not None}


@given(st.lists(st.integers(1, 10**7), min_size=1, max_size=6), st.decimals("0.0003", "300", places=4))
@settings(max_examples=60)
def test_parts_relieve_all_that_was_carried_and_no_more(parts: list[int], rate: Decimal) -> None:
    ledger = Ledger()
    ledger.enter(invoice(sum(parts), 0), str(rate))
    whole, relieved = ledger.carried[ITEM].base, 0
    for part in parts:
        before = ledger.carried[ITEM].base
        ledger.enter(payment(part), "7")
        ledger.enter(allocation(part), "7")
        relieved += before.minor - ledger.carried[ITEM].base.minor
    assert (ledger.carried[ITEM].open, relieved) == (usd(0), whole.minor)


@pytest.mark.parametrize(
    ("day", "found"),
    [(date(2026, 3, 1), None), (DAY, "7"), (date(2026, 3, 4), "7"), (date(2026, 3, 5), "8"),
     (date(2026, 4, 5), "8"), (date(2026, 4, 6), None)])
def test_the_last_rate_counts_for_a_month(day: date, found: str | None) -> None:
    known = Rates("CNY", {"USD": [DayRate(DAY, Decimal(7)), DayRate(date(2026, 3, 5), Decimal(8))]})
    if found is None:
        with pytest.raises(DomainError) as refused:
            known.on("USD", day)
        assert refused.value.code == "exchange_rate_missing"
    else:
        assert known.on("USD", day) == Decimal(found)


def test_minor_units_of_both_currencies_are_minded() -> None:
    known = Rates("CNY", {"JPY": [DayRate(DAY, Decimal("0.048125"))], "BHD": [DayRate(DAY, Decimal("18.8"))]})
    assert known.based(Money(10_000, "JPY"), DAY) == cny(48_125)
    assert known.based(Money(1_000, "BHD"), DAY) == cny(1_880)
    assert known.based(cny(5), date(1999, 1, 1)) == cny(5)
    with pytest.raises(DomainError, match="17 digits"):
        known.based(Money(10**17 - 1, "BHD"), DAY)


def test_a_rate_is_a_fact_of_its_day() -> None:
    one = rate_set(RateWish("USD", Decimal("7.1"), DAY, "pboc"), base_currency="CNY", today=DAY, rate_id=ITEM)
    assert (one.id, one.base_currency, one.wish.rate) == (ITEM, "CNY", Decimal("7.1"))


@pytest.mark.parametrize(
    ("currency", "rate", "day", "code"),
    [("XXQ", "7", DAY, "unknown_currency"), ("CNY", "1", DAY, "rate_of_base_currency"),
     ("USD", "0", DAY, "bad_exchange_rate"), ("USD", "0.00000000001", DAY, "bad_exchange_rate"),
     ("USD", "1000000000", DAY, "bad_exchange_rate"), ("USD", "7", date(2026, 3, 3), "rate_in_future")])
def test_a_rate_that_cannot_be_is_refused(currency: str, rate: str, day: date, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        rate_set(RateWish(currency, Decimal(rate), day, "by_hand"), base_currency="CNY", today=DAY, rate_id=ITEM)
    assert refused.value.code == code


def test_what_undoes_an_entered_fact_gives_back_what_that_took() -> None:
    taken = fact(
        FactKind.INVOICE_ISSUED, (Entry(LedgerSide.RECEIVABLE, ITEM, usd(100), cny(710)), Entry(
            LedgerSide.CREDIT, CREDIT, usd(5))),
        (JournalLine(JournalAccount.RECEIVABLE_CONTROL, usd(100), cny(710)), JournalLine(
            JournalAccount.REVENUE, usd(-100), cny(-710))))
    assert given_back(taken) == {
        (ITEM, -100): cny(-710), (JournalAccount.RECEIVABLE_CONTROL, -100): cny(-710),
        (JournalAccount.REVENUE, 100): cny(710)}
