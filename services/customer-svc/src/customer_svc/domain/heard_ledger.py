"""What the archive has heard of a customer's debt: figures per currency, items by due date, months of trade."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from customer_svc.domain.heard_matter import HeardMatter
from dunlin_kernel.money import Money

Bucket = tuple[int, int | None]
"""Days overdue, first and last one included; None: no end."""
USUAL_EDGES = (30, 60, 90)
"""The last day of each bucket but the open one, where a tenant set no others."""


@dataclass(frozen=True, slots=True)
class HeardAccount:
    """An account in one currency right after the last fact heard of it; `delivered`, and `accrued` interest that is no
    item yet, count minor units."""

    open: Money
    disputed: Money
    unapplied: Money
    last_invoiced_on: date | None = None
    last_paid_on: date | None = None
    last_paid: Money | None = None
    delivered: int = 0
    accrued: int = 0

    @property
    def not_billed(self) -> Money:
        """What was delivered and no invoice has billed yet."""
        return Money(self.delivered, self.currency)

    @property
    def interest(self) -> Money:
        """What has accrued and was not charged yet."""
        return Money(self.accrued, self.currency)

    @property
    def currency(self) -> str:
        return self.open.currency


@dataclass(frozen=True, slots=True)
class HeardItem:
    """One amount owed on one due date; `settled_on` is the day its last money came, None while something is open."""

    id: UUID
    customer_id: UUID
    number: str
    due_on: date
    amount: Money
    open: Money
    disputed: Money
    settled_on: date | None = None

    def owing(self, left: Money, *, on: date | None) -> "HeardItem":
        """The item of which so much is left; when that is nothing it was settled `on` this day."""
        return replace(self, open=left, settled_on=None if left.is_positive else on)

    def days_overdue(self, today: date) -> int:
        """Days after the due date while something is open, else 0."""
        return max(0, (today - self.due_on).days) if self.open.is_positive else 0


@dataclass(frozen=True, slots=True)
class HeardMonth:
    """What was billed and what cash came in one month and currency, and with how many invoices."""

    billed: Money
    cash: Money
    invoices: int = 0


MonthKey = tuple[str, date]
"""A currency and the first day of a month."""


@dataclass(frozen=True, slots=True)
class HeardLedger:
    """All that was heard of one customer's money: accounts by currency, items and what stands open by id, months by
    currency and month. Only what was told in its own stream: what others said of the same is joined when it is read."""

    customer_id: UUID
    accounts: Mapping[str, HeardAccount] = field(default_factory=dict)
    items: Mapping[UUID, HeardItem] = field(default_factory=dict)
    months: Mapping[MonthKey, HeardMonth] = field(default_factory=dict)
    matters: Mapping[UUID, HeardMatter] = field(default_factory=dict)

    def told(self, opened: Money, disputed: Money, unapplied: Money) -> "HeardLedger":
        """The account stands as the fact says."""
        known = self.accounts.get(opened.currency)
        account = replace(known, open=opened, disputed=disputed, unapplied=unapplied) if known else HeardAccount(
            opened, disputed, unapplied)
        return replace(self, accounts={**self.accounts, opened.currency: account})

    def delivering(self, by: Money) -> "HeardLedger":
        """So much more is delivered and not billed; below zero, less."""
        nothing = Money.zero(by.currency)
        known = self.accounts.get(by.currency) or HeardAccount(nothing, nothing, nothing)
        account = replace(known, delivered=known.delivered + by.minor)
        return replace(self, accounts={**self.accounts, by.currency: account})

    def accruing(self, accrued: Money) -> "HeardLedger":
        """So much interest has accrued in all; never less than nothing."""
        nothing = Money.zero(accrued.currency)
        known = self.accounts.get(accrued.currency) or HeardAccount(nothing, nothing, nothing)
        account = replace(known, accrued=max(accrued.minor, 0))
        return replace(self, accounts={**self.accounts, accrued.currency: account})

    def having(self, item: HeardItem) -> "HeardLedger":
        return replace(self, items={**self.items, item.id: item})

    def minding(self, matter: HeardMatter) -> "HeardLedger":
        return replace(self, matters={**self.matters, matter.id: matter})

    def owing(self, item_id: UUID, left: Money, *, on: date | None, disputed: Money | None = None) -> "HeardLedger":
        """So much of an item is left; an item never told of changes nothing but the figures."""
        item = self.items.get(item_id)
        if item is None:
            return self
        return self.having(replace(item.owing(left, on=on), disputed=item.disputed if disputed is None else disputed))

    def billed(self, amount: Money, on: date, *, invoices: int) -> "HeardLedger":
        """So much was billed (or, below zero, taken back) in the month of a day."""
        account = self.accounts[amount.currency]
        last = max(on, account.last_invoiced_on or on) if invoices > 0 else account.last_invoiced_on
        accounts = {**self.accounts, amount.currency: replace(account, last_invoiced_on=last)}
        key, month = self._month(amount, on)
        after = replace(month, billed=month.billed + amount, invoices=month.invoices + invoices)
        return replace(self, accounts=accounts, months={**self.months, key: after})

    def paid(self, amount: Money, on: date) -> "HeardLedger":
        """So much cash came (or, below zero, went again) in the month of a day."""
        account = self.accounts[amount.currency]
        if amount.is_positive and on >= (account.last_paid_on or on):
            account = replace(account, last_paid_on=on, last_paid=amount)
        key, month = self._month(amount, on)
        return replace(
            self, accounts={**self.accounts, amount.currency: account},
            months={**self.months, key: replace(month, cash=month.cash + amount)})

    def _month(self, amount: Money, on: date) -> tuple[MonthKey, HeardMonth]:
        key, nothing = (amount.currency, on.replace(day=1)), Money.zero(amount.currency)
        return key, self.months.get(key, HeardMonth(nothing, nothing))


def buckets_of(edges: Sequence[int]) -> tuple[Bucket, ...]:
    """The buckets between a tenant's edges, which rise; the last one is open."""
    starts = (1, *(edge + 1 for edge in edges))
    return tuple(zip(starts, (*edges, None), strict=True))


def overdue_of(
    items: Iterable[HeardItem], currency: str, today: date, edges: Sequence[int],
) -> dict[Bucket, Money]:
    """What is open past its due date in one currency, by bucket."""
    amounts = dict.fromkeys(buckets_of(edges), Money.zero(currency))
    for item in items:
        days = item.days_overdue(today)
        if days > 0 and item.open.currency == currency:
            amounts[next(one for one in amounts if one[1] is None or days <= one[1])] += item.open
    return amounts
