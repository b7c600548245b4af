"""Carrying: what the foreign currency items and credits of a posting stand for in base currency, fact by fact."""

from collections.abc import Collection
from datetime import date, timedelta
from uuid import UUID

from billing_svc.domain.base_amounts import Carried, Carrier, Taken, given_back, moved, with_base
from billing_svc.domain.exchange_rate import MAX_RATE_AGE_DAYS, Rates
from billing_svc.domain.ledger import Fact
from billing_svc.domain.posting_dates import Books
from billing_svc.store import exchange
from billing_svc.store.accounts import AccountKey
from dunlin_kernel.money import Money
from dunlin_kit.transaction import Transaction


class Carrying:
    """Rates and carried amounts as they stand after the facts so far; nothing is in it for base currency."""

    def __init__(self, rates: Rates, held: dict[UUID, Carried], customer_ids: Collection[UUID] = ()) -> None:
        self.rates = rates
        self._customer_ids = customer_ids
        self._held = held
        self._moved: dict[UUID, Carried] = {}
        self._taken: dict[UUID, dict[Taken, Money]] = {}

    def enter(self, fact: Fact) -> Fact:
        """The fact with its base amounts; as it is when it is in base currency.

        Refuses: exchange_rate_missing, amount_too_large.
        """
        if fact.currency == self.rates.base_currency:
            return fact
        held = Carrier(self.rates, self._held)
        entered = with_base(fact, held, self._taken[fact.undoes] if fact.undoes else {})
        after = moved(entered, held)
        self._taken[entered.id] = given_back(entered)
        self._held |= after
        self._moved |= after
        return entered

    async def remember(self, tx: Transaction, fact_ids: Collection[UUID]) -> None:
        """Read what these facts, which are to be undone, took in base currency."""
        if self._customer_ids and fact_ids:
            self._taken |= await exchange.taken_by(tx, self._customer_ids, fact_ids, self.rates.base_currency)

    def save(self, tx: Transaction) -> None:
        exchange.keep(tx, self._moved)


async def carry(tx: Transaction, keys: Collection[AccountKey], base_currency: str, books: Books) -> Carrying:
    """Of accounts that are held: what their foreign ones are carried for, and the rates of the days still open."""
    foreign = {currency for _, currency in keys if currency != base_currency}
    rates = await rates_of(tx, foreign, base_currency, books)
    if not foreign:
        return Carrying(rates, {})
    customer_ids = {customer_id for customer_id, currency in keys if currency in foreign}
    return Carrying(rates, await exchange.carried(tx, customer_ids, foreign, base_currency), customer_ids)


async def rates_of(tx: Transaction, currencies: Collection[str], base_currency: str, books: Books) -> Rates:
    """The rates by which something may be posted in these books."""
    if not currencies:
        return Rates(base_currency, {})
    closed = books.closed_until
    since = closed - timedelta(days=MAX_RATE_AGE_DAYS) if closed else date.min
    return await exchange.rates(tx, currencies, base_currency, since)
