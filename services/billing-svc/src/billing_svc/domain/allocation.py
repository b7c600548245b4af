"""Allocation: which part of a credit pays which item. Never more than is owed, never more than was received."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from billing_svc.domain.discount import Discount
from billing_svc.domain.item import Item, ItemKind
from billing_svc.domain.journal import journal_of_allocation
from billing_svc.domain.ledger import Entry, Fact, FactKind, LedgerSide
from dunlin_kernel.errors import NotFound, RuleBroken
from dunlin_kernel.money import Money, sum_money

WITHIN_A_DEBT = (ItemKind.FEE, ItemKind.INTEREST, ItemKind.INVOICE, ItemKind.RECLAIM, ItemKind.BILL)


@dataclass(frozen=True, slots=True)
class Part:
    """So much of a credit for this item; `amount` None means as much as is open and there."""

    item_id: UUID
    amount: Money | None = None


class AllocationRule(StrEnum):
    """What the payer chose: named items, the oldest debt first, what its references name, or nothing yet."""

    ITEMS = "items"
    OLDEST_FIRST = "oldest_first"
    REMITTANCE = "remittance"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Choice:
    """A rule, and the parts for it where items are named.

    By remittance `references` name documents; they give the parts (`remittance.resolved`), and `unmatched` are those
    that name nothing open.
    """

    rule: AllocationRule
    parts: tuple[Part, ...] = ()
    references: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """What an item gets."""

    item_id: UUID
    amount: Money
    discount: Discount | None = None

    @property
    def relieved(self) -> Money:
        """What the item owes less: the amount, and the discount given with it."""
        return self.amount + self.discount.total if self.discount else self.amount


@dataclass(frozen=True, slots=True)
class Allocated:
    """Shares in the order in which they are taken, and the rest that stays unapplied."""

    shares: tuple[Share, ...]
    rest: Money


@dataclass(frozen=True, slots=True)
class Allocation:
    """The fact of a share: `effective_on` drives the books, `business_on` is the credit's value date."""

    id: UUID
    customer_id: UUID
    credit_id: UUID
    item_id: UUID
    amount: Money
    effective_on: date
    business_on: date
    discount: Discount | None = None

    @property
    def relieved(self) -> Money:
        """What the item owes less: the amount, and the discount given with it."""
        return self.amount + self.discount.total if self.discount else self.amount


def allocate(available: Money, choice: Choice, items: Mapping[UUID, Item]) -> Allocated:
    """What the payer chose, over the items of this customer.

    Refuses: items_missing, items_not_meant, and what `allocate_explicitly` refuses.
    """
    if choice.rule is AllocationRule.REMITTANCE:
        return allocate_in_order(available, [items[part.item_id] for part in choice.parts])
    named = choice.rule is AllocationRule.ITEMS
    if named and not choice.parts:
        raise RuleBroken("items_missing", "Name the items that are paid.")
    if choice.parts and not named:
        raise RuleBroken("items_not_meant", "Items are named only where the payer chose items.")
    if named:
        return allocate_explicitly(available, choice.parts, items)
    return allocate_oldest_first(available, items.values() if choice.rule is AllocationRule.OLDEST_FIRST else ())


def allocate_explicitly(available: Money, parts: Sequence[Part], items: Mapping[UUID, Item]) -> Allocated:
    """Give each named item what the payer chose for it.

    Refuses: item_not_found, item_named_twice, currency_mismatch, amount_not_positive, more_than_open,
    more_than_unapplied.
    """
    if len({part.item_id for part in parts}) < len(parts):
        raise RuleBroken("item_named_twice", "Name each item once, with the whole amount for it.")
    rest, shares = available, []
    for part in parts:
        item = items.get(part.item_id)
        if item is None:
            raise NotFound("item_not_found", "There is no such item of this customer.", item_id=part.item_id)
        share = min(item.open, rest) if part.amount is None else part.amount
        _check(share, item, rest)
        shares.append(Share(item.id, share))
        rest -= share
    return _whole(available, shares, rest)


def allocate_in_order(available: Money, items: Iterable[Item]) -> Allocated:
    """Spread a credit over items of its currency in the order given, disputed or not: the payer named them."""
    rest, shares = available, []
    for item in items:
        if item.open.currency == rest.currency and rest.is_positive and item.open.is_positive:
            shares.append(Share(item.id, min(rest, item.open)))
            rest -= shares[-1].amount
    return _whole(available, shares, rest)


def allocate_oldest_first(
    available: Money, open_items: Iterable[Item], *, also_disputed: bool = False,
) -> Allocated:
    """Spread a credit over open items of its currency: oldest due date first, so what is due before what is not.

    Within a debt (an item, and what was charged on it) fees go first, then interest, then the debt itself. What is
    disputed is passed over: only a payer who names the item pays into it, or a credit note (`also_disputed`).
    """
    payable = [item for item in open_items if item.open.currency == available.currency]
    rest, shares = available, []
    due = {item.id: item.due_on for item in payable}

    def place(item: Item) -> tuple[date, UUID, int, date, UUID]:
        debt = item.claim_item_id if item.claim_item_id in due else None
        return due[debt or item.id], debt or item.id, WITHIN_A_DEBT.index(item.kind), item.due_on, item.id

    for item in sorted(payable, key=place):
        share = min(rest, item.open if also_disputed else item.undisputed)
        if share.is_positive:
            shares.append(Share(item.id, share))
            rest -= share
    return _whole(available, shares, rest)


def allocate_contested_first(available: Money, owed: Sequence[Item], contested: UUID | None) -> Allocated:
    """A credit note over the items of its invoice: the one that was contested first, then the oldest."""
    first = allocate_oldest_first(available, [item for item in owed if item.id == contested], also_disputed=True)
    rest = allocate_oldest_first(first.rest, [item for item in owed if item.id != contested], also_disputed=True)
    return _whole(available, [*first.shares, *rest.shares], rest.rest)


def fact_of_allocation(allocation: Allocation) -> Fact:
    """The item owes less, the credit has less left."""
    return Fact(
        FactKind.CREDIT_ALLOCATED, allocation.id, allocation.customer_id, allocation.amount.currency,
        allocation.effective_on,
        (Entry(LedgerSide.RECEIVABLE, allocation.item_id, -allocation.relieved),
         Entry(LedgerSide.CREDIT, allocation.credit_id, -allocation.amount)),
        journal_of_allocation(allocation.amount, allocation.discount))


def _check(share: Money, item: Item, rest: Money) -> None:
    if share.currency != item.open.currency:
        raise RuleBroken("currency_mismatch", "A credit pays items of its own currency only.", item_id=item.id)
    if item.is_settled:
        raise RuleBroken("more_than_open", "Nothing is open on this item.", item_id=item.id, open=item.open)
    if not share.is_positive:
        raise RuleBroken("amount_not_positive", "Each part has an amount above zero.", item_id=item.id)
    if share > item.open:
        raise RuleBroken("more_than_open", "This is more than the item owes.", item_id=item.id, open=item.open)
    if share > rest:
        raise RuleBroken("more_than_unapplied", "The parts sum to more than the credit has left.", unapplied=rest)


def _whole(available: Money, shares: Sequence[Share], rest: Money) -> Allocated:
    assert sum_money(available.currency, (share.amount for share in shares)) + rest == available, "no cent is lost"
    assert not rest.is_negative, "never more than was there"
    return Allocated(tuple(shares), rest)
