"""Credit across currencies: both legs balance, and clearing is empty in base currency after, whatever the amounts."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_svc.domain.base_amounts import Carried, Carrier, with_base
from billing_svc.domain.credit import CreditKind
from billing_svc.domain.credit_exchange import (
    CreditExchange,
    ExchangeReversal,
    ExchangeWish,
    exchangeable,
    facts_of_exchange,
    facts_of_exchange_reversal,
    standing_exchange,
)
from billing_svc.domain.exchange_rate import DayRate, Rates
from billing_svc.domain.item import Item
from billing_svc.domain.journal import JournalAccount
from billing_svc.domain.ledger import Fact, LedgerSide
from billing_svc.domain.payment import Payment, PaymentState
from dunlin_kernel.errors import DomainError
from dunlin_kernel.money import Money

DAY = date(2026, 3, 2)
PAYMENT, WHO = UUID(int=4), UUID(int=3)


def cleared(fact: Fact) -> int:
    """What a fact put into clearing, in base currency."""
    (line,) = (line for line in fact.journal if line.account is JournalAccount.EXCHANGE_CLEARING)
    return (line.base or line.amount).minor


@given(
    given=st.integers(1, 10**10), taken=st.integers(1, 10**10), carried=st.integers(0, 10**11),
    pair=st.sampled_from([("EUR", "USD"), ("USD", "JPY"), ("CNY", "USD"), ("EUR", "CNY")]))
@settings(max_examples=60)
def test_both_legs_balance_and_clearing_is_empty_after(
    given: int, taken: int, carried: int, pair: tuple[str, str],
) -> None:
    rates = Rates("CNY", {code: [DayRate(DAY, Decimal(rate))] for code, rate in (
        ("EUR", "7.8123"), ("USD", "7.1"), ("JPY", "0.0481"))})
    exchange = CreditExchange(
        UUID(int=1), UUID(int=2), WHO, PAYMENT, Money(given, pair[0]), Money(taken, pair[1]), DAY, DAY)
    held = {PAYMENT: Carried(WHO, LedgerSide.CREDIT, Money(given, pair[0]), Money(carried, "CNY"))}
    out, into = (
        fact if fact.currency == "CNY" else with_base(fact, Carrier(rates, held), {})
        for fact in facts_of_exchange(exchange, rates))
    assert cleared(out) + cleared(into) == 0
    for fact in (out, into):
        assert sum((line.base or line.amount).minor if line.base is not None or fact.currency == "CNY" else 0
                   for line in fact.journal) == 0


def paid(unapplied: int = 500, state: PaymentState = PaymentState.CONFIRMED) -> Payment:
    return Payment(PAYMENT, WHO, Money(500, "EUR"), Money(unapplied, "EUR"), DAY, DAY, DAY, 1, state=state,
                   received_on=DAY)


OWED = Item(UUID(int=9), UUID(int=8), "INV-1", WHO, Money(700, "USD"), Money(600, "USD"), Money(0, "USD"), DAY, DAY,
            DAY, 1)


@pytest.mark.parametrize(("given", "taken", "payment", "item", "code"), [
    (Money(500, "EUR"), Money(600, "USD"), paid(), OWED, None),
    (Money(1, "EUR"), Money(1, "USD"), paid(state=PaymentState.PENDING), OWED, "payment_not_confirmed"),
    (Money(1, "EUR"), Money(1, "USD"), paid(), None, "item_not_found"),
    (Money(1, "EUR"), Money(1, "USD"), paid(), replace(OWED, customer_id=UUID(int=1)), "item_not_found"),
    (Money(1, "USD"), Money(1, "USD"), paid(), OWED, "currency_mismatch"),
    (Money(1, "EUR"), Money(1, "EUR"), paid(), OWED, "currency_mismatch"),
    (Money(1, "EUR"), Money(1, "EUR"), paid(), replace(OWED, open=Money(5, "EUR")), "same_currency"),
    (Money(0, "EUR"), Money(1, "USD"), paid(), OWED, "amount_not_positive"),
    (Money(1, "EUR"), Money(0, "USD"), paid(), OWED, "amount_not_positive"),
    (Money(401, "EUR"), Money(1, "USD"), paid(400), OWED, "more_than_unapplied"),
    (Money(1, "EUR"), Money(601, "USD"), paid(), OWED, "more_than_open")])
def test_what_can_be_exchanged(
    given: Money, taken: Money, payment: Payment, item: Item | None, code: str | None,
) -> None:
    wish = ExchangeWish(UUID(int=1), PAYMENT, OWED.id, given, taken)
    held = {} if item is None else {item.id: item}
    if code is None:
        assert exchangeable(wish, payment, held) is item
    else:
        with pytest.raises(DomainError, match=code):
            exchangeable(wish, payment, held)


def test_both_sides_are_undone_once_and_as_they_were() -> None:
    one = CreditExchange(UUID(int=1), UUID(int=2), WHO, PAYMENT, Money(500, "EUR"), Money(600, "USD"), DAY, DAY)
    assert (one.credit.id, one.credit.amount, one.credit.unapplied, one.credit.kind) == (
        one.id, one.taken, Money(0, "USD"), CreditKind.EXCHANGE)
    taken, given = facts_of_exchange_reversal(ExchangeReversal(UUID(int=5), UUID(int=6), one, DAY))
    assert [(fact.undoes, fact.entries[0].ref_id, fact.entries[0].amount) for fact in (taken, given)] == [
        (one.id, one.id, Money(-600, "USD")), (one.leg_id, PAYMENT, Money(500, "EUR"))]
    assert standing_exchange(one, ()) is one
    with pytest.raises(DomainError, match="exchange_reversed"):
        standing_exchange(one, [one.id])
