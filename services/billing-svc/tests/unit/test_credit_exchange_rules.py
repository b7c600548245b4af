"""Credit across currencies: both legs balance, and clearing is empty in base currency after, whatever the amounts."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from billing_svc.domain.base_amounts import Carried, Carrier, with_base
from billing_svc.domain.credit_exchange import CreditExchange, facts_of_exchange
from billing_svc.domain.exchange_rate import DayRate, Rates
from billing_svc.domain.journal import JournalAccount
from billing_svc.domain.ledger import Fact, LedgerSide
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
