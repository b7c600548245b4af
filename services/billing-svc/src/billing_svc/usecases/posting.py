"""A posting: the accounts one use case holds, and how each fact moves them, their items and credits, in order."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from billing_svc.domain.account import Account
from billing_svc.domain.bill import noted
from billing_svc.domain.credit import Credit
from billing_svc.domain.customer import heard_of
from billing_svc.domain.exchange_rate import Rates
from billing_svc.domain.item import Item
from billing_svc.domain.ledger import Fact, LedgerSide
from billing_svc.domain.posting_dates import Books, Step
from billing_svc.store import accounts, audit, customer_credits, disputes, items, ledger, periods
from billing_svc.store.accounts import AccountKey
from billing_svc.usecases.carrying import Carrying, carry
from billing_svc.usecases.held_disputes import HeldDisputes
from billing_svc.usecases.holding import Holding
from dunlin_events.contracts.base import AccountFigures, Amount
from dunlin_kernel.money import Money
from dunlin_kit.database import ReadStale
from dunlin_kit.tenants import Also, Tenant
from dunlin_kit.transaction import Transaction

Owned = TypeVar("Owned", Item, Credit)


class Posting(Holding):
    """What is held, as it stands after the facts so far. Fill `items` and `credits` before facts name them."""

    def __init__(self, tx: Transaction, tenant: Tenant, books: Books, held: dict[AccountKey, Account]) -> None:
        super().__init__(tx)
        self.tenant, self.books = tenant, books
        self.beside: Sequence[Any] = ()
        self.accounts = held
        self.carrying, self.disputes = Carrying(Rates(tenant.currency, {}), {}), HeldDisputes()
        self._touched: set[UUID] = set()
        self._moved: set[AccountKey] = set()

    def post(self, fact: Fact) -> AccountFigures:
        """Enter a fact: ledger, journal, audit, and the new state of all it moves. Returns the figures after it.

        Refuses: amount_too_large, exchange_rate_missing.
        """
        return self.enter(fact)[1]

    def enter(self, meant: Fact) -> tuple[Fact, AccountFigures]:
        """As `post`; also returns the fact as it was entered: with base amounts where it is in foreign currency."""
        fact = self.carrying.enter(noted(meant, self.items))
        self.disputes.give_way(self, fact)
        key = fact.customer_id, fact.currency
        before, after = self.accounts[key], self.accounts[key].after(fact)
        for entry in fact.entries:
            if entry.side is LedgerSide.RECEIVABLE:
                was = self._own(self.items, entry.ref_id, fact)
                item = self.items[entry.ref_id] = was.after(entry, fact.effective_on)
                after = after.ageing(item.due_on, (was.open.minor, item.open.minor), self.tenant.today)
            else:
                self.moved(self._own(self.credits, entry.ref_id, fact).after(entry, fact.effective_on))
            self.step(entry.ref_id, Step(fact.effective_on, entry.amount.minor))
            self._touched.add(entry.ref_id)
        self.accounts[key] = after
        self._moved.add(key)
        ledger.add(self.tx, fact, after, self.tenant.now)
        audit.add(self.tx, fact.kind.value, fact.id, customer_id=before.customer_id, recorded_at=self.tenant.now,
                  before=accounts.state_of(before), after=accounts.state_of(after))
        return fact, figures_of(after)

    @staticmethod
    def _own(held: Mapping[UUID, Owned], ref_id: UUID, fact: Fact) -> Owned:
        """What a fact moves is its customer's; what went on at another one meanwhile is read again with its lock."""
        if held[ref_id].customer_id != fact.customer_id:
            raise ReadStale
        return held[ref_id]

    def dispute(self, item_id: UUID, by: Money) -> AccountFigures:
        """Move what is disputed of an item, and of its account; nothing is booked. Returns the figures after it."""
        item = self.items[item_id] = self.items[item_id].disputing(by)
        key = item.customer_id, by.currency
        account = self.accounts[key] = self.accounts[key].disputing(by)
        self._touched.add(item_id)
        self._moved.add(key)
        return figures_of(account)

    def save(self, *, fresh: Collection[UUID] = ()) -> None:
        """Gather what was moved since the last time; `fresh` are the rows that this use case adds itself."""
        moved = self._touched - set(fresh)
        accounts.move(self.tx, *(self.accounts[key] for key in self._moved))
        self.carrying.save(self.tx)
        items.move(self.tx, *(item for item in self.items.values() if item.id in moved))
        customer_credits.move(self.tx, *(credit for credit in self.credits.values() if credit.id in moved))
        self.tell_kept()
        self._touched, self._moved = set(), set()


async def open_posting(
    tx: Transaction, keys: Collection[AccountKey], *beside: Any, moving: UUID | None = None, also: Also | None = None,
) -> Posting:
    """Wait at the posting barrier and for the accounts, in order; then, and only then, read what they protect.

    Columns given as `beside`, and what is wanted `also`, are read by the same statement into `Posting.beside`.
    Refuses: customer_not_known_yet, tenant_not_known_yet, customer_merged, but of the one whose accounts are `moving`.
    """
    held = dict(await accounts.lock(tx, keys, moving=moving))
    tenant, books, rows = await periods.present_books_with(tx, *beside, also=also)
    for customer_id, _ in (key for key in keys if key not in held):
        heard_of(None, customer_id)
    posting = Posting(tx, tenant, books, held)
    posting.beside = rows
    if contested := {key[0] for key, account in held.items() if account.disputed.is_positive}:
        posting.disputes = HeldDisputes(await disputes.open_of(tx, contested))
    posting.carrying = await carry(tx, keys, tenant.currency, books)
    return posting


def figures_of(account: Account) -> AccountFigures:
    """An account as money facts tell it."""
    return AccountFigures(open=Amount.of(account.open), disputed=Amount.of(account.disputed),
                          unapplied=Amount.of(account.unapplied))
