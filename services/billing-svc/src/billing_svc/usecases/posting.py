"""A posting: the accounts one use case holds, and how each fact moves them, their items and credits, in order."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from billing_svc.domain.account import Account
from billing_svc.domain.allocation import AllocationRule, Choice
from billing_svc.domain.credit import Credit
from billing_svc.domain.customer import heard_of
from billing_svc.domain.exchange_rate import Rates
from billing_svc.domain.item import Item
from billing_svc.domain.ledger import Fact, LedgerSide
from billing_svc.domain.payment import Payment
from billing_svc.domain.posting_dates import Books, Step
from billing_svc.store import accounts, audit, customer_credits, items, ledger, periods
from billing_svc.store.accounts import AccountKey
from billing_svc.usecases.carrying import Carrying, carry
from dunlin_events.contracts.base import AccountFigures, Amount
from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction


class Posting:
    """What is held, as it stands after the facts so far. Fill `items` and `credits` before facts name them."""

    def __init__(self, tx: Transaction, tenant: Tenant, books: Books, held: dict[AccountKey, Account]) -> None:
        self.tx, self.tenant, self.books = tx, tenant, books
        self.beside: Any = None
        self.accounts = held
        self.carrying = Carrying(Rates(tenant.currency, {}), {})
        self.items: dict[UUID, Item] = {}
        self.credits: dict[UUID, Credit] = {}
        self._touched: set[UUID] = set()
        self._new_steps: dict[UUID, list[Step]] = defaultdict(list)
        self._old_steps: dict[UUID, list[Step]] = {}

    def post(self, fact: Fact) -> AccountFigures:
        """Enter a fact: ledger, journal, audit, and the new state of all it moves. Returns the figures after it.

        Refuses: amount_too_large, exchange_rate_missing.
        """
        return self.enter(fact)[1]

    def enter(self, meant: Fact) -> tuple[Fact, AccountFigures]:
        """As `post`; also returns the fact as it was entered: with base amounts where it is in foreign currency."""
        fact = self.carrying.enter(meant)
        key = fact.customer_id, fact.currency
        before = self.accounts[key]
        after = self.accounts[key] = before.after(fact)
        for entry in fact.entries:
            if entry.side is LedgerSide.RECEIVABLE:
                self.items[entry.ref_id] = self.items[entry.ref_id].after(entry, fact.effective_on)
            else:
                self.credits[entry.ref_id] = self.credits[entry.ref_id].after(entry, fact.effective_on)
            self._new_steps[entry.ref_id].append(Step(fact.effective_on, entry.amount.minor))
            self._touched.add(entry.ref_id)
        ledger.add(self.tx, fact, after, self.tenant.now)
        audit.add(self.tx, fact.kind.value, fact.id, customer_id=fact.customer_id, recorded_at=self.tenant.now,
                  before=_state(before), after=_state(after))
        return fact, figures_of(after)

    def payment(self, payment_id: UUID) -> Payment:
        """One of the credits, which is a payment."""
        credit = self.credits[payment_id]
        assert isinstance(credit, Payment), "this credit was read as a payment"
        return credit

    async def remember_steps(self, ids: Collection[UUID]) -> None:
        """Read how these items and credits moved before this transaction."""
        missing = [one for one in ids if one not in self._old_steps]
        if missing:
            self._old_steps |= {one: [] for one in missing} | await ledger.steps_of(self.tx, missing)

    async def load_items(self, choices: Sequence[tuple[UUID, Choice]]) -> None:
        """Read what customers may pay: the items they named, and all open ones where the oldest go first."""
        named = {part.item_id for _, choice in choices for part in choice.parts}
        swept = {customer_id for customer_id, choice in choices if choice.rule is AllocationRule.OLDEST_FIRST}
        self.items |= await items.by_id(self.tx, named)
        self.items |= await items.open_of(self.tx, swept)

    def items_of(self, customer_id: UUID, choice: Choice) -> dict[UUID, Item]:
        """Those of the items read that are this customer's, and named where items are named."""
        named = [self.items[part.item_id] for part in choice.parts if part.item_id in self.items]
        items = named if choice.rule is AllocationRule.ITEMS else self.items.values()
        return {item.id: item for item in items if item.customer_id == customer_id}

    def steps_of(self, ref_id: UUID) -> list[Step] | None:
        """Every step of an item or credit so far; None when they were not read."""
        old = self._old_steps.get(ref_id)
        return None if old is None else old + self._new_steps[ref_id]

    def save(self, *, fresh: Collection[UUID] = ()) -> None:
        """Gather the new state of all that was moved; `fresh` are the rows that this use case adds itself."""
        moved = self._touched - set(fresh)
        accounts.move(self.tx, *self.accounts.values())
        self.carrying.save(self.tx)
        items.move(self.tx, *(item for item in self.items.values() if item.id in moved))
        customer_credits.move(self.tx, *(credit for credit in self.credits.values() if credit.id in moved))


async def open_posting(tx: Transaction, keys: Collection[AccountKey], *beside: Any) -> Posting:
    """Wait at the posting barrier and for the accounts, in order; then, and only then, read what they protect.

    Constant columns given as `beside` are read by the same statement, into `Posting.beside`.
    Refuses: customer_not_known_yet, tenant_not_known_yet.
    """
    held = dict(await accounts.lock(tx, keys))
    tenant, books, row = await periods.present_books_with(tx, *beside)
    for customer_id, currency in keys:
        if (customer_id, currency) not in held:
            heard_of(None, customer_id)
    posting = Posting(tx, tenant, books, held)
    posting.beside = row
    posting.carrying = await carry(tx, keys, tenant.currency, books)
    return posting


def figures_of(account: Account) -> AccountFigures:
    """An account as money facts tell it."""
    return AccountFigures(open=Amount.of(account.open), disputed=Amount.of(account.disputed),
                          unapplied=Amount.of(account.unapplied))


def _state(account: Account) -> dict[str, str | int | bool | None]:
    return {"open": str(account.open), "unapplied": str(account.unapplied), "version": account.version}
