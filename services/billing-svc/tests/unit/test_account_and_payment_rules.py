"""Accounts as facts move them, and payments from their receipt to their reversal."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from billing_svc.domain.account import Account
from billing_svc.domain.allocation import AllocationRule, Choice
from billing_svc.domain.journal import JournalAccount, JournalLine
from billing_svc.domain.ledger import Entry, Fact, FactKind, LedgerSide
from billing_svc.domain.payment import Payment, PaymentState, RecordPayment, fact_of_payment, receive, spendable
from dunlin_kernel.errors import DomainError
from dunlin_kernel.money import MAX_MINOR, Money

DAY, WHO = date(2026, 3, 1), UUID(int=7)
OLDEST, NOTHING = Choice(AllocationRule.OLDEST_FIRST), Choice(AllocationRule.NONE)
WISH = RecordPayment(UUID(int=1), WHO, Money(100, "CNY"), DAY, "cash", OLDEST)


def code_of(refused: pytest.ExceptionInfo[DomainError]) -> str:
    return refused.value.code


@pytest.mark.parametrize(("changes", "effective_on", "expected"), [
    ({}, DAY, PaymentState.CONFIRMED),
    ({"pending": True}, DAY, PaymentState.PENDING),
    ({"amount": Money(0, "CNY")}, DAY, "amount_not_positive"),
    ({"received_on": date(2026, 3, 3)}, date(2026, 3, 3), "received_in_future"),
    ({}, date(2026, 2, 28), "effective_too_early")])
def test_what_is_received(changes: dict[str, object], effective_on: date, expected: str) -> None:
    try:
        found: str = receive(replace(WISH, **changes), effective_on=effective_on, today=date(2026, 3, 2)).state  # type: ignore[arg-type]
    except DomainError as refused:
        found = refused.code
    assert found == expected


@pytest.mark.parametrize(("state", "ends"), [(PaymentState.CONFIRMED, True), *(
    (state, False) for state in PaymentState if state is not PaymentState.CONFIRMED)])
def test_only_a_confirmed_payment_is_reversed(state: PaymentState, ends: bool) -> None:
    payment = replace(receive(WISH, effective_on=DAY, today=DAY), state=state)
    if ends:
        assert (payment.reversed().state, payment.reversed().version) == (PaymentState.REVERSED, payment.version + 1)
    else:
        with pytest.raises(DomainError, match="illegal_transition"):
            payment.reversed()


def left(minor: int, state: PaymentState = PaymentState.CONFIRMED) -> Payment:
    return replace(receive(WISH, effective_on=DAY, today=DAY), unapplied=Money(minor, "CNY"), state=state)


@pytest.mark.parametrize(("credit", "choice", "code"), [
    (left(100), NOTHING, "items_missing"), (left(0), OLDEST, "nothing_unapplied"),
    (left(100, PaymentState.PENDING), OLDEST, "payment_not_confirmed"), (left(100), OLDEST, None)])
def test_what_can_be_spent(credit: Payment, choice: Choice, code: str | None) -> None:
    if code is None:
        assert spendable(credit, choice) is credit
    else:
        with pytest.raises(DomainError, match=code):
            spendable(credit, choice)


def test_a_payment_raises_what_is_unapplied_and_nothing_else() -> None:
    account = Account.empty(WHO, "CNY").after(fact_of_payment(left(0)))
    assert (account.open, account.unapplied, account.net, account.entries, account.version) == (
        Money(0, "CNY"), Money(100, "CNY"), Money(-100, "CNY"), 1, 1)
    assert (account.base_open, account.base_unapplied) == (None, None)


def owed(minor: int, base: int | None = None) -> Fact:
    lines = ((JournalAccount.RECEIVABLE_CONTROL, 1), (JournalAccount.REVENUE, -1))
    return Fact(
        FactKind.INVOICE_ISSUED, UUID(int=5), WHO, "USD", DAY,
        (Entry(LedgerSide.RECEIVABLE, UUID(int=6), Money(minor, "USD")),),
        tuple(JournalLine(account, Money(sign * minor, "USD"), None if base is None else Money(sign * base, "CNY"))
              for account, sign in lines))


def test_what_is_contested_is_a_part_of_what_is_owed() -> None:
    account = Account.empty(WHO, "USD").after(owed(100, 710)).disputing(Money(60, "USD"))
    assert (account.disputed, account.base_open, account.base_unapplied) == (Money(60, "USD"), 710, 0)
    assert account.disputing(Money(-60, "USD")).disputed.is_zero
    for by in (41, -61):
        with pytest.raises(AssertionError):
            account.disputing(Money(by, "USD"))


def test_what_is_owed_is_kept_by_age() -> None:
    account = Account.empty(WHO, "USD").after(owed(100)).ageing(DAY, (0, 100), date(2026, 4, 1))
    assert (account.aged.amounts, account.aged.items) == ((0, 0, 100, 0, 0), (0, 0, 1, 0, 0))


def test_an_account_holds_no_more_than_one_amount_can_say() -> None:
    account = Account.empty(WHO, "USD").after(owed(MAX_MINOR))
    with pytest.raises(DomainError) as refused:
        account.after(owed(1))
    assert code_of(refused) == "amount_too_large"
