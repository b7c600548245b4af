"""Credit across currencies: a payment settles an item of another currency, by amounts named on both sides.

What is given leaves the payment, what is taken becomes a credit in the item's currency and pays the item at once. Both
legs balance in their own currency, and meet in the exchange clearing account, which is empty in base currency after.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from billing_svc.domain.credit import Credit, CreditKind
from billing_svc.domain.exchange_rate import Rates
from billing_svc.domain.item import Item
from billing_svc.domain.journal import JournalAccount, JournalLine
from billing_svc.domain.ledger import Entry, Fact, FactKind, LedgerSide
from billing_svc.domain.payment import Payment, PaymentState
from dunlin_kernel.errors import Conflict, NotFound, RuleBroken
from dunlin_kernel.money import Money


class ExchangeUndoReason(StrEnum):
    RECORDED_IN_ERROR = "recorded_in_error"
    REASSIGNED = "reassigned"


@dataclass(frozen=True, slots=True)
class ExchangeWish:
    """So much of the payment for so much of an item in another currency; `effective_on` None means today."""

    id: UUID
    payment_id: UUID
    item_id: UUID
    given: Money
    taken: Money
    effective_on: date | None = None


@dataclass(frozen=True, slots=True)
class CreditExchange:
    """The fact: `id` is also the credit that was taken, `leg_id` names what left the payment."""

    id: UUID
    leg_id: UUID
    customer_id: UUID
    payment_id: UUID
    given: Money
    taken: Money
    effective_on: date
    business_on: date

    @property
    def credit(self) -> Credit:
        """What was taken, before it is entered."""
        return Credit(
            self.id, self.customer_id, self.taken, Money.zero(self.taken.currency), self.business_on,
            self.effective_on, self.effective_on, 0, CreditKind.EXCHANGE)


@dataclass(frozen=True, slots=True)
class ExchangeReversal:
    """The undoing, after that of its allocations: `id` for what was taken, `leg_id` for what the payment has again."""

    id: UUID
    leg_id: UUID
    exchange: CreditExchange
    effective_on: date


def exchangeable(wish: ExchangeWish, payment: Payment, items: Mapping[UUID, Item]) -> Item:
    """The item that is paid.

    Refuses: payment_not_confirmed, item_not_found, currency_mismatch, same_currency, amount_not_positive,
    more_than_unapplied, more_than_open.
    """
    item = items.get(wish.item_id)
    if payment.state is not PaymentState.CONFIRMED:
        raise Conflict("payment_not_confirmed", "Only a confirmed payment can be applied.", state=payment.state.value)
    if item is None or item.customer_id != payment.customer_id:
        raise NotFound("item_not_found", "There is no such item of this customer.", item_id=wish.item_id)
    if (wish.given.currency, wish.taken.currency) != (payment.amount.currency, item.open.currency):
        raise RuleBroken("currency_mismatch", "Name what is given in the payment's currency, what is taken in the "
                                              "item's.")
    if wish.given.currency == wish.taken.currency:
        raise RuleBroken("same_currency", "In one currency a payment is applied, not exchanged.")
    if not (wish.given.is_positive and wish.taken.is_positive):
        raise RuleBroken("amount_not_positive", "Both amounts are above zero.")
    if wish.given > payment.unapplied:
        raise RuleBroken("more_than_unapplied", "This is more than the payment has left.", unapplied=payment.unapplied)
    if wish.taken > item.open:
        raise RuleBroken("more_than_open", "This is more than the item owes.", item_id=item.id, open=item.open)
    return item


def facts_of_exchange(exchange: CreditExchange, rates: Rates) -> tuple[Fact, Fact]:
    """What left the payment, and what was taken for it. Refuses: exchange_rate_missing, amount_too_large."""
    value = _cleared(exchange, rates)
    clearing = JournalAccount.EXCHANGE_CLEARING
    given, taken = exchange.given, exchange.taken
    return (
        _fact(exchange, exchange.leg_id, (Entry(LedgerSide.CREDIT, exchange.payment_id, -given),), (
            JournalLine(JournalAccount.CUSTOMER_CREDIT, given),
            JournalLine(clearing, -given, _foreign(-value, given, rates)))),
        _fact(exchange, exchange.id, (Entry(LedgerSide.CREDIT, exchange.id, taken),), (
            JournalLine(clearing, taken, _foreign(value, taken, rates)),
            JournalLine(JournalAccount.CUSTOMER_CREDIT, -taken))))


def facts_of_exchange_reversal(reversal: ExchangeReversal) -> tuple[Fact, Fact]:
    """What was taken is gone, and the payment has again what it gave; both as they were booked."""
    exchange, clearing, credit = reversal.exchange, JournalAccount.EXCHANGE_CLEARING, JournalAccount.CUSTOMER_CREDIT

    def back(fact_id: UUID, undoes: UUID, credit_id: UUID, amount: Money) -> Fact:
        return Fact(
            FactKind.CREDIT_EXCHANGE_REVERSED, fact_id, exchange.customer_id, amount.currency, reversal.effective_on,
            (Entry(LedgerSide.CREDIT, credit_id, amount),),
            (JournalLine(clearing, amount), JournalLine(credit, -amount)), undoes=undoes)

    return (back(reversal.id, exchange.id, exchange.id, -exchange.taken),
            back(reversal.leg_id, exchange.leg_id, exchange.payment_id, exchange.given))


def standing_exchange(exchange: CreditExchange, undone: Collection[UUID]) -> CreditExchange:
    """Refuses: exchange_reversed."""
    if exchange.id in undone:
        raise Conflict("exchange_reversed", "This exchange was undone already.", credit_exchange_id=exchange.id)
    return exchange


def _fact(
    exchange: CreditExchange, fact_id: UUID, entries: tuple[Entry, ...], journal: tuple[JournalLine, ...],
) -> Fact:
    return Fact(FactKind.CREDIT_EXCHANGED, fact_id, exchange.customer_id, entries[0].amount.currency,
                exchange.effective_on, entries, journal)


def _cleared(exchange: CreditExchange, rates: Rates) -> Money:
    """What passes through clearing in base currency: the side that is in it, else what is given at the day's rate."""
    if exchange.taken.currency == rates.base_currency:
        return exchange.taken
    return rates.based(exchange.given, exchange.effective_on)


def _foreign(value: Money, amount: Money, rates: Rates) -> Money | None:
    return None if amount.currency == rates.base_currency else value
